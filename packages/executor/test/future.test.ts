import {
  BrokenExecutorError,
  CancelledError,
  Future,
  targetsFrom,
  TimeoutError,
  TransferError,
  waitAsync,
  type ThreadPoolExecutor,
} from '@x/executor';
import { Lock } from '@x/lock';
import { setExcepthook, Thread } from '@x/thread';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { awaitWord, caught, guarded, occupy, pool, shared } from './pool.js';

const jobs = targetsFrom<typeof import('./programs/jobs.mjs')>(
  new URL('./programs/jobs.mjs', import.meta.url),
);

const forever = (words: Int32Array): void => {
  Atomics.store(words, 0, 1);
  Atomics.notify(words, 0);
  for (;;);
};

afterEach(() => {
  vi.restoreAllMocks();
  setExcepthook(undefined);
});

describe('a future', () => {
  it('goes from pending over running to done', () => {
    const executor = pool(1);
    const release = occupy(executor);
    const words = shared();
    const future = executor.submit((gate: Int32Array) => {
      Atomics.store(gate, 0, 1);
      Atomics.notify(gate, 0);
      Atomics.wait(gate, 1, 0);
    }, words);
    expect([future.done(), future.running(), future.cancelled()]).toEqual([false, false, false]);
    expect(String(future)).toBe('<Future pending>');
    release();
    awaitWord(words, 0, 1);
    expect([future.done(), future.running()]).toEqual([false, true]);
    expect(String(future)).toBe('<Future running>');
    Atomics.store(words, 1, 1);
    Atomics.notify(words, 1);
    future.result();
    expect([future.done(), future.running(), future.cancelled()]).toEqual([true, false, false]);
    expect(String(future)).toBe('<Future finished returned>');
  });

  it('is done without anyone waiting, as soon as one looks', async () => {
    const future = pool(1).submit(() => 1);
    await expect.poll(() => future.done()).toBe(true);
  });

  it('throws TimeoutError from result when the time is over, and can be waited for again', () => {
    const executor = pool(1);
    const release = occupy(executor);
    const future = executor.submit(() => 'late');
    expect(() => future.result({ timeout: 0 })).toThrow(TimeoutError);
    expect(() => future.result({ timeout: 20 })).toThrow(TimeoutError);
    expect(() => future.result({ timeout: -1 })).toThrow(RangeError);
    release();
    expect(future.result({ timeout: 5000 })).toBe('late');
  });

  it('gives the exception, or undefined', () => {
    const executor = pool(1);
    expect(executor.submit(() => 1).exception()).toBeUndefined();
    const failed = executor.submit(() => {
      throw new RangeError('no');
    });
    expect(failed.exception()).toBeInstanceOf(RangeError);
  });

  it('that failed and that nobody looks at is silent', async () => {
    const seen = vi.fn();
    process.on('unhandledRejection', seen);
    const future = pool(1).submit(() => {
      throw new Error('nobody looks');
    });
    await expect.poll(() => future.done()).toBe(true);
    await new Promise((resolve) => setTimeout(resolve, 10));
    process.off('unhandledRejection', seen);
    expect(seen).not.toHaveBeenCalled();
  });

  it('cannot be made by hand, and cannot travel', () => {
    const executor = pool(1);
    const future = executor.submit(() => 1);
    expect(future).toBeInstanceOf(Future);
    expect(() => executor.submit((x: unknown) => x, future)).toThrow(TransferError);
  });
});

