/** What every lock must do between threads; part of the lock battery. */
import { NotHeldError } from '@x/core';
import { describe, expect, test } from 'vitest';
import { Checkpoints } from '../checkpoints.js';
import { random } from '../random.js';
import { EXPIRES_MS, NEVER_MS, pause, SHORT_MS } from '../time.js';
import { untilSleeping } from '../until.js';
import { watch } from '../watch.js';
import { startWorker, untilAsyncWaiting, type TestWorker } from '../worker-harness.js';
import { makeShared, type LockSubject, type Shared, type TestLock } from './lock-subject.js';

type Sent = Pick<Shared, 'shared' | 'side'>;

/** Checkpoints: the worker holds the lock · it may release it. */
const HELD = 0;
const LET_GO = 1;

/** A worker that holds the lock until it is told to let go. */
async function holdElsewhere(shared: Sent): Promise<{ worker: TestWorker<boolean>; letGo: () => void }> {
  const points = new Checkpoints();
  const worker = startWorker(
    ({ shared, side, buffer }: Sent & { buffer: SharedArrayBuffer }, kit) => {
      const lock = shared[side]!;
      const points = kit.checkpoints(buffer);
      const got = lock.acquire();
      points.signal(0);
      points.waitFor(1);
      lock.release();
      return got;
    },
    { shared: shared.shared, side: shared.side, buffer: points.buffer },
  );
  await points.waitForAsync(HELD);
  return { worker, letGo: () => points.signal(LET_GO) };
}

