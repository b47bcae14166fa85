/** Workers that end before they can run a task: a few are replaced, too many break the pool. */
import { BrokenExecutorError, targetsFrom, TargetError } from '@x/executor';
import { describe, expect, it } from 'vitest';
import { caught, guarded, pool, shared } from './pool.js';

/** Counts the workers that are started; the first ones exit. */
const exitAtFirst = (starts: Int32Array, exits: number): void => {
  if (Atomics.add(starts, 0, 1) < exits) process.exit(3);
};

describe('workers that end before their first task', () => {
  it('break the pool after a few, and the futures say why, to an event loop', () =>
    guarded(async () => {
      const starts = shared();
      const executor = pool(2, { initializer: exitAtFirst, initargs: [starts, 1000] });
      const futures = Array.from({ length: 5 }, (_, n) => executor.submit((x: number) => x, n));
      for (const future of futures) {
        const error = await future.catch((reason: unknown) => reason);
        expect(error).toBeInstanceOf(BrokenExecutorError);
        expect((error as Error).message).toMatch(/again and again before they run a task.*exit.*3/);
        expect((error as Error).cause).toBeInstanceOf(Error);
      }
      expect(caught(() => executor.submit(() => 1))).toBeInstanceOf(BrokenExecutorError);
      // Three in a row, and those that were started together with the last of them.
      expect(starts[0]).toBeLessThanOrEqual(4);
    }));

  it('break the pool for a blocked thread, too', () =>
    guarded(() => {
      const executor = pool(1, { initializer: exitAtFirst, initargs: [shared(), 1000] });
      const future = executor.submit(() => 1);
      expect(caught(() => future.result({ timeout: 20_000 }))).toBeInstanceOf(BrokenExecutorError);
      executor.shutdown();
      expect(executor.stats().workers).toBe(0);
    }));

  it('are replaced when it happens twice', () =>
    guarded(async () => {
      const starts = shared();
      const executor = pool(1, { initializer: exitAtFirst, initargs: [starts, 2] });
      expect(await executor.submit(() => 'ran')).toBe('ran');
      expect(starts[0]).toBe(3);
    }));

  it('are counted from the last one that ran a task', () =>
    guarded(async () => {
      const starts = shared();
      // Every third worker runs a task, and is replaced after it.
      const initializer = (words: Int32Array): void => {
        if (Atomics.add(words, 0, 1) % 3 < 2) process.exit(3);
      };
      const executor = pool(1, { initializer, initargs: [starts], maxTasksPerWorker: 1 });
      for (let n = 0; n < 3; n++) expect(await executor.submit((x: number) => x, n)).toBe(n);
      expect(starts[0]).toBeGreaterThanOrEqual(9);
    }));

  it('do not take the pool from those that run tasks', () =>
    guarded(async () => {
      const starts = shared();
      const words = shared();
      const initializer = (counter: Int32Array): void => {
        if (Atomics.add(counter, 0, 1) > 0) process.exit(3);
      };
      const executor = pool(2, { initializer, initargs: [starts] });
      const long = executor.submit((gate: Int32Array) => Atomics.wait(gate, 0, 0, 20_000), words);
      while (!long.running()) await new Promise((resolve) => setTimeout(resolve, 5));
      const waiting = executor.submit(() => 'in time');
      // As long as the one worker is busy, no other one can be started.
      await expect.poll(() => starts[0], { timeout: 10_000 }).toBe(4);
      expect(waiting.done()).toBe(false);
      Atomics.store(words, 0, 1);
      Atomics.notify(words, 0);
      expect(await waiting).toBe('in time');
      expect(starts[0]).toBe(4);
    }));
});

it('an initializer whose module is not there breaks the pool, with the cause', () =>
  guarded(async () => {
    const { prepare } = targetsFrom<{ prepare: () => void }>(new URL('./not-there.js', import.meta.url));
    const executor = pool(1, { initializer: prepare });
    const error = await executor.submit(() => 1).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(BrokenExecutorError);
    expect((error as Error).cause).toBeInstanceOf(TargetError);
    expect((error as Error).message).toContain('not-there.js');
  }));