describe('addDoneCallback', () => {
  it('calls in order, with the future, once it is done', async () => {
    const calls: unknown[] = [];
    const future = pool(1).submit(() => 'value');
    future.addDoneCallback((done) => calls.push(['first', done === future, done.result()]));
    future.addDoneCallback(() => calls.push('second'));
    await future;
    expect(calls).toEqual([['first', true, 'value'], 'second']);
  });

  it('calls at once if it is done already', () => {
    const future = pool(1).submit(() => 1);
    future.result();
    const callback = vi.fn();
    future.addDoneCallback(callback);
    expect(callback).toHaveBeenCalledWith(future);
  });

  it('lets a callback that throws stop nobody else, and reports it', async () => {
    const report = vi.spyOn(console, 'error').mockImplementation(() => undefined);
    const future = pool(1).submit(() => 'value');
    const other = vi.fn();
    future.addDoneCallback(() => {
      throw new Error('mine');
    });
    future.addDoneCallback(other);
    expect(await future).toBe('value');
    expect(other).toHaveBeenCalledTimes(1);
    expect(report).toHaveBeenCalledTimes(1);
  });

  it('calls inside a blocking wait, where the callback may submit and wait itself', () => {
    const executor = pool(1);
    let inner: unknown;
    const future = executor.submit(() => 1);
    future.addDoneCallback(() => {
      inner = executor.submit(() => 'inner').result();
    });
    executor.submit(() => 2).result();
    expect(inner).toBe('inner');
  });

  it('calls for a cancelled future', () => {
    const executor = pool(1);
    const release = occupy(executor);
    const future = executor.submit(() => 1);
    const callback = vi.fn();
    future.addDoneCallback(callback);
    future.cancel();
    expect(callback).toHaveBeenCalledTimes(1);
    release();
  });
});

describe('cancel', () => {
  it('takes back what no worker has begun, wherever it waits', async () => {
    const executor = pool(1);
    const release = occupy(executor);
    const words = shared();
    const futures = Array.from({ length: 1500 }, () =>
      executor.submit((count: Int32Array) => Atomics.add(count, 0, 1), words),
    );
    const cancelled = futures.filter((_future, i) => i % 3 === 0);
    for (const future of cancelled) expect(future.cancel()).toBe(true);
    expect(cancelled.every((future) => future.cancelled() && future.done())).toBe(true);
    expect(cancelled[0]!.cancel()).toBe(true);
    expect(() => cancelled[0]!.result()).toThrow(CancelledError);
    expect(() => cancelled[0]!.exception()).toThrow(CancelledError);
    await expect(cancelled[1]).rejects.toBeInstanceOf(CancelledError);
    release();
    for (const future of futures) if (!future.cancelled()) future.result();
    expect(words[0]).toBe(1000);
  });

  it('does nothing to one that runs or is done', () => {
    const executor = pool(1);
    const words = shared();
    const future = executor.submit((gate: Int32Array) => {
      Atomics.store(gate, 0, 1);
      Atomics.notify(gate, 0);
      Atomics.wait(gate, 1, 0, 50);
      return 'done';
    }, words);
    awaitWord(words, 0, 1);
    expect(future.cancel()).toBe(false);
    expect(future.result()).toBe('done');
    expect(future.cancel()).toBe(false);
  });

  it.each([
    ['a sync task that looks at its signal', jobs.untilSignal],
    ['an async task that listens to its signal', jobs.untilSignalAsync],
  ])('with running lets %s end, and keeps the worker', (_what, target) => {
    const executor = pool(1, { threadNamePrefix: 'kept' });
    const words = shared();
    const future = executor.submit(target, words);
    awaitWord(words, 0, 1);
    expect(future.cancel({ running: true, grace: 5000 })).toBe(true);
    expect(future.cancelled()).toBe(true);
    awaitWord(words, 0, 2);
    expect(executor.submit(jobs.threadName).result()).toBe('kept_0');
  });

  it('with running ends a wait of the task, and reaches no later one', () => {
    const executor = pool(1, { threadNamePrefix: 'kept' });
    const lock = new Lock();
    lock.acquire();
    const words = shared();
    const future = executor.submit(jobs.blockOn, lock, words);
    awaitWord(words, 0, 1);
    future.cancel({ running: true, grace: 5000 });
    expect(executor.submit(jobs.threadName).result()).toBe('kept_0');
    lock.release();
    executor.submit(jobs.incrementUnder, lock, words).result();
    expect(words[0]).toBe(1001);
  });

  it('with running replaces the worker of a task that does not end, and touches no other task', async () => {
    const executor = pool(2);
    const words = shared();
    const other = executor.submit((gate: Int32Array) => Atomics.wait(gate, 2, 0, 400), words);
    const future = executor.submit(forever, words);
    awaitWord(words, 0, 1);
    const behind = Array.from({ length: 50 }, (_, i) => executor.submit((n: number) => n, i));
    expect(future.cancel({ running: true, grace: 10 })).toBe(true);
    await expect(future).rejects.toBeInstanceOf(CancelledError);
    expect(await Promise.all(behind)).toEqual(Array.from({ length: 50 }, (_, i) => i));
    expect(await other).toBe('timed-out');
  });

  it('with running works while this thread blocks', () =>
    guarded(() => {
      const executor = pool(1);
      const words = shared();
      const future = executor.submit(forever, words);
      const behind = executor.submit(() => 'behind');
      awaitWord(words, 0, 1);
      future.cancel({ running: true, grace: 10 });
      expect(behind.result({ timeout: 5000 })).toBe('behind');
    }));
});

