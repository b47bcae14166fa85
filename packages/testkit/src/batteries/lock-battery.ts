/**
 * What every lock must do: the behaviours that CPython's `lock_tests` checks for locks and re-entrant
 * locks, and what the contract adds. Run it against each class that has the methods of a lock.
 */
import { getEventListeners } from 'node:events';
import { inspect } from 'node:util';
import { NotHeldError, TimeoutError } from '@x/core';
import { describe, expect, test } from 'vitest';
import { EXPIRES_MS, pause, SHORT_MS } from '../time.js';
import { watch } from '../watch.js';
import { makeShared, type LockSubject, type Options, type TestLock } from './lock-subject.js';
import { lockThreadsBattery } from './lock-threads-battery.js';

const WRONG_TIMEOUTS: readonly [unknown, new () => Error][] = [
  [-1, RangeError],
  [-Infinity, RangeError],
  [NaN, RangeError],
  ['5', TypeError],
  [null, TypeError],
  [5n, TypeError],
  [{}, TypeError],
  [true, TypeError],
];

/** Registers the tests for one class. */
export function lockBattery(subject: LockSubject): void {
  const make = (): TestLock => makeShared(subject).lock;

  describe(`${subject.title}: one thread`, () => {
    test('a new lock is free; acquire takes it, release frees it', () => {
      const lock = make();
      expect(lock.locked()).toBe(false);
      expect(lock.acquire()).toBe(true);
      expect(lock.locked()).toBe(true);
      lock.release();
      expect(lock.locked()).toBe(false);
    });

    test('it can be taken and released again and again, in every form', async () => {
      const lock = make();
      for (let i = 0; i < 300; i++) {
        expect(
          i % 3 === 0 ? lock.acquire() : i % 3 === 1 ? lock.tryAcquire() : await lock.acquireAsync(),
        ).toBe(true);
        lock.release();
      }
      expect(lock.locked()).toBe(false);
    });

    test('it prints its kind, name and state', () => {
      const { lock, primitive } = makeShared(subject);
      expect(String(primitive)).toContain(primitive.name);
      expect(inspect(primitive)).toBe(String(primitive));
      expect(String(primitive)).toContain('unlocked');
      lock.acquire();
      expect(String(primitive)).not.toContain('unlocked');
      expect(String(primitive)).toContain('owner=MainThread');
      lock.release();
      expect(String(primitive)).toContain('unlocked');
    });

    test('the release of a free lock is a NotHeldError, also after it was held', () => {
      const lock = make();
      expect(() => lock.release()).toThrow(NotHeldError);
      lock.acquire();
      lock.release();
      expect(() => lock.release()).toThrow(NotHeldError);
      expect(lock.tryAcquire()).toBe(true);
      lock.release();
    });

    if (subject.reentrant) {
      test('its owner enters it again, and it is free after as many releases', () => {
        const lock = make();
        expect([lock.acquire(), lock.tryAcquire(), lock.acquire({ timeout: 0 })]).toEqual([true, true, true]);
        lock.release();
        lock.release();
        expect(lock.locked()).toBe(true);
        lock.release();
        expect(lock.locked()).toBe(false);
        expect(() => lock.release()).toThrow(NotHeldError);
      });
    } else {
      test('its holder does not get it a second time', async () => {
        const lock = make();
        lock.acquire();
        expect(lock.tryAcquire()).toBe(false);
        expect(lock.acquire({ timeout: 0 })).toBe(false);
        expect(lock.acquire({ timeout: SHORT_MS })).toBe(false);
        lock.release();
        expect(lock.locked()).toBe(false);
      });
    }

    test('an async acquire never re-enters: tasks of one thread exclude each other', async () => {
      const lock = make();
      expect(await lock.acquireAsync()).toBe(true);
      expect(await lock.acquireAsync({ timeout: 0 })).toBe(false);
      expect(await lock.acquireAsync({ timeout: SHORT_MS })).toBe(false);
      expect(lock.tryAcquire()).toBe(false);
      lock.release();
      let inside = 0;
      const task = async (): Promise<void> => {
        await lock.acquireAsync();
        expect(++inside).toBe(1);
        await pause(1);
        inside--;
        lock.release();
      };
      await Promise.all([task(), task(), task()]);
      expect(lock.locked()).toBe(false);
    });

    test.each(WRONG_TIMEOUTS)(
      'the timeout %o is refused, and nothing changes',
      async (timeout, ErrorClass) => {
        const lock = make();
        const options = { timeout } as Options;
        expect(() => lock.acquire(options)).toThrow(ErrorClass);
        expect(() => lock.hold(options)).toThrow(ErrorClass);
        await expect(lock.acquireAsync(options)).rejects.toThrow(ErrorClass);
        await expect(lock.holdAsync(options)).rejects.toThrow(ErrorClass);
        expect(lock.locked()).toBe(false);
        lock.acquire();
        expect(() => lock.acquire(options)).toThrow(ErrorClass);
        await expect(lock.acquireAsync(options)).rejects.toThrow(ErrorClass);
        lock.release();
        expect(lock.locked()).toBe(false);
      },
    );

    test.each([5, 'x', false, null])('%o instead of options is a TypeError', async (options) => {
      const lock = make();
      expect(() => lock.acquire(options as never)).toThrow(TypeError);
      await expect(lock.acquireAsync(options as never)).rejects.toThrow(TypeError);
      expect(lock.locked()).toBe(false);
    });

    test('a time-out takes about its time and leaves the lock to its holder', async () => {
      const lock = make();
      await lock.acquireAsync();
      const before = performance.now();
      expect(lock.acquire({ timeout: EXPIRES_MS })).toBe(false);
      const between = performance.now();
      expect(await lock.acquireAsync({ timeout: EXPIRES_MS })).toBe(false);
      expect(between - before).toBeGreaterThan(EXPIRES_MS - 2);
      expect(performance.now() - between).toBeGreaterThan(EXPIRES_MS - 2);
      lock.release();
      expect(lock.acquire({ timeout: EXPIRES_MS })).toBe(true);
      lock.release();
    });

    test.each([Infinity, 1e12, undefined])('the timeout %o waits as long as it says', async (timeout) => {
      const lock = make();
      await lock.acquireAsync();
      const options = timeout === undefined ? {} : { timeout };
      const got = lock.acquireAsync(options);
      expect(await Promise.race([got, pause(SHORT_MS)])).toBeUndefined();
      lock.release();
      expect(await got).toBe(true);
      lock.release();
      expect(lock.acquire(options)).toBe(true);
      lock.release();
    });
  });

  describe(`${subject.title}: scoped use`, () => {
    test('with runs the function inside, gives its value, and releases', () => {
      const lock = make();
      expect(lock.with(() => lock.locked() && 'value')).toBe('value');
      expect(lock.locked()).toBe(false);
    });

    test('with releases when the function throws, and the error comes out', () => {
      const lock = make();
      expect(() =>
        lock.with(() => {
          throw new SyntaxError('as planned');
        }),
      ).toThrow(SyntaxError);
      expect(lock.locked()).toBe(false);
    });

    test('with and withAsync let the error of the function out even if it has released the lock itself', async () => {
      const lock = make();
      const fail = (): never => {
        lock.release();
        throw new SyntaxError('as planned');
      };
      expect(() => lock.with(fail)).toThrow(SyntaxError);
      await expect(lock.withAsync(fail)).rejects.toThrow(SyntaxError);
    });

    test('with refuses a function that returns a promise, and what is no function, and holds nothing', async () => {
      const lock = make();
      expect(() => lock.with(async () => 1)).toThrow(/withAsync/);
      expect(() => lock.with(5 as never)).toThrow(TypeError);
      await expect(lock.withAsync(5 as never)).rejects.toThrow(TypeError);
      expect(lock.locked()).toBe(false);
    });

    test('withAsync holds it until the promise is settled', async () => {
      const lock = make();
      const seen = await lock.withAsync(async () => {
        await pause(1);
        return lock.locked();
      });
      expect(seen).toBe(true);
      expect(lock.locked()).toBe(false);
      await expect(lock.withAsync(() => Promise.reject(new SyntaxError('as planned')))).rejects.toThrow(
        SyntaxError,
      );
      expect(lock.locked()).toBe(false);
    });

    test('hold and holdAsync release at the end of the block, also when it throws', async () => {
      const lock = make();
      {
        using _held = lock.hold();
        expect(lock.locked()).toBe(true);
      }
      expect(lock.locked()).toBe(false);
      const fail = async (): Promise<void> => {
        using _held = await lock.holdAsync();
        expect(lock.locked()).toBe(true);
        throw new SyntaxError('as planned');
      };
      await expect(fail()).rejects.toThrow(SyntaxError);
      expect(lock.locked()).toBe(false);
    });

    test('disposing twice releases once', () => {
      const lock = make();
      const held = lock.hold();
      held[Symbol.dispose]();
      lock.acquire();
      held[Symbol.dispose]();
      expect(lock.locked()).toBe(true);
      lock.release();
    });

    test('hold and holdAsync throw TimeoutError when the time is over', async () => {
      const lock = make();
      await lock.acquireAsync();
      expect(() => lock.hold({ timeout: 0 })).toThrow(TimeoutError);
      await expect(lock.holdAsync({ timeout: SHORT_MS })).rejects.toThrow(TimeoutError);
      lock.release();
      expect(lock.locked()).toBe(false);
    });
  });

  describe(`${subject.title}: abort`, () => {
    test('a signal that has fired rejects with its reason even if the lock is free', async () => {
      const lock = make();
      const reason = new Error('no more');
      await expect(lock.acquireAsync({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
      await expect(lock.acquireAsync({ signal: AbortSignal.abort(reason), timeout: 0 })).rejects.toBe(reason);
      expect(lock.locked()).toBe(false);
    });

    test.each([5, null, {}])('%o is no signal', async (signal) => {
      const lock = make();
      await expect(lock.acquireAsync({ signal: signal as never })).rejects.toThrow(TypeError);
      expect(lock.locked()).toBe(false);
    });

    test('an abort rejects with its reason, keeps the others in order and leaves no listener', async () => {
      const lock = make();
      await lock.acquireAsync();
      const controller = new AbortController();
      const order: number[] = [];
      const waits = [0, 1, 2, 3].map(async (i) => {
        await lock.acquireAsync(i === 1 ? { signal: controller.signal } : undefined);
        order.push(i);
        lock.release();
      });
      controller.abort('enough');
      await expect(waits[1]).rejects.toBe('enough');
      expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
      lock.release();
      await Promise.all([waits[0], waits[2], waits[3]]);
      expect(order).toEqual([0, 2, 3]);
      expect(lock.locked()).toBe(false);
    });

    test('an acquire that succeeded or timed out leaves no listener; a later abort changes nothing', async () => {
      const lock = make();
      const controller = new AbortController();
      const { signal } = controller;
      expect(await lock.acquireAsync({ signal })).toBe(true);
      const waits = [lock.acquireAsync({ signal, timeout: 1 }), lock.acquireAsync({ signal })];
      expect(await waits[0]).toBe(false);
      lock.release();
      expect(await waits[1]).toBe(true);
      expect(getEventListeners(signal, 'abort')).toHaveLength(0);
      controller.abort();
      expect(lock.locked()).toBe(true);
      lock.release();
    });
  });

  describe(`${subject.title}: many promises`, () => {
    test('ten thousand waiters of one loop are served in the order in which they came', async () => {
      const { primitive, lock } = makeShared(subject);
      await lock.acquireAsync();
      const order: number[] = [];
      const waits = Array.from({ length: 10_000 }, async (_, i) => {
        await lock.acquireAsync();
        order.push(i);
        lock.release();
      });
      lock.release();
      await watch([primitive], () => Promise.all(waits));
      expect(order).toEqual(Array.from(order.keys()));
      expect(order).toHaveLength(10_000);
    });
  });

  lockThreadsBattery(subject);
}
