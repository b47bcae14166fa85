/** Targets in workers of the user's own, as bundlers need them; and deadlocks over `join`. */
import { Worker } from 'node:worker_threads';
import { Lock, setDeadlockDetection } from '@x/lock';
import { DeadlockError, setExcepthook, TargetError, targetsFrom, Thread, type ThreadHandle } from '@x/thread';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

beforeAll(() => {
  setExcepthook(() => undefined);
});
afterAll(() => {
  setExcepthook(undefined);
});

describe('a worker that exposes functions', () => {
  let made = 0;
  const jobs = targetsFrom<typeof import('./programs/jobs.mjs') & { missing(): void }>(() => {
    made++;
    return new Worker(new URL('./programs/jobs.worker.mjs', import.meta.url));
  });

  it('runs them as threads, each in a worker of its own', () => {
    const threads = [1, 2].map((n) => new Thread({ target: jobs.double, args: [n] }));
    for (const thread of threads) thread.start();
    expect(threads.map((thread) => thread.result())).toEqual([2, 4]);
    expect(made).toBe(2);
  });

  it('says when a function is not among them', () => {
    const thread = new Thread({ target: jobs.missing });
    thread.start();
    expect(() => thread.result()).toThrow(TargetError);
  });

  it('is not made when the arguments cannot travel, and must be a worker', () => {
    const before = made;
    const wrong = new Thread({ target: jobs.double, args: [(() => 1) as unknown as number] });
    expect(() => {
      wrong.start();
    }).toThrow(/args\[0\] is a function/);
    expect(made).toBe(before);
    const none = targetsFrom<{ f(): void }>(() => ({}));
    const thread = new Thread({ target: none.f });
    expect(() => {
      thread.start();
    }).toThrow(TypeError);
    expect(thread.isAlive()).toBe(false);
  });

  it('is ended by terminate, also one that never begins', async () => {
    const idle = targetsFrom<{ f(): void }>(() => new Worker('setInterval(() => {}, 1000)', { eval: true }));
    const thread = new Thread({ target: idle.f });
    thread.start();
    thread.terminate();
    await expect(thread.joinAsync({ timeout: 10_000 })).resolves.toBe(true);
  });
});

describe('a cycle over join', () => {
  it('is found when detection is on for the process, by exactly one thread, which names it', () => {
    setDeadlockDetection(true);
    try {
      const lock = new Lock({ name: 'held' });
      const words = new Int32Array(new SharedArrayBuffer(4));
      // One waits for the lock that the other holds, which waits for the end of the first.
      const waits = (shared: Lock, flag: Int32Array): string => {
        Atomics.wait(flag, 0, 0);
        try {
          shared.acquire();
          return 'acquired';
        } catch (error) {
          return `${(error as Error).name}: ${(error as Error).message}`;
        }
      };
      const joins = (other: ThreadHandle, shared: Lock, flag: Int32Array): string => {
        shared.acquire();
        Atomics.store(flag, 0, 1);
        Atomics.notify(flag, 0);
        try {
          other.join();
          return 'joined';
        } catch (error) {
          return `${(error as Error).name}: ${(error as Error).message}`;
        } finally {
          shared.release();
        }
      };
      const first = new Thread({ name: 'first', target: waits, args: [lock, words] });
      first.start();
      const second = new Thread({ name: 'second', target: joins, args: [first, lock, words] });
      second.start();
      const results = [first.result({ timeout: 10_000 }), second.result({ timeout: 10_000 })];
      const errors = results.filter((result) => result.startsWith('DeadlockError'));
      expect(errors).toHaveLength(1);
      expect(errors[0]).toMatch(/first \(\d+\) waits for held \(#\d+\), held by second/);
      expect(errors[0]).toMatch(/second \(\d+\) waits for the end of first/);
      expect(new DeadlockError('').code).toBe('ERR_DEADLOCK');
    } finally {
      setDeadlockDetection(false);
    }
  });
});