describe('a task with a limit', () => {
  it('fails with TimeoutError when it runs too long, and its worker is replaced', () =>
    guarded(async () => {
      const executor = pool(1);
      const words = shared();
      const future = executor.submit({ target: forever, args: [words], timeout: 40 });
      expect(() => future.result()).toThrow(TimeoutError);
      expect(future.cancelled()).toBe(false);
      expect(executor.submit(() => 'free').result({ timeout: 5000 })).toBe('free');
      await expect(executor.submit({ target: forever, args: [words], timeout: 20 })).rejects.toBeInstanceOf(
        TimeoutError,
      );
    }));

  it.each([
    ['ends', 0],
    ['blocks in something else', 5000],
  ])('has its worker replaced when the thread that has submitted it %s', (_how, ms) =>
    guarded(() => {
      const executor = pool(1);
      const thread = new Thread({
        target: async (own: ThreadPoolExecutor, blocked: number) => {
          const { sleep } = await import('@x/thread');
          const endless = (): void => {
            for (;;);
          };
          own.submit({ target: endless, timeout: 10 }).exception();
          sleep(blocked);
        },
        args: [executor, ms],
        daemon: true,
      });
      thread.start();
      thread.join({ timeout: 1000 });
      expect(executor.submit(() => 'free').result({ timeout: 2000 })).toBe('free');
      thread.terminate();
    }),
  );

  it('may be 0, also for one that waits in memory, and touches no other task', () =>
    guarded(async () => {
      const executor = pool(1);
      const release = occupy(executor);
      const before = Array.from({ length: 1023 }, (_, n) => executor.submit((value: number) => value, n));
      const late = executor.submit({ target: forever, args: [shared()], timeout: 0 });
      await new Promise((resolve) => setTimeout(resolve, 50));
      release();
      await expect(late).rejects.toBeInstanceOf(TimeoutError);
      expect(await Promise.all(before)).toEqual(before.map((_, n) => n));
    }));

  it('is counted from its begin, not from its submission', () => {
    const executor = pool(1);
    const release = occupy(executor);
    const future = executor.submit({ target: () => 'in time', timeout: 30 });
    Atomics.wait(shared(), 0, 0, 80);
    release();
    expect(future.result()).toBe('in time');
  });

  it('is cancelled by a signal that fires while its arguments are read', () => {
    const controller = new AbortController();
    const value = {
      get fires() {
        controller.abort();
        return true;
      },
    };
    const target = (_value: object): void => undefined;
    const future = pool(1).submit({ target, args: [value], signal: controller.signal });
    expect(future.cancelled()).toBe(true);
  });

  it('shares its signal with any number of others', async () => {
    const warnings: Error[] = [];
    const note = (warning: Error): void => void warnings.push(warning);
    process.on('warning', note);
    const executor = pool(1);
    const release = occupy(executor);
    const controller = new AbortController();
    const { signal } = controller;
    const futures = Array.from({ length: 20 }, () => executor.submit({ target: () => 1, signal }));
    const waits = futures.map((future) => waitAsync([future], { signal }).catch(String));
    await new Promise((resolve) => setTimeout(resolve, 5));
    controller.abort();
    expect(futures.every((future) => future.cancelled())).toBe(true);
    await Promise.all(waits);
    release();
    process.off('warning', note);
    expect(warnings).toEqual([]);
  });

  it('is cancelled by its signal, whether it waits or runs', async () => {
    const executor = pool(1);
    const release = occupy(executor);
    const controller = new AbortController();
    const waiting = executor.submit({ target: () => 1, signal: controller.signal });
    const reason = new Error('changed my mind');
    controller.abort(reason);
    expect(waiting.cancelled()).toBe(true);
    await expect(waiting).rejects.toMatchObject({ code: 'ERR_CANCELLED', cause: reason });
    expect(executor.submit({ target: () => 1, signal: controller.signal }).cancelled()).toBe(true);
    release();
    const other = new AbortController();
    const words = shared();
    const running = executor.submit({ target: forever, args: [words], signal: other.signal });
    awaitWord(words, 0, 1);
    other.abort();
    await expect(running).rejects.toBeInstanceOf(CancelledError);
    expect(await executor.submit(() => 'free')).toBe('free');
  });
});