/** Registers the tests for one class. */
export function lockThreadsBattery(subject: LockSubject): void {
  const send = ({ shared, side }: Shared): Sent => ({ shared, side });

  describe(`${subject.title}: several threads`, () => {
    test('while another thread holds it, no form gets it; afterwards each does', async () => {
      const made = makeShared(subject);
      const { lock } = made;
      const { worker, letGo } = await holdElsewhere(made);
      expect(lock.locked()).toBe(true);
      expect(String(made.primitive)).not.toContain('unlocked');
      expect(lock.tryAcquire()).toBe(false);
      expect(lock.acquire({ timeout: 0 })).toBe(false);
      expect(lock.acquire({ timeout: SHORT_MS })).toBe(false);
      expect(await lock.acquireAsync({ timeout: 0 })).toBe(false);
      expect(await lock.acquireAsync({ timeout: SHORT_MS })).toBe(false);
      const got = lock.acquireAsync();
      letGo();
      expect(await watch([made.primitive], () => got)).toBe(true);
      lock.release();
      expect(await worker.result).toBe(true);
      expect(lock.locked()).toBe(false);
    });

    test('a thread that blocks, the main thread too, goes on when another one releases', async () => {
      const made = makeShared(subject);
      const { lock, primitive } = made;
      const points = new Checkpoints();
      const worker = startWorker(
        ({ shared, side, buffer }: Sent & { buffer: SharedArrayBuffer }, kit) => {
          const lock = shared[side]!;
          lock.acquire();
          kit.checkpoints(buffer).signal(0);
          // Long enough for the main thread to be asleep, with near certainty.
          Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 30);
          lock.release();
        },
        { ...send(made), buffer: points.buffer },
      );
      await points.waitForAsync(0);
      expect(await watch([primitive], () => lock.acquire({ timeout: NEVER_MS }))).toBe(true);
      lock.release();
      await worker.result;
    });

    test('each of several sleepers gets it in turn', async () => {
      const made = makeShared(subject);
      const { lock, primitive, bed } = made;
      lock.acquire();
      const inside = new SharedArrayBuffer(8);
      const workers = Array.from({ length: 4 }, () =>
        startWorker(
          ({ shared, side, inside }: Sent & { inside: SharedArrayBuffer }) => {
            const lock = shared[side]!;
            const words = new Int32Array(inside);
            const got = lock.acquire();
            const alone = Atomics.add(words, 0, 1) === 0;
            Atomics.add(words, 1, 1);
            Atomics.sub(words, 0, 1);
            lock.release();
            return got && alone;
          },
          { ...send(made), inside },
        ),
      );
      await untilSleeping(bed, 4);
      expect(String(primitive)).toContain('waiters=4');
      lock.release();
      expect(await watch([primitive], () => Promise.all(workers.map((worker) => worker.result)))).toEqual([
        true,
        true,
        true,
        true,
      ]);
      expect(new Int32Array(inside)[1]).toBe(4);
      expect(lock.locked()).toBe(false);
    });

    test('a sleeper that times out, and a promise that is aborted, take no wake away from the others', async () => {
      const made = makeShared(subject);
      const { lock, primitive, bed } = made;
      await lock.acquireAsync();
      const patient = startWorker(({ shared, side }: Sent) => {
        const got = shared[side]!.acquire();
        shared[side]!.release();
        return got;
      }, send(made));
      const hasty = startWorker(
        ({ shared, side, timeout }: Sent & { timeout: number }) => shared[side]!.acquire({ timeout }),
        { ...send(made), timeout: EXPIRES_MS },
      );
      const controller = new AbortController();
      const aborted = lock.acquireAsync({ signal: controller.signal });
      const kept = lock.acquireAsync();
      await untilSleeping(bed, 1);
      expect(await hasty.result).toBe(false);
      controller.abort();
      await expect(aborted).rejects.toThrow();
      lock.release();
      expect(await watch([primitive], () => kept)).toBe(true);
      lock.release();
      expect(await watch([primitive], () => patient.result)).toBe(true);
      expect(lock.locked()).toBe(false);
    });

    test('waiters of another event loop are woken', async () => {
      const made = makeShared(subject);
      const { lock, primitive } = made;
      lock.acquire();
      const worker = startWorker(async ({ shared, side }: Sent) => {
        const lock = shared[side]!;
        const waits = [0, 1, 2].map(async (i) => {
          await lock.acquireAsync();
          await new Promise((resolve) => setTimeout(resolve, 1));
          lock.release();
          return i;
        });
        return Promise.all(waits);
      }, send(made));
      await untilAsyncWaiting(worker, 3);
      lock.release();
      expect(await watch([primitive], () => worker.result)).toEqual([0, 1, 2]);
    });

    if (subject.anyoneReleases) {
      test('another thread may release it', async () => {
        const made = makeShared(subject);
        made.lock.acquire();
        await startWorker(({ shared, side }: Sent) => shared[side]!.release(), send(made)).result;
        expect(made.lock.locked()).toBe(false);
        expect(() => made.lock.release()).toThrow(NotHeldError);
      });

      test('a thread that waits for itself is let go by another one', async () => {
        const made = makeShared(subject);
        const { lock, primitive } = made;
        lock.acquire();
        const worker = startWorker(({ shared, side }: Sent) => {
          Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 30);
          shared[side]!.release();
        }, send(made));
        await worker.nativeId;
        expect(await watch([primitive], () => lock.acquire({ timeout: NEVER_MS }))).toBe(true);
        lock.release();
        await worker.result;
      });
    } else {
      test('no other thread may release it', async () => {
        const made = makeShared(subject);
        const release = async (): Promise<string> =>
          startWorker(({ shared, side }: Sent) => {
            try {
              shared[side]!.release();
              return 'released';
            } catch (error) {
              return (error as Error).name;
            }
          }, send(made)).result;
        made.lock.acquire();
        expect(await release()).toBe('NotHeldError');
        expect(made.lock.locked()).toBe(true);
        made.lock.release();
        await made.lock.acquireAsync();
        expect(await release()).toBe('NotHeldError');
        made.lock.release();
      });
    }

    test.each([2, 4])('%i threads that count with all three forms lose nothing', async (threads) => {
      const made = makeShared(subject);
      const { primitive } = made;
      const counter = new SharedArrayBuffer(4);
      const rounds = 2000;
      const seeds = random();
      const workers = Array.from({ length: threads }, () =>
        startWorker(
          async ({ shared, side, counter, rounds, seed }: Sent & CountOrder) => {
            const lock = shared[side]!;
            const words = new Int32Array(counter);
            let state = seed;
            for (let i = 0; i < rounds; i++) {
              state = (Math.imul(state, 1103515245) + 12345) | 0;
              const form = (state >>> 16) % 4;
              if (form === 0) while (!lock.tryAcquire());
              else if (form === 1) while (!lock.acquire({ timeout: 1 }));
              else if (form === 2) await lock.acquireAsync();
              else lock.acquire();
              // Not atomic, on purpose.
              words[0] = words[0]! + 1;
              lock.release();
            }
            return rounds;
          },
          { ...send(made), counter, rounds, seed: seeds.int(0, 2 ** 31 - 1) },
        ),
      );
      await watch([primitive], () => Promise.all(workers.map((worker) => worker.result)), NEVER_MS * 2);
      expect(new Int32Array(counter)[0]).toBe(threads * rounds);
      expect(made.lock.locked()).toBe(false);
    });

    test('async tasks of the main thread and a blocking thread exclude each other', async () => {
      const made = makeShared(subject);
      const { lock, primitive } = made;
      const counter = new SharedArrayBuffer(4);
      const words = new Int32Array(counter);
      const rounds = 1000;
      const worker = startWorker(
        ({ shared, side, counter, rounds }: Sent & Omit<CountOrder, 'seed'>) => {
          const words = new Int32Array(counter);
          for (let i = 0; i < rounds; i++) shared[side]!.with(() => (words[0] = words[0]! + 1));
        },
        { ...send(made), counter, rounds },
      );
      const task = async (lock: TestLock): Promise<void> => {
        for (let i = 0; i < rounds / 4; i++) {
          await lock.withAsync(async () => {
            const before = words[0]!;
            if (i % 50 === 0) await pause(1);
            words[0] = before + 1;
          });
        }
      };
      await watch([primitive], () =>
        Promise.all([task(lock), task(lock), task(lock), task(lock), worker.result]),
      );
      expect(words[0]).toBe(2 * rounds);
    });
  });
}

interface CountOrder {
  readonly counter: SharedArrayBuffer;
  readonly rounds: number;
  readonly seed: number;
}
