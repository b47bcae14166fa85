/**
 * What every condition must do: the behaviours that CPython's `lock_tests` checks for conditions, and what
 * the contract adds. Run it against each lock that a condition may go with.
 */
import { getEventListeners } from 'node:events';
import { NotHeldError } from '@x/core';
import { describe, expect, test } from 'vitest';
import { Checkpoints } from '../checkpoints.js';
import { EXPIRES_MS, pause, SHORT_MS } from '../time.js';
import { until } from '../until.js';
import { watch } from '../watch.js';
import { startWorker } from '../worker-harness.js';
import {
  startSleeper,
  waiters,
  watching,
  type AsyncOptions,
  type ConditionSubject,
  type Options,
  type TestCondition,
} from './condition-subject.js';
import { conditionThreadsBattery } from './condition-threads-battery.js';

/** Registers the tests. */
export function conditionBattery(subject: ConditionSubject): void {
  const { title, make } = subject;

  describe(`${title}: one thread`, () => {
    test('without the lock, waiting and notifying are a NotHeldError', async () => {
      const condition = make();
      expect(() => condition.wait()).toThrow(NotHeldError);
      expect(() => condition.wait({ timeout: 0 })).toThrow(NotHeldError);
      expect(() => condition.waitFor(() => true)).toThrow(NotHeldError);
      expect(() => condition.notify()).toThrow(NotHeldError);
      expect(() => condition.notifyAll()).toThrow(NotHeldError);
      await expect(condition.waitAsync()).rejects.toThrow(NotHeldError);
      await expect(condition.waitForAsync(() => true)).rejects.toThrow(NotHeldError);
    });

    test('the lock held by another thread is not held by this one', async () => {
      const condition = make();
      const points = new Checkpoints();
      const holder = startWorker(
        ({ condition, buffer }, kit) => {
          condition.acquire();
          kit.checkpoints(buffer).signal(0);
          kit.checkpoints(buffer).waitFor(1);
          condition.release();
        },
        { condition, buffer: points.buffer },
      );
      await points.waitForAsync(0);
      expect(() => condition.notify()).toThrow(NotHeldError);
      expect(() => condition.wait({ timeout: 0 })).toThrow(NotHeldError);
      points.signal(1);
      await holder.result;
    });

    test('a wait that times out gives false, and the lock is held again', async () => {
      const condition = make();
      condition.acquire();
      const before = performance.now();
      expect(condition.wait({ timeout: EXPIRES_MS })).toBe(false);
      expect(performance.now() - before).toBeGreaterThan(EXPIRES_MS - 2);
      expect(condition.wait({ timeout: 0 })).toBe(false);
      expect(condition.locked()).toBe(true);
      expect(await condition.waitAsync({ timeout: SHORT_MS })).toBe(false);
      expect(await condition.waitAsync({ timeout: 0 })).toBe(false);
      expect(condition.locked()).toBe(true);
      condition.release();
      expect(condition.locked()).toBe(false);
      expect(waiters(condition)).toBe(0);
    });

    test.each([
      [-1, RangeError],
      [NaN, RangeError],
      ['5', TypeError],
      [null, TypeError],
    ])('the timeout %o is refused, and the lock stays held', async (timeout, ErrorClass) => {
      const condition = make();
      const options = { timeout } as Options;
      condition.acquire();
      expect(() => condition.wait(options)).toThrow(ErrorClass);
      expect(() => condition.waitFor(() => true, options)).toThrow(ErrorClass);
      await expect(condition.waitAsync(options)).rejects.toThrow(ErrorClass);
      await expect(condition.waitForAsync(() => true, options)).rejects.toThrow(ErrorClass);
      expect(waiters(condition)).toBe(0);
      condition.release();
    });

    test.each([
      [-1, RangeError],
      [1.5, RangeError],
      [NaN, RangeError],
      [Infinity, RangeError],
      ['1', TypeError],
      [null, TypeError],
    ])('notify(%o) is refused', (n, ErrorClass) => {
      const condition = make();
      condition.with(() => expect(() => condition.notify(n as number)).toThrow(ErrorClass));
    });

    test('a predicate must be a function, and a blocking one must not be async', async () => {
      const condition = make();
      condition.acquire();
      expect(() => condition.waitFor(5 as never)).toThrow(TypeError);
      expect(() => condition.waitFor(async () => true)).toThrow(/waitForAsync/);
      await expect(condition.waitForAsync(5 as never)).rejects.toThrow(TypeError);
      condition.release();
    });

    test('notify with nobody waiting does nothing, also not for those who come later', async () => {
      const condition = make();
      condition.acquire();
      condition.notify();
      condition.notify(0);
      condition.notifyAll();
      expect(condition.wait({ timeout: SHORT_MS })).toBe(false);
      expect(await condition.waitAsync({ timeout: SHORT_MS })).toBe(false);
      condition.release();
    });

    test('waitFor gives what the predicate gave: at once, or when the time is over', async () => {
      const condition = make();
      condition.acquire();
      expect(condition.waitFor(() => 'value')).toBe('value');
      expect(condition.waitFor(() => 0, { timeout: 0 })).toBe(0);
      expect(condition.waitFor(() => '', { timeout: SHORT_MS })).toBe('');
      expect(await condition.waitForAsync(async () => 'value')).toBe('value');
      expect(await condition.waitForAsync(() => null, { timeout: SHORT_MS })).toBe(null);
      expect(() =>
        condition.waitFor(() => {
          throw new SyntaxError('as planned');
        }),
      ).toThrow(SyntaxError);
      expect(condition.locked()).toBe(true);
      condition.release();
    });
  });

  describe(`${title}: promises`, () => {
    /** A task that waits; its promise gives its number once it has gone on. */
    const task = async (
      condition: TestCondition,
      went: number[],
      i: number,
      options?: AsyncOptions,
    ): Promise<boolean> => {
      await condition.acquireAsync();
      try {
        return await condition.waitAsync(options);
      } finally {
        went.push(i);
        condition.release();
      }
    };

    test('notify(n) wakes n of them, in the order in which they came, and none that come later', async () => {
      const condition = make();
      const went: number[] = [];
      const tasks = [0, 1, 2, 3, 4, 5].map((i) => task(condition, went, i));
      await until(() => waiters(condition) === 6);
      await condition.acquireAsync();
      condition.notify(3);
      condition.release();
      const late = task(condition, went, 6);
      await Promise.all(tasks.slice(0, 3));
      await pause(SHORT_MS);
      expect(went).toEqual([0, 1, 2]);
      await condition.withAsync(() => condition.notifyAll());
      expect(await Promise.all([...tasks, late])).toEqual(Array(7).fill(true));
      expect(went).toEqual([0, 1, 2, 3, 4, 5, 6]);
    });

    test('one that is notified and then comes late to the lock does not wake for those who came after', async () => {
      const condition = make();
      const went: number[] = [];
      const first = task(condition, went, 0);
      await until(() => waiters(condition) === 1);
      await condition.acquireAsync();
      condition.notify();
      // Registers before the first has had a turn of the loop to go on.
      const second = condition.waitAsync({ timeout: EXPIRES_MS });
      expect(await first).toBe(true);
      expect(await second).toBe(false);
      condition.release();
    });

    test('a signal that has fired rejects, with the lock still held and nobody waiting', async () => {
      const condition = make();
      await condition.acquireAsync();
      const signal = AbortSignal.abort('no');
      await expect(condition.waitAsync({ signal })).rejects.toBe('no');
      await expect(condition.waitForAsync(() => true, { signal })).rejects.toBe('no');
      expect(condition.locked()).toBe(true);
      expect(waiters(condition)).toBe(0);
      condition.release();
    });

    test('an abort rejects with the lock held again, and leaves nothing behind', async () => {
      const condition = make();
      const controller = new AbortController();
      await condition.acquireAsync();
      const waiting = condition.waitAsync({ signal: controller.signal });
      expect(condition.locked()).toBe(false);
      await condition.acquireAsync();
      controller.abort('enough');
      let rejected = false;
      waiting.catch(() => {
        rejected = true;
      });
      await pause(SHORT_MS);
      // The lock is not to be had yet.
      expect(rejected).toBe(false);
      condition.release();
      await expect(waiting).rejects.toBe('enough');
      expect(condition.locked()).toBe(true);
      condition.release();
      expect(waiters(condition)).toBe(0);
      expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
    });

    test('one that is aborted after it was notified passes the wake on', async () => {
      const condition = make();
      const went: number[] = [];
      const controller = new AbortController();
      const order = new Checkpoints();
      const aborted = task(condition, went, 0, { signal: controller.signal });
      await until(() => waiters(condition) === 1);
      // Another thread, so that the two are no run of one loop.
      const second = await startSleeper(condition, order);
      await condition.acquireAsync();
      condition.notify();
      // In the same turn as the notify, before the loop has noticed.
      controller.abort('enough');
      condition.release();
      await expect(aborted).rejects.toBe('enough');
      expect((await watch(watching(condition), () => second.result)).got).toBe(true);
    });

    test('but not to one that came later', async () => {
      const condition = make();
      const controller = new AbortController();
      const aborted = task(condition, [], 0, { signal: controller.signal });
      await until(() => waiters(condition) === 1);
      await condition.acquireAsync();
      condition.notify();
      controller.abort('enough');
      const late = condition.waitAsync({ timeout: EXPIRES_MS });
      await expect(aborted).rejects.toBe('enough');
      expect(await late).toBe(false);
      condition.release();
    });

    test('ten thousand wait in one loop', async () => {
      const condition = make();
      let went = 0;
      const tasks = Array.from({ length: 10_000 }, async () => {
        condition.acquire();
        expect(await condition.waitAsync()).toBe(true);
        went++;
        condition.release();
      });
      expect(waiters(condition)).toBe(10_000);
      condition.with(() => condition.notify(4_000));
      await watch(watching(condition), () => Promise.all(tasks.slice(0, 4_000)));
      expect(went).toBe(4_000);
      condition.with(() => condition.notifyAll());
      await watch(watching(condition), () => Promise.all(tasks));
      expect(went).toBe(10_000);
      expect(waiters(condition)).toBe(0);
    });

    test('a predicate is waited for, with the lock held while it is asked', async () => {
      const condition = make();
      let value = 0;
      const waiting = condition.withAsync(() =>
        condition.waitForAsync(async () => {
          expect(condition.locked()).toBe(true);
          return value >= 3 && `value ${value}`;
        }),
      );
      for (let i = 0; i < 3; i++) {
        await pause(1);
        await condition.withAsync(() => {
          value++;
          condition.notifyAll();
        });
      }
      expect(await watch(watching(condition), () => waiting)).toBe('value 3');
      expect(condition.locked()).toBe(false);
    });
  });

  conditionThreadsBattery(subject);
}
