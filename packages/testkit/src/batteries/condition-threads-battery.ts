/** What every condition must do between threads; part of the condition battery. */
import { describe, expect, test } from 'vitest';
import { Checkpoints } from '../checkpoints.js';
import { EXPIRES_MS, NEVER_MS, pause, SHORT_MS } from '../time.js';
import { until, untilSleeping } from '../until.js';
import { watch } from '../watch.js';
import { startWorker } from '../worker-harness.js';
import { startSleeper, waiters, watching, type ConditionSubject, type Sleeper } from './condition-subject.js';

/** In which order the threads went on. */
async function gone(...sleepers: Sleeper[]): Promise<number[]> {
  return (await Promise.all(sleepers.map((sleeper) => sleeper.result))).map(({ order }) => order);
}

/** Registers the tests. */
export function conditionThreadsBattery(subject: ConditionSubject): void {
  const { title, make } = subject;

  describe(`${title}: several threads`, () => {
    test('notify(3) with six threads waiting wakes exactly the first three, and none that come later', async () => {
      const condition = make();
      const order = new Checkpoints();
      const sleepers: Sleeper[] = [];
      for (let i = 0; i < 6; i++) sleepers.push(await startSleeper(condition, order));
      expect(waiters(condition)).toBe(6);
      condition.acquire();
      condition.notify(3);
      expect(waiters(condition)).toBe(3);
      // Nobody goes on before the lock is released.
      await pause(SHORT_MS);
      expect(order.count(0)).toBe(0);
      condition.release();
      await order.waitForAsync(0, 3);
      const late = await startSleeper(condition, order);
      await pause(SHORT_MS);
      expect(order.count(0)).toBe(3);
      expect((await gone(...sleepers.slice(0, 3))).sort()).toEqual([1, 2, 3]);
      condition.with(() => condition.notify());
      await order.waitForAsync(0, 4);
      expect(await gone(sleepers[3]!)).toEqual([4]);
      condition.with(() => condition.notifyAll());
      await watch(watching(condition), () => gone(...sleepers, late));
      expect(waiters(condition)).toBe(0);
    });

    test('the main thread, blocked, is notified by another one', async () => {
      const condition = make();
      const notifier = startWorker((condition) => {
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 30);
        condition.acquire();
        condition.notify();
        condition.release();
      }, condition);
      condition.acquire();
      expect(await watch(watching(condition), () => condition.wait({ timeout: NEVER_MS }))).toBe(true);
      condition.release();
      await notifier.result;
    });

    test('threads and promises are served in the order in which they came', async () => {
      const condition = make();
      const order = new Checkpoints();
      const places: number[] = [];
      const promise = async (): Promise<void> => {
        await condition.acquireAsync();
        await condition.waitAsync();
        places.push(order.signal(0));
        condition.release();
      };
      const a = await startSleeper(condition, order);
      const b = promise();
      await until(() => waiters(condition) === 2);
      const c = await startSleeper(condition, order);
      const d = promise();
      await until(() => waiters(condition) === 4);
      for (let i = 1; i <= 4; i++) {
        await condition.withAsync(() => condition.notify());
        await order.waitForAsync(0, i);
      }
      await Promise.all([b, d]);
      expect(await gone(a, c)).toEqual([1, 3]);
      expect(places).toEqual([2, 4]);
    });

    test('a waiter that was notified before its time was over returns true, whenever it gets the lock', async () => {
      const condition = make();
      const order = new Checkpoints();
      const hasty = await startSleeper(condition, order, { timeout: 20 * EXPIRES_MS });
      const patient = await startSleeper(condition, order);
      condition.acquire();
      condition.notify();
      await pause(21 * EXPIRES_MS);
      condition.release();
      expect((await hasty.result).got).toBe(true);
      // One was to be woken, and one was.
      await pause(SHORT_MS);
      expect(order.count(0)).toBe(1);
      condition.with(() => condition.notify());
      expect((await watch(watching(condition), () => patient.result)).got).toBe(true);
    });

    test('a notify is not spent on a waiter whose time was over before', async () => {
      const condition = make();
      const order = new Checkpoints();
      const hasty = await startSleeper(condition, order, { timeout: EXPIRES_MS });
      const patient = await startSleeper(condition, order);
      expect((await hasty.result).got).toBe(false);
      condition.with(() => condition.notify());
      expect((await watch(watching(condition), () => patient.result)).got).toBe(true);
    });

    test('a notify is not spent on a thread that was killed, before or after it', async () => {
      const condition = make();
      const order = new Checkpoints();
      const before = await startSleeper(condition, order);
      const after = await startSleeper(condition, order);
      const survivor = await startSleeper(condition, order);
      await before.terminate();
      condition.acquire();
      condition.notify();
      // Whichever of the two it was meant for, it cannot use it while the lock is held.
      await after.terminate();
      condition.notify();
      condition.release();
      expect((await watch(watching(condition), () => survivor.result)).got).toBe(true);
    });

    test('a waiter learns that the holder of the lock has died', async () => {
      const condition = make();
      const sleeper = startWorker((condition) => {
        condition.acquire();
        try {
          return String(condition.wait());
        } catch (error) {
          return (error as Error).name;
        }
      }, condition);
      await untilSleeping(condition, 1);
      await condition.acquireAsync();
      // Handled from the start: the waiters may learn of the death before the holder's end is reported here.
      const settled = Promise.allSettled([sleeper.result, condition.waitAsync()]);
      const holder = startWorker((condition) => {
        condition.acquire();
        process.exit(1);
      }, condition);
      await expect(holder.result).rejects.toThrow();
      const results = await watch(watching(condition), () => settled);
      expect(results[0]).toMatchObject({ value: 'AbandonedError' });
      expect(results[1]).toMatchObject({ reason: { name: 'AbandonedError' } });
      expect(waiters(condition)).toBe(0);
    });

    if (subject.reentrant) {
      test('a wait gives up all levels of the lock and takes them back, blocking and async', async () => {
        const condition = make();
        const order = new Checkpoints();
        const sleeper = await startSleeper(condition, order, undefined, 3);
        condition.with(() => condition.notify());
        expect((await watch(watching(condition), () => sleeper.result)).got).toBe(true);
        expect(condition.locked()).toBe(false);

        condition.acquire();
        condition.acquire();
        const waiting = condition.waitAsync();
        expect(condition.locked()).toBe(false);
        condition.with(() => condition.notify());
        await waiting;
        condition.release();
        expect(condition.locked()).toBe(true);
        // In async ownership, which does not re-enter.
        expect(condition.tryAcquire()).toBe(false);
        condition.release();
        expect(condition.locked()).toBe(false);
      });
    }

    test('a producer and two consumers of either form lose nothing', async () => {
      const condition = make();
      // Words: items there, items taken, the last one has been put.
      const items = new SharedArrayBuffer(12);
      const count = 2000;
      const blocking = startWorker(
        ({ condition, items }) => {
          const words = new Int32Array(items);
          for (let taken = 0; ; taken++) {
            condition.acquire();
            condition.waitFor(() => words[0]! > 0 || words[2] === 1);
            const end = words[0] === 0;
            if (!end) {
              words[0]!--;
              words[1]!++;
            }
            condition.release();
            if (end) return taken;
          }
        },
        { condition, items },
      );
      const words = new Int32Array(items);
      const promising = async (): Promise<number> => {
        for (let taken = 0; ; taken++) {
          await condition.acquireAsync();
          await condition.waitForAsync(() => words[0]! > 0 || words[2] === 1);
          const end = words[0] === 0;
          if (!end) {
            words[0]!--;
            words[1]!++;
          }
          condition.release();
          if (end) return taken;
        }
      };
      const producer = startWorker(
        ({ condition, items, count }) => {
          const words = new Int32Array(items);
          for (let i = 0; i < count; i++) {
            condition.acquire();
            words[0]!++;
            condition.notify();
            condition.release();
          }
          condition.acquire();
          words[2] = 1;
          condition.notifyAll();
          condition.release();
        },
        { condition, items, count },
      );
      const taken = await watch(watching(condition), () => Promise.all([blocking.result, promising()]));
      await producer.result;
      expect(taken[0] + taken[1]).toBe(count);
      expect(words[1]).toBe(count);
    });
  });
}
