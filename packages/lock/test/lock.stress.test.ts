/** Many waits, many threads. */
import { describe, expect, test } from 'vitest';
import { Condition, Lock, RLock, RWLock, type LockLike } from '@x/lock';
import { Checkpoints, pause, random, scaled, startWorker, watch } from '@x/testkit';
import { heapUsed } from './garbage.js';

const STATE_WORD = 4;

describe('a million aborted waits leave nothing behind', () => {
  /** What stays on the heap in any case: compiled code, statistics of the engine. */
  const TOLERANCE_BYTES = 2 ** 21;

  const aborted = async (rounds: number, wait: (signal: AbortSignal) => Promise<unknown>): Promise<void> => {
    for (let round = 0; round < rounds; round++) {
      const controller = new AbortController();
      let rejected = 0;
      const waits: Promise<void>[] = [];
      for (let i = 0; i < 1000; i++) {
        waits.push(
          wait(controller.signal).then(
            () => undefined,
            () => {
              rejected++;
            },
          ),
        );
      }
      controller.abort();
      await Promise.all(waits);
      expect(rejected).toBe(1000);
    }
  };

  test('of a lock', async () => {
    const lock = new Lock();
    await lock.acquireAsync();
    await aborted(20, (signal) => lock.acquireAsync({ signal }));
    const before = heapUsed();
    await aborted(1000, (signal) => lock.acquireAsync({ signal }));
    expect(heapUsed() - before).toBeLessThan(TOLERANCE_BYTES);
    lock.release();
    await pause(1);
    // Nor in shared memory: no flag says that somebody waits.
    expect(lock.memory.words[STATE_WORD]).toBe(0);
  });

  test('of a reader; of a condition, fewer', async () => {
    const rw = new RWLock();
    rw.write.acquire();
    const condition = new Condition(new Lock());
    await aborted(20, (signal) => rw.read.acquireAsync({ signal }));
    const before = heapUsed();
    await aborted(100, (signal) => rw.read.acquireAsync({ signal }));
    await aborted(30, async (signal) => {
      await condition.acquireAsync();
      try {
        await condition.waitAsync({ signal });
      } finally {
        condition.release();
      }
    });
    expect(heapUsed() - before).toBeLessThan(TOLERANCE_BYTES);
    rw.write.release();
    expect(rw.write.tryAcquire()).toBe(true);
    expect(String(condition)).toContain('> waiters=0>');
  });
}, 60_000);

/** Two workers that hammer a lock; returns what ends them and gives the number of their rounds. */
async function hammers(shared: object, side: string) {
  const points = new Checkpoints();
  const workers = [0, 1].map(() =>
    startWorker(
      ({ shared, side, buffer }: { shared: object; side: string; buffer: SharedArrayBuffer }, kit) => {
        const lock = (shared as Record<string, { acquire(): boolean; release(): void }>)[side]!;
        const points = kit.checkpoints(buffer);
        points.signal(0);
        let rounds = 0;
        while (points.count(1) === 0) {
          for (let i = 0; i < 100; i++) {
            lock.acquire();
            rounds++;
            lock.release();
          }
        }
        return rounds;
      },
      { shared, side, buffer: points.buffer },
    ),
  );
  await points.waitForAsync(0, 2);
  return async (): Promise<number[]> => {
    points.signal(1);
    return Promise.all(workers.map((worker) => worker.result));
  };
}

/** Far more than anybody should have to wait, on a machine that is busy with other things. */
const LONGEST_WAIT_MS = scaled(1000);

describe('nobody starves while two workers hammer the lock', () => {
  test.each([
    ['Lock', () => new Lock(), 'self'],
    ['RLock', () => new RLock(), 'self'],
    ['RWLock.write', () => new RWLock(), 'write'],
    ['a writer among readers of an RWLock', () => new RWLock(), 'read'],
  ] as const)('%s', async (_name, make, side) => {
    const primitive = make();
    const shared = side === 'self' ? { self: primitive } : primitive;
    const lock: LockLike = primitive instanceof RWLock ? primitive.write : primitive;
    const stop = await hammers(shared, side);
    const third = startWorker(
      ({ shared, side }: { shared: object; side: string }) => {
        const lock = (shared as Record<string, { acquire(): boolean; release(): void }>)[side]!;
        let longest = 0;
        for (let i = 0; i < 20; i++) {
          const before = performance.now();
          lock.acquire();
          longest = Math.max(longest, performance.now() - before);
          lock.release();
        }
        return longest;
      },
      { shared, side: side === 'read' ? 'write' : side },
    );
    const mine = async (): Promise<number> => {
      let longest = 0;
      for (let i = 0; i < 20; i++) {
        const before = performance.now();
        await lock.acquireAsync();
        longest = Math.max(longest, performance.now() - before);
        lock.release();
        await pause(1);
      }
      return longest;
    };
    const waits = await watch([primitive], () => Promise.all([third.result, mine()]));
    for (const rounds of await stop()) expect(rounds).toBeGreaterThan(0);
    for (const longest of waits) expect(longest).toBeLessThan(LONGEST_WAIT_MS);
  });
});

test('threads that are killed at any moment never hang the others', async () => {
  const seeds = random();
  const lock = new Lock();
  const rw = new RWLock();
  const condition = new Condition();
  const start = (seed: number) =>
    startWorker(
      async ({ lock, rw, condition, seed }) => {
        let state = seed;
        const locks = [lock, rw.read, rw.write, condition] as const;
        for (;;) {
          state = (Math.imul(state, 1103515245) + 12345) | 0;
          const one = locks[(state >>> 16) & 3]!;
          try {
            if ((state & 0x100000) !== 0) {
              if (one.acquire({ timeout: 50 })) one.release();
            } else if (!(await one.acquireAsync({ timeout: 50 }))) continue;
            else if (one !== condition) one.release();
            else {
              condition.notify();
              await condition.waitAsync({ timeout: 1 });
              condition.release();
            }
          } catch (error) {
            if ((error as Error).name === 'AbandonedError') {
              for (const each of [lock, rw.write, condition]) {
                try {
                  each.recover();
                  each.release();
                } catch {
                  // Somebody else was quicker, or it was another one.
                }
              }
            } else if ((error as Error).name !== 'NotHeldError') throw error;
          }
        }
      },
      { lock, rw, condition, seed },
    );
  const until = performance.now() + scaled(4000);
  while (performance.now() < until) {
    const workers = [1, 2, 3].map(() => start(seeds.int(1, 2 ** 31 - 1)));
    await Promise.all(workers.map((worker) => worker.nativeId));
    await pause(seeds.int(5, 60));
    for (const worker of workers) {
      await worker.terminate();
      await pause(seeds.int(0, 10));
    }
  }
  // Whatever they left behind, everything is usable again.
  await watch([lock, rw, condition, condition.lock], async () => {
    for (const one of [lock, rw.write, condition]) {
      try {
        one.recover();
      } catch {
        expect(await one.acquireAsync()).toBe(true);
      }
      one.release();
    }
    expect(await rw.read.acquireAsync()).toBe(true);
    rw.read.release();
    await condition.acquireAsync();
    const told = condition.waitAsync();
    condition.with(() => condition.notifyAll());
    expect(await told).toBe(true);
    condition.release();
  });
}, 60_000);
