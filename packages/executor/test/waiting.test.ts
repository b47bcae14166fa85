import {
  asCompleted,
  BrokenExecutorError,
  CancelledError,
  TimeoutError,
  wait,
  waitAsync,
  type Future,
} from '@x/executor';
import { describe, expect, it } from 'vitest';
import { caught, guarded, occupy, pool } from './pool.js';

const fail = (): never => {
  throw new RangeError('no');
};

describe('wait', () => {
  it('waits for all', () => {
    const executor = pool(2);
    const futures = [1, 2, 3].map((n) => executor.submit((m: number) => m, n));
    const { done, notDone } = wait(futures);
    expect([done, notDone]).toEqual([new Set(futures), new Set()]);
  });

  it('takes each future once, and none at all', () => {
    const future = pool(1).submit(() => 1);
    expect(wait([future, future]).done.size).toBe(1);
    expect(wait([])).toEqual({ done: new Set(), notDone: new Set() });
  });

  it('is over with the first', () => {
    const executor = pool(2);
    const release = occupy(executor);
    const quick = executor.submit(() => 1);
    const late = [
      executor.submit((ms: number) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms), 150),
    ];
    const { done } = wait([quick, ...late], { returnWhen: 'FIRST_COMPLETED' });
    expect([...done]).toContain(quick);
    release();
  });

  it('is over with the first that fails, not with a cancelled one', () => {
    const executor = pool(2);
    const release = occupy(executor);
    const blocked = executor.submit(
      (ms: number) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms),
      200,
    );
    const failing = executor.submit(fail);
    const cancelled = executor.submit(() => 1);
    cancelled.cancel();
    const { done } = wait([blocked, failing, cancelled], { returnWhen: 'FIRST_EXCEPTION' });
    expect(done).toContain(failing);
    release();
  });

  it('without a failure waits for all with FIRST_EXCEPTION', () => {
    const executor = pool(2);
    const futures = [1, 2].map((n) => executor.submit((m: number) => m, n));
    expect(wait(futures, { returnWhen: 'FIRST_EXCEPTION' }).notDone.size).toBe(0);
  });

  it('gives what there is when the time is over', () => {
    const executor = pool(1);
    const quick = executor.submit(() => 1);
    quick.result();
    const release = occupy(executor);
    const late = executor.submit(() => 2);
    expect(wait([quick, late], { timeout: 20 })).toEqual({
      done: new Set([quick]),
      notDone: new Set([late]),
    });
    expect(wait([late], { timeout: 0 }).notDone.size).toBe(1);
    release();
  });

  it('waits for futures of several executors', () =>
    guarded(() => {
      const executors = [pool(1), pool(1), pool(1)];
      const futures = executors.map((executor, i) => executor.submit((n: number) => n, i));
      expect(wait(futures).done.size).toBe(3);
    }));

  it('refuses what is no future, and no known condition', () => {
    expect(() => wait([1 as unknown as Future<unknown>])).toThrow(TypeError);
    expect(() => wait([], { returnWhen: 'SOMETIME' as never })).toThrow(RangeError);
    expect(() => wait([], { timeout: NaN })).toThrow(RangeError);
  });
});

describe('waitAsync', () => {
  it('waits for all, or for the time', async () => {
    const executor = pool(1);
    const futures = [1, 2, 3].map((n) => executor.submit((m: number) => m, n));
    expect((await waitAsync(futures)).done.size).toBe(3);
    const release = occupy(executor);
    const late = executor.submit(() => 1);
    expect((await waitAsync([late], { timeout: 10 })).notDone.size).toBe(1);
    release();
    await late;
  });

  it('takes times that are longer than a timer', async () => {
    const future = pool(1).submit(() => new Promise((resolve) => setTimeout(resolve, 50)));
    expect((await waitAsync([future], { timeout: 2 ** 31 })).done.size).toBe(1);
  });

  it('rejects with the reason of the signal, also when nothing is to be waited for', async () => {
    const executor = pool(1);
    const release = occupy(executor);
    const late = executor.submit(() => 1);
    const reason = new Error('enough');
    const controller = new AbortController();
    const waiting = waitAsync([late], { signal: controller.signal });
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    await expect(waitAsync([], { signal: controller.signal })).rejects.toBe(reason);
    release();
    await late;
  });
});

describe('asCompleted', () => {
  it('gives each once, the finished ones first, blocking', () => {
    const executor = pool(2);
    // Both workers have started.
    occupy(executor, 2)();
    const quick = executor.submit(() => 'quick');
    quick.result();
    const slow = executor.submit(async () => {
      await new Promise((resolve) => setTimeout(resolve, 40));
      return 'slow';
    });
    const middle = executor.submit(() => 'middle');
    const order = [...asCompleted([slow, middle, quick, quick])].map((future) => future.result());
    expect(order).toEqual(['quick', 'middle', 'slow']);
  });

  it('gives them without blocking', async () => {
    const executor = pool(2);
    occupy(executor, 2)();
    const slow = executor.submit(async () => {
      await new Promise((resolve) => setTimeout(resolve, 40));
      return 'slow';
    });
    const order: string[] = [];
    for await (const future of asCompleted([slow, executor.submit(() => 'quick')])) order.push(await future);
    expect(order).toEqual(['quick', 'slow']);
  });

  it('gives the futures themselves without blocking, also failed and cancelled ones', async () => {
    const executor = pool(1);
    const release = occupy(executor);
    const futures = [executor.submit(fail), executor.submit(() => 1), executor.submit(() => 2)];
    futures[1]!.cancel();
    release();
    const seen: unknown[] = [];
    for await (const future of asCompleted<Future<unknown>>(futures)) {
      seen.push(future);
      if (seen.length === 3) break;
    }
    expect(new Set(seen)).toEqual(new Set(futures));
  });

  it('gives failed and cancelled ones, too', () => {
    const executor = pool(1);
    const release = occupy(executor);
    const failing = executor.submit(fail);
    const cancelled = executor.submit(() => 1);
    cancelled.cancel();
    release();
    const errors = [...asCompleted([failing, cancelled])].map((future) => caught(() => future.result()));
    expect(errors.some((error) => error instanceof CancelledError)).toBe(true);
    expect(errors.some((error) => error instanceof RangeError)).toBe(true);
  });

  it('throws TimeoutError with how many are left', async () => {
    const executor = pool(1);
    const quick = executor.submit(() => 1);
    quick.result();
    const release = occupy(executor);
    const late = executor.submit(() => 2);
    const seen: unknown[] = [];
    const error = caught(() => {
      for (const future of asCompleted([quick, late], { timeout: 20 })) seen.push(future);
    });
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error.message).toContain('1 (of 2)');
    expect(seen).toEqual([quick]);
    await expect(asCompleted([late], { timeout: 5 })[Symbol.asyncIterator]().next()).rejects.toBeInstanceOf(
      TimeoutError,
    );
    release();
    await late;
  });

  it('ends with what a broken pool leaves', () => {
    const executor = pool(1, {
      initializer: () => {
        throw new Error('no');
      },
    });
    const futures = [1, 2].map(() => executor.submit(() => 1));
    const errors = [...asCompleted(futures)].map((future) => future.exception());
    expect(errors.every((error) => error instanceof BrokenExecutorError)).toBe(true);
  });
});
