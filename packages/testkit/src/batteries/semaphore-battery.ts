/**
 * What every semaphore must do: the behaviours that CPython's `lock_tests` checks for semaphores, and
 * what the contract adds. Run it against each class.
 */
import type { Primitive } from '@x/core';
import { describe, expect, test } from 'vitest';
import { Checkpoints } from '../checkpoints.js';
import { EXPIRES_MS, NEVER_MS, pause, SHORT_MS } from '../time.js';
import { untilSleeping } from '../until.js';
import { watch } from '../watch.js';
import { startWorker, untilAsyncWaiting } from '../worker-harness.js';

interface Options {
  permits?: number;
  timeout?: number;
}
interface AsyncOptions extends Options {
  signal?: AbortSignal;
}

/** The interface of a semaphore. */
export interface SemaphoreLike extends Primitive {
  readonly value: number;
  acquire(options?: Options): boolean;
  tryAcquire(options?: { permits?: number }): boolean;
  acquireAsync(options?: AsyncOptions): Promise<boolean>;
  release(n?: number): void;
  hold(options?: Options): Disposable;
  holdAsync(options?: AsyncOptions): Promise<Disposable>;
  with<T>(body: () => T, options?: { permits?: number }): T;
  withAsync<T>(body: () => T | PromiseLike<T>, options?: { permits?: number }): Promise<T>;
}

/** A class of semaphores. */
export interface SemaphoreClass {
  readonly name: string;
  new (value?: number, options?: { name?: string }): SemaphoreLike;
}

