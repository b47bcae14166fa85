/**
 * What a task costs at the least: two numbers in a ring, one worker that spins on it, and a promise for each result. It
 * runs one function, keeps no order between threads, cancels nothing, and hangs when the worker dies.
 */
import { Worker } from 'node:worker_threads';
import { Ring } from './bare-ring-layout.js';
import type { PoolMaker } from './pools.js';

export const bareRing: PoolMaker = {
  name: 'a bare ring, and a promise for each task',
  moves: false,
  open() {
    const words = new Int32Array(new SharedArrayBuffer(Ring.words * 4));
    const worker = new Worker(new URL('../workers/bare-ring.js', import.meta.url), { workerData: words });
    const waiting: ((sum: number) => void)[] = [];
    const place = (position: number): number => position & (Ring.cells - 1);
    let tail = 0;
    let seen = 0;
    let turning = false;
    const turn = (): void => {
      const head = Atomics.load(words, Ring.HEAD);
      for (; seen !== head; seen = (seen + 1) | 0) waiting[place(seen)]!(words[Ring.cell(seen) + 2]!);
      turning = seen !== tail;
      if (turning) setImmediate(turn);
    };
    const run = (argument: unknown): Promise<number> =>
      new Promise((resolve) => {
        const { a, b } = argument as { a: number; b: number };
        const base = Ring.cell(tail);
        waiting[place(tail)] = resolve;
        words[base] = a;
        words[base + 1] = b;
        Atomics.store(words, Ring.TAIL, (tail = (tail + 1) | 0));
        if (turning) return;
        turning = true;
        setImmediate(turn);
      });
    return Promise.resolve({ run, close: () => worker.terminate() });
  },
};
