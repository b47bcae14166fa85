/** Events: one thread tells another, and is told. */
import { Worker } from 'node:worker_threads';
import { Event, toShared } from '@x/event';
import { each } from '../harness/each.js';
import { scaled, type Row } from '../harness/row.js';

function startPong(kind: string, shared: unknown): Worker {
  return new Worker(new URL('../workers/pong.js', import.meta.url), { workerData: { kind, shared } });
}

const pingPong: Row = {
  id: 'event/ping-pong',
  what: 'Event: set, and wait for the answer of another thread',
  category: 'empty round trip',
  unit: 'ns/round trip',
  better: 'lower',
  contestants: [
    {
      name: '@x/event',
      role: 'ours',
      prepare(context) {
        const ping = new Event();
        const pong = new Event();
        const worker = startPong('event', toShared([ping, pong]));
        return {
          slice: () =>
            each(scaled(context, 20_000), (count) => {
              for (let i = 0; i < count; i++) {
                ping.set();
                pong.wait();
                pong.clear();
              }
            }),
          close: () => worker.terminate(),
        };
      },
    },
    {
      name: 'bare Atomics.wait and notify',
      role: 'baseline',
      prepare(context) {
        const words = new Int32Array(new SharedArrayBuffer(128));
        const worker = startPong('atomics', words);
        let n = 0;
        return {
          slice: () =>
            each(scaled(context, 20_000), (count) => {
              for (let i = 0; i < count; i++) {
                n++;
                Atomics.store(words, 0, n);
                Atomics.notify(words, 0, 1);
                while (Atomics.load(words, 16) < n) Atomics.wait(words, 16, n - 1);
              }
            }),
          close: () => worker.terminate(),
        };
      },
    },
    {
      // It has no event, and its semaphore can only be released by who acquired it; a channel of one is the nearest.
      name: 'multithreading channel',
      role: 'peer',
      async prepare(context) {
        const { channel } = await import('multithreading');
        const { startEcho, startThreads, stopThreads, unwrap } = await import('../peers/multithreading.js');
        startThreads(1);
        const [toThread, inThread] = channel<number>(1);
        const [toMain, inMain] = channel<number>(1);
        startEcho(inThread, toMain);
        // The worker is made by an event of its own.
        await new Promise((resolve) => setTimeout(resolve, 300));
        return {
          slice: () =>
            each(scaled(context, 5000), (count) => {
              for (let i = 0; i < count; i++) {
                toThread.blockingSend(i);
                unwrap(inMain.blockingRecv());
              }
            }),
          close: stopThreads,
        };
      },
    },
  ],
  targets: [{ against: 'best peer', atMost: 1 }],
};

/** The rows of this subject. */
export const eventRows: readonly Row[] = [pingPong];