/** Registers the tests for one class. */
export function semaphoreBattery(Semaphore: SemaphoreClass): void {
  /** A semaphore of so many permits, of which so many are free. */
  const make = (value: number, free: number): SemaphoreLike => {
    const semaphore = new Semaphore(value);
    if (free < value) semaphore.acquire({ permits: value - free });
    return semaphore;
  };

  describe(`${Semaphore.name}: one thread`, () => {
    test('the value is 1 by default', () => {
      const semaphore = new Semaphore();
      expect(semaphore.value).toBe(1);
      expect(semaphore.acquire()).toBe(true);
      expect(semaphore.tryAcquire()).toBe(false);
    });

    test('as many acquires succeed as there are permits, and a release lets one more in', () => {
      const semaphore = new Semaphore(3);
      expect([1, 2, 3, 4].map(() => semaphore.tryAcquire())).toEqual([true, true, true, false]);
      semaphore.release();
      expect(semaphore.tryAcquire()).toBe(true);
      expect(semaphore.value).toBe(0);
    });

    test('a semaphore may begin with no permit', () => {
      expect(new Semaphore(0).tryAcquire()).toBe(false);
    });

    test('a request for several permits takes all of them or none', () => {
      const semaphore = new Semaphore(3);
      expect(semaphore.tryAcquire({ permits: 2 })).toBe(true);
      expect(semaphore.tryAcquire({ permits: 2 })).toBe(false);
      expect(semaphore.value).toBe(1);
      expect(semaphore.acquire({ permits: 2, timeout: 0 })).toBe(false);
      expect(semaphore.acquire({ permits: 1 })).toBe(true);
      semaphore.release(3);
      expect(semaphore.value).toBe(3);
    });

    test('a timed acquire takes about its time and leaves the value alone', () => {
      const semaphore = make(1, 0);
      const before = performance.now();
      expect(semaphore.acquire({ timeout: EXPIRES_MS })).toBe(false);
      expect(performance.now() - before).toBeGreaterThan(EXPIRES_MS - 2);
      expect(semaphore.value).toBe(0);
      semaphore.release();
      expect(semaphore.acquire({ timeout: EXPIRES_MS })).toBe(true);
    });

    test.each([-1, 1.5, NaN, Infinity, 2 ** 23])('the value %d is a RangeError', (value) => {
      expect(() => new Semaphore(value)).toThrow(RangeError);
    });

    test.each([0, -1, 1.5, NaN, 2 ** 23])('%d permits are a RangeError in every form', async (permits) => {
      const semaphore = new Semaphore(2);
      expect(() => semaphore.acquire({ permits })).toThrow(RangeError);
      expect(() => semaphore.tryAcquire({ permits })).toThrow(RangeError);
      expect(() => semaphore.hold({ permits })).toThrow(RangeError);
      expect(() => {
        semaphore.release(permits);
      }).toThrow(RangeError);
      await expect(semaphore.acquireAsync({ permits })).rejects.toThrow(RangeError);
      await expect(semaphore.holdAsync({ permits })).rejects.toThrow(RangeError);
      expect(semaphore.value).toBe(2);
    });

    test('wrong types and wrong time-outs change nothing', async () => {
      const semaphore = new Semaphore(1);
      expect(() => semaphore.acquire({ permits: '1' as never })).toThrow(TypeError);
      expect(() => semaphore.acquire(5 as never)).toThrow(TypeError);
      expect(() => semaphore.tryAcquire(1 as never)).toThrow(TypeError);
      expect(() => semaphore.acquire({ timeout: -1 })).toThrow(RangeError);
      expect(() => semaphore.acquire({ timeout: NaN })).toThrow(RangeError);
      expect(() => new Semaphore('2' as never)).toThrow(TypeError);
      expect(() => semaphore.with(1 as never)).toThrow(TypeError);
      await expect(semaphore.acquireAsync({ timeout: -1 })).rejects.toThrow(RangeError);
      await expect(semaphore.acquireAsync(3 as never)).rejects.toThrow(TypeError);
      expect(semaphore.value).toBe(1);
    });

    test('the scoped forms give back what they took, also after an error', async () => {
      const semaphore = new Semaphore(3);
      {
        using _guard = semaphore.hold({ permits: 2 });
        expect(semaphore.value).toBe(1);
      }
      expect(semaphore.with(() => semaphore.value)).toBe(2);
      expect(semaphore.with(() => semaphore.value, { permits: 3 })).toBe(0);
      expect(() =>
        semaphore.with(() => {
          throw new Error('inside');
        }),
      ).toThrow('inside');
      {
        using _guard = await semaphore.holdAsync();
        expect(semaphore.value).toBe(2);
      }
      expect(await semaphore.withAsync(async () => semaphore.value, { permits: 2 })).toBe(1);
      await expect(semaphore.withAsync(() => Promise.reject(new Error('inside')))).rejects.toThrow('inside');
      expect(semaphore.value).toBe(3);
    });

    test('a guard that is disposed twice gives back once', () => {
      const semaphore = make(2, 1);
      const guard = semaphore.hold();
      guard[Symbol.dispose]();
      guard[Symbol.dispose]();
      expect(semaphore.value).toBe(1);
    });

    test('guards of one thread are counted together, whatever their order', () => {
      const semaphore = new Semaphore(6);
      const guards = [1, 2, 3].map((permits) => semaphore.hold({ permits }));
      expect(semaphore.value).toBe(0);
      guards[1]![Symbol.dispose]();
      expect(semaphore.value).toBe(2);
      guards[0]![Symbol.dispose]();
      guards[2]![Symbol.dispose]();
      expect(semaphore.value).toBe(6);
    });

    test('hold throws a TimeoutError when the time is over', async () => {
      const semaphore = make(1, 0);
      expect(() => semaphore.hold({ timeout: 1 })).toThrow(expect.objectContaining({ name: 'TimeoutError' }));
      await expect(semaphore.holdAsync({ timeout: 1 })).rejects.toMatchObject({ code: 'ERR_TIMEOUT' });
      expect(semaphore.value).toBe(0);
    });
  });

  describe(`${Semaphore.name}: async waiters`, () => {
    test('waiters of one loop are served in the order they came', async () => {
      const semaphore = make(3, 0);
      const order: number[] = [];
      const waits = [0, 1, 2].map(async (n) => {
        await semaphore.acquireAsync();
        order.push(n);
      });
      semaphore.release(3);
      await Promise.all(waits);
      expect(order).toEqual([0, 1, 2]);
    });

    test('a small request of the same loop does not overtake a large one', async () => {
      const semaphore = make(3, 1);
      const order: string[] = [];
      const large = semaphore.acquireAsync({ permits: 3 }).then(() => order.push('large'));
      const small = semaphore.acquireAsync().then(() => order.push('small'));
      semaphore.release(2);
      await large;
      semaphore.release(1);
      await small;
      expect(order).toEqual(['large', 'small']);
    });

    test('release(5) serves waiters that want 2, 2 and 1', async () => {
      const semaphore = make(5, 0);
      const waits = [2, 2, 1].map((permits) => semaphore.acquireAsync({ permits }));
      semaphore.release(5);
      expect(await Promise.all(waits)).toEqual([true, true, true]);
      expect(semaphore.value).toBe(0);
    });

    test('an aborted wait rejects with the reason and leaves no trace', async () => {
      const semaphore = make(2, 1);
      const controller = new AbortController();
      const large = semaphore.acquireAsync({ permits: 2, signal: controller.signal });
      const small = semaphore.acquireAsync();
      controller.abort(new Error('changed my mind'));
      await expect(large).rejects.toThrow('changed my mind');
      expect(await small).toBe(true);
      expect(String(semaphore)).toContain('waiters=0');
    });

    test('a signal that has fired rejects even where no wait is needed', async () => {
      const semaphore = new Semaphore(1);
      await expect(semaphore.acquireAsync({ signal: AbortSignal.abort(new Error('early')) })).rejects.toThrow(
        'early',
      );
      expect(semaphore.value).toBe(1);
    });

    test('a timed wait resolves to false and lets the next one have what it left', async () => {
      const semaphore = make(2, 1);
      const large = semaphore.acquireAsync({ permits: 2, timeout: EXPIRES_MS });
      const small = semaphore.acquireAsync();
      expect(await large).toBe(false);
      expect(await small).toBe(true);
      expect(await semaphore.acquireAsync({ timeout: 0 })).toBe(false);
    });
  });

  describe(`${Semaphore.name}: several threads`, () => {
    test('it arrives as the same semaphore, at any depth', async () => {
      const semaphore = new Semaphore(2, { name: 'slots' });
      const worker = startWorker(
        (given: { list: Map<string, SemaphoreLike>[] }) => {
          const found = given.list[0]!.get('it')!;
          found.acquire();
          return { again: [found], printed: String(found) };
        },
        { list: [new Map([['it', semaphore]])] },
      );
      const { again, printed } = await worker.result;
      expect(again[0]).toBe(semaphore);
      expect(semaphore.value).toBe(1);
      expect(printed).toContain('slots');
    });

    test('never more threads are inside than there are permits', async () => {
      const semaphore = new Semaphore(2);
      const inside = new Int32Array(new SharedArrayBuffer(8));
      const workers = [0, 1, 2, 3].map((n) =>
        startWorker(
          async ({
            semaphore,
            inside,
            blocking,
          }: {
            semaphore: SemaphoreLike;
            inside: Int32Array;
            blocking: boolean;
          }) => {
            let worst = 0;
            for (let i = 0; i < 2000; i++) {
              if (blocking) semaphore.acquire();
              else await semaphore.acquireAsync();
              worst = Math.max(worst, Atomics.add(inside, 0, 1) + 1);
              Atomics.sub(inside, 0, 1);
              semaphore.release();
            }
            return worst;
          },
          { semaphore, inside, blocking: n !== 0 },
        ),
      );
      const worst = await watch([semaphore], () => Promise.all(workers.map((worker) => worker.result)));
      expect(Math.max(...worst)).toBeLessThanOrEqual(2);
      expect(semaphore.value).toBe(2);
    });

    test('a release of n wakes n sleepers and no more', async () => {
      const semaphore = make(6, 0);
      const points = new Checkpoints();
      const workers = [1, 2, 3, 4, 5, 6].map(() =>
        startWorker(
          ({ semaphore, buffer }: { semaphore: SemaphoreLike; buffer: SharedArrayBuffer }, kit) => {
            semaphore.acquire();
            return kit.checkpoints(buffer).signal(0);
          },
          { semaphore, buffer: points.buffer },
        ),
      );
      await untilSleeping(semaphore, 6);
      semaphore.release(2);
      await points.waitForAsync(0, 2);
      await pause(SHORT_MS);
      expect(points.count(0)).toBe(2);
      semaphore.release(4);
      await Promise.all(workers.map((worker) => worker.result));
      expect(semaphore.value).toBe(0);
    });

    test('release(5) serves sleepers that want 2, 2 and 1', async () => {
      const semaphore = make(5, 0);
      const workers = [2, 2, 1].map((permits) =>
        startWorker(
          ({ semaphore, permits }: { semaphore: SemaphoreLike; permits: number }) =>
            semaphore.acquire({ permits }),
          {
            semaphore,
            permits,
          },
        ),
      );
      await untilSleeping(semaphore, 3);
      semaphore.release(5);
      expect(await Promise.all(workers.map((worker) => worker.result))).toEqual([true, true, true]);
      expect(semaphore.value).toBe(0);
    });

    test('a permit that is too little for one sleeper reaches the one that wants it', async () => {
      const semaphore = make(5, 0);
      const acquire = ({ semaphore, permits }: { semaphore: SemaphoreLike; permits: number }): boolean =>
        semaphore.acquire({ permits });
      const large = startWorker(acquire, { semaphore, permits: 4 });
      await untilSleeping(semaphore, 1);
      const small = startWorker(acquire, { semaphore, permits: 1 });
      await untilSleeping(semaphore, 2);
      semaphore.release();
      // Who gets it depends on whether the large one has become first in line by now.
      await pause(SHORT_MS);
      semaphore.release(4);
      expect(await watch([semaphore], () => Promise.all([large.result, small.result]))).toEqual([true, true]);
      expect(semaphore.value).toBe(0);
    });

    test('a large request is not starved by threads that hammer small ones', async () => {
      const semaphore = new Semaphore(3);
      const stop = new Int32Array(new SharedArrayBuffer(4));
      const hammers = [0, 1].map(() =>
        startWorker(
          ({ semaphore, stop }: { semaphore: SemaphoreLike; stop: Int32Array }) => {
            while (Atomics.load(stop, 0) === 0) {
              semaphore.acquire();
              for (let i = 0; i < 200; i++) Atomics.load(stop, 0);
              semaphore.release();
            }
          },
          { semaphore, stop },
        ),
      );
      try {
        await Promise.all(hammers.map((hammer) => hammer.nativeId));
        for (let i = 0; i < 20; i++) {
          expect(semaphore.acquire({ permits: 3, timeout: NEVER_MS })).toBe(true);
          semaphore.release(3);
          expect(await semaphore.acquireAsync({ permits: 3, timeout: NEVER_MS })).toBe(true);
          semaphore.release(3);
        }
      } finally {
        Atomics.store(stop, 0, 1);
      }
      await Promise.all(hammers.map((hammer) => hammer.result));
      expect(semaphore.value).toBe(3);
    });

    test('a thread and a loop that wait are both served by one release of two', async () => {
      const semaphore = make(2, 0);
      const sleeper = startWorker((semaphore: SemaphoreLike) => semaphore.acquire(), semaphore);
      const loop = startWorker((semaphore: SemaphoreLike) => semaphore.acquireAsync(), semaphore);
      await untilSleeping(semaphore);
      await untilAsyncWaiting(loop);
      semaphore.release(2);
      expect(await Promise.all([sleeper.result, loop.result])).toEqual([true, true]);
    });

    test('a loop that is first in line and blocks does not keep others from free permits', async () => {
      const semaphore = make(1, 0);
      const points = new Checkpoints();
      const loop = startWorker(
        async ({ semaphore, buffer }: { semaphore: SemaphoreLike; buffer: SharedArrayBuffer }, kit) => {
          const points = kit.checkpoints(buffer);
          const pending = semaphore.acquireAsync();
          // Twice past a slice: by now it is first in line.
          await new Promise((resolve) => setTimeout(resolve, 600));
          points.signal(0);
          points.waitFor(1);
          return pending;
        },
        { semaphore, buffer: points.buffer },
      );
      await points.waitForAsync(0);
      semaphore.release();
      expect(await watch([semaphore], () => semaphore.acquire())).toBe(true);
      points.signal(1);
      semaphore.release();
      expect(await loop.result).toBe(true);
    });

    test('a killed sleeper takes no permit with it', async () => {
      const semaphore = make(1, 0);
      const doomed = startWorker((semaphore: SemaphoreLike) => semaphore.acquire(), semaphore);
      await untilSleeping(semaphore);
      const next = startWorker((semaphore: SemaphoreLike) => semaphore.acquire(), semaphore);
      await untilSleeping(semaphore, 2);
      await doomed.terminate();
      semaphore.release();
      expect(await watch([semaphore], () => next.result)).toBe(true);
      expect(semaphore.value).toBe(0);
    });

    test.each(['hold', 'with', 'holdAsync'])(
      'permits held through %s come back when their thread is killed',
      async (form) => {
        const semaphore = new Semaphore(5);
        const points = new Checkpoints();
        const doomed = startWorker(
          async (
            {
              semaphore,
              buffer,
              form,
            }: { semaphore: SemaphoreLike; buffer: SharedArrayBuffer; form: string },
            kit,
          ) => {
            const points = kit.checkpoints(buffer);
            const stay = (): void => {
              points.signal(0);
              points.waitFor(1, 1, 60_000);
            };
            const guards = [semaphore.hold()];
            if (form === 'hold') guards.push(semaphore.hold({ permits: 2 }));
            if (form === 'holdAsync') guards.push(await semaphore.holdAsync({ permits: 2 }));
            if (form === 'with') semaphore.with(stay, { permits: 2 });
            else stay();
            return guards.length;
          },
          { semaphore, buffer: points.buffer, form },
        );
        await points.waitForAsync(0);
        expect(semaphore.value).toBe(2);
        void doomed.terminate();
        const before = performance.now();
        // The main thread blocks, so that no event tells anybody of the death.
        expect(semaphore.acquire({ permits: 5, timeout: NEVER_MS })).toBe(true);
        expect(performance.now() - before).toBeLessThan(1000);
        semaphore.release(5);
      },
    );
  });
}
