/**
 * What every semaphore must do: the behaviours that CPython's `lock_tests` checks for semaphores, and
 * what the contract adds. Run it against each class.
 */
import { describe, expect, test } from 'vitest';
import { EXPIRES_MS } from '../time.js';
import { makeSemaphore, type SemaphoreClass, type SemaphoreLike } from './semaphore-subject.js';
import { semaphoreThreadsBattery } from './semaphore-threads-battery.js';

/** Registers the tests for one class. */
export function semaphoreBattery(Semaphore: SemaphoreClass): void {
  const make = (value: number, free: number): SemaphoreLike => makeSemaphore(Semaphore, value, free);

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

  semaphoreThreadsBattery(Semaphore);
}
