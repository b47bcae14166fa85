import {
  BrokenExecutorError,
  CancelledError,
  targetsFrom,
  ThreadPoolExecutor,
  TimeoutError,
  type Future,
} from '@x/executor';
import { random } from '@x/testkit';
import { agent } from '@x/core';
import { describe, expect, it } from 'vitest';
import { guarded, pool } from './pool.js';

const jobs = targetsFrom<typeof import('./programs/jobs.mjs')>(
  new URL('./programs/jobs.mjs', import.meta.url),
);

const RUN_MS = 2500;

const spinThenReturn = (n: number, us: number): number => {
  const until = performance.now() + us / 1000;
  while (performance.now() < until);
  return n;
};
const die = (): never => process.exit(1);
const forever = (): never => {
  for (;;);
};

describe('under stress', () => {
  it.each([1, 2, 3])('no task is lost or answered twice, whatever ends tasks and workers (seed %i)', (seed) =>
    guarded(async () => {
      const executor = pool(3);
      const numbers = random(seed);
      const counts = { done: 0, cancelled: 0, broken: 0, late: 0 };
      const calls: number[] = [];
      const futures: { future: Future<number>; n: number; kind: string }[] = [];
      // Endless tasks that only a timer of this thread's event loop will end.
      let endless = 0;
      const until = performance.now() + RUN_MS;
      for (let n = 0; performance.now() < until; n++) {
        const roll = numbers.int(0, 999);
        const kind = roll < 3 ? 'die' : roll < 6 ? 'late' : roll < 9 ? 'stop' : 'work';
        const future: Future<number> =
          kind === 'die'
            ? executor.submit(die)
            : kind === 'late'
              ? executor.submit({ target: forever, timeout: numbers.int(1, 20) })
              : kind === 'stop'
                ? executor.submit(forever)
                : executor.submit(spinThenReturn, n, numbers.int(0, 200));
        calls.push(0);
        future.addDoneCallback(() => {
          calls[n]!++;
        });
        futures.push({ future, n, kind });
        if (kind === 'stop') {
          endless++;
          setTimeout(
            () => {
              endless--;
              future.cancel({ running: true, grace: numbers.int(0, 10) });
            },
            numbers.int(0, 30),
          );
        } else if (numbers.chance(0.02)) future.cancel();
        if (numbers.chance(0.05)) await new Promise((resolve) => setTimeout(resolve, 1));
        // Not while they may hold every worker: a blocked thread fires no timer.
        if (numbers.chance(0.01) && kind === 'work' && !future.cancelled() && endless === 0)
          future.exception({ timeout: 10_000 });
      }
      for (const { future, n, kind } of futures) {
        const outcome: unknown = await future.catch((error: unknown) => error);
        if (outcome instanceof CancelledError) {
          counts.cancelled++;
        } else if (kind === 'work') {
          expect(outcome).toBe(n);
          counts.done++;
        } else if (kind === 'die') {
          expect(outcome).toBeInstanceOf(BrokenExecutorError);
          counts.broken++;
        } else if (kind === 'late') {
          expect(outcome).toBeInstanceOf(TimeoutError);
          counts.late++;
        }
      }
      expect(calls.every((times) => times === 1)).toBe(true);
      expect(counts.done).toBeGreaterThan(0);
      expect(executor.submit(() => 'alive').result({ timeout: 5000 })).toBe('alive');
    }, 25_000),
  );

  it('several threads submit, each to be answered, while the ring is full on both sides', () =>
    guarded(async () => {
      const executor = pool(5);
      const inner = [1, 2, 3, 4].map(() => executor.submit(jobs.sumOfSquares, executor, 1500));
      const own = Array.from({ length: 6000 }, (_, i) => executor.submit((n: number) => n, i));
      expect(await Promise.all(own)).toEqual(Array.from({ length: 6000 }, (_, i) => i));
      expect(await Promise.all(inner)).toEqual([1, 2, 3, 4].map(() => (1500 * 1501 * 3001) / 6));
    }));

  it('goes as well without spinning', () =>
    guarded(async () => {
      const self = agent();
      const { spins } = self;
      self.spins = 0;
      try {
        const executor = pool(2);
        for (let i = 0; i < 200; i++) expect(executor.submit((n: number) => n, i).result()).toBe(i);
        for (let i = 0; i < 200; i++) expect(await executor.submit((n: number) => n, i)).toBe(i);
      } finally {
        self.spins = spins;
      }
    }));

  it('executors come and go without leaving threads behind', async () => {
    const before = process.getActiveResourcesInfo().length;
    for (let i = 0; i < 15; i++) {
      const executor = new ThreadPoolExecutor({ maxWorkers: 2 });
      executor.submit(() => 1).result();
      executor.shutdown();
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(process.getActiveResourcesInfo().length).toBeLessThanOrEqual(before + 2);
  });

  it('idle workers burn no processor time', async () => {
    const executor = pool(2);
    executor.submit(() => 1).result();
    await new Promise((resolve) => setTimeout(resolve, 100));
    const before = process.cpuUsage();
    await new Promise((resolve) => setTimeout(resolve, 500));
    const { user, system } = process.cpuUsage(before);
    // Microseconds of half a second. A thread that spins would use all of it.
    expect(user + system).toBeLessThan(100_000);
  });
});