describe('the death of a worker', () => {
  const deaths: [string, (words: Int32Array) => unknown, RegExp][] = [
    [
      'process.exit',
      (words) => {
        Atomics.store(words, 0, 1);
        process.exit(3);
      },
      /exit/,
    ],
    [
      'an uncaught error beside the task',
      (words) => {
        Atomics.store(words, 0, 1);
        setTimeout(() => {
          throw new RangeError('stray');
        }, 1);
        return new Promise(() => undefined);
      },
      /stray|uncaught/,
    ],
  ];

  it.each(deaths)(
    'by %s fails its task alone, with a cause, seen from the event loop',
    async (_how, target, why) => {
      vi.spyOn(console, 'error').mockImplementation(() => undefined);
      const executor = pool(1);
      const words = shared();
      const dying = executor.submit(target, words);
      const behind = Array.from({ length: 1500 }, (_, i) => executor.submit((n: number) => n, i));
      const error = (await dying.catch((reason: unknown) => reason)) as BrokenExecutorError;
      expect(error).toBeInstanceOf(BrokenExecutorError);
      expect((error.cause as Error).message).toMatch(why);
      expect(await Promise.all(behind)).toEqual(Array.from({ length: 1500 }, (_, i) => i));
    },
  );

  it.each(deaths)('by %s fails its task alone within a second, while this thread blocks', (_how, target) =>
    guarded(() => {
      setExcepthook(() => undefined);
      const executor = pool(1);
      const words = shared();
      const dying = executor.submit(target, words);
      const behind = executor.submit(() => 'behind');
      awaitWord(words, 0, 1);
      const began = performance.now();
      expect(caught(() => dying.result())).toBeInstanceOf(BrokenExecutorError);
      expect(performance.now() - began).toBeLessThan(1000);
      expect(behind.result({ timeout: 5000 })).toBe('behind');
    }),
  );

  it('is also survived by tasks of other threads', () => {
    const executor = pool(3);
    const sum = executor.submit(jobs.sumOfSquares, executor, 300);
    const dying = executor.submit(() => process.exit(1));
    expect(sum.result()).toBe(9_045_050);
    expect(dying.exception()).toBeInstanceOf(BrokenExecutorError);
  });
});
