/** Threads that end with a lock held. */
import { describe, expect, test } from 'vitest';
import { AbandonedError, Condition, Lock, RLock, RWLock } from '@x/lock';
import { Checkpoints, NEVER_MS, pause, startWorker, untilSleeping, watch } from '@x/testkit';

interface Recoverable {
  acquire(options?: { timeout?: number }): boolean;
  tryAcquire(): boolean;
  acquireAsync(options?: { timeout?: number }): Promise<boolean>;
  release(): void;
  locked(): boolean;
  recover(): void;
}

/** As long as anybody may have to wait to learn of a death, and some more for a busy machine. */
const LEARN_MS = 3000;

const KINDS = [
  ['Lock', () => new Lock(), 'self'],
  ['RLock', () => new RLock(), 'self'],
  ['RWLock.write', () => new RWLock(), 'write'],
  ['Condition', () => new Condition(), 'self'],
] as const;

describe.each(KINDS)('%s', (_name, make, side) => {
  const fresh = () => {
    const primitive = make();
    const shared = (side === 'self' ? { self: primitive } : primitive) as unknown as Record<
      string,
      Recoverable
    >;
    return { primitive, shared, lock: shared[side]! };
  };

  /** A worker that holds the lock, for ever. */
  const holder = async (shared: Record<string, Recoverable>, times = 1) => {
    const points = new Checkpoints();
    const worker = startWorker(
      ({ shared, side, buffer, times }, kit) => {
        for (let i = 0; i < times; i++) shared[side]!.acquire();
        kit.checkpoints(buffer).signal(0);
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
      },
      { shared, side, buffer: points.buffer, times },
    );
    await points.waitForAsync(0);
    return worker;
  };

  const expectAbandoned = async (lock: Recoverable): Promise<void> => {
    expect(() => lock.acquire()).toThrow(AbandonedError);
    expect(() => lock.acquire({ timeout: 1 })).toThrow(AbandonedError);
    expect(() => lock.tryAcquire()).toThrow(AbandonedError);
    await expect(lock.acquireAsync()).rejects.toThrow(AbandonedError);
    expect(() => lock.release()).toThrow(AbandonedError);
    expect(lock.locked()).toBe(true);
    lock.recover();
    expect(lock.locked()).toBe(true);
    lock.release();
    expect(lock.locked()).toBe(false);
    expect(lock.acquire()).toBe(true);
    lock.release();
  };

  test('whose holder is terminated is abandoned, and recover() makes it usable again', async () => {
    const { shared, lock, primitive } = fresh();
    const worker = await holder(shared);
    await worker.terminate();
    await expectAbandoned(lock);
    expect(String(primitive)).toContain('unlocked');
  });

  test('tells those who only try', async () => {
    const { shared, lock } = fresh();
    const worker = await holder(shared);
    expect(lock.tryAcquire()).toBe(false);
    await worker.terminate();
    expect(() => lock.tryAcquire()).toThrow(AbandonedError);
    lock.recover();
    lock.release();
  });

  test('can be recovered before anybody else has noticed', async () => {
    const { shared, lock } = fresh();
    const worker = await holder(shared);
    await worker.terminate();
    lock.recover();
    expect(lock.locked()).toBe(true);
    lock.release();
  });

  test('tells a sleeper, and the main thread while it is blocked', async () => {
    const { shared, lock, primitive } = fresh();
    const worker = await holder(shared);
    const bed = primitive instanceof Condition ? primitive.lock : primitive;
    const sleeper = startWorker(
      ({ shared, side }) => {
        try {
          return String(shared[side]!.acquire());
        } catch (error) {
          return (error as Error).name;
        }
      },
      { shared, side },
    );
    await untilSleeping(bed, 1);
    // Not awaited: the main thread is about to block.
    void worker.terminate();
    const before = performance.now();
    expect(() => lock.acquire()).toThrow(AbandonedError);
    expect(performance.now() - before).toBeLessThan(LEARN_MS);
    expect(await watch([bed], () => sleeper.result)).toBe('AbandonedError');
  });

  test('tells a promise', async () => {
    const { shared, lock, primitive } = fresh();
    const worker = await holder(shared);
    const waiting = lock.acquireAsync();
    const alsoWaiting = lock.acquireAsync({ timeout: NEVER_MS });
    void worker.terminate();
    const results = await watch([primitive], () => Promise.allSettled([waiting, alsoWaiting]));
    for (const result of results) expect(result).toMatchObject({ reason: { name: 'AbandonedError' } });
  });

  test.each([
    ['calls process.exit(0)', () => process.exit(0)],
    ['calls process.exit(3)', () => process.exit(3)],
    [
      'does not catch an error',
      () => {
        setTimeout(() => {
          throw new Error('as planned');
        });
      },
    ],
  ])('is abandoned when its holder %s', async (_how, end) => {
    const { shared, lock } = fresh();
    const worker = startWorker(
      ({ shared, side, end }) => {
        shared[side]!.acquire();
        // eslint-disable-next-line @typescript-eslint/no-implied-eval -- a fixture's source, and ours
        setTimeout(new Function(`return ${end}`)() as () => void, 10);
        return new Promise(() => undefined);
      },
      { shared, side, end: end.toString() },
    );
    await expect(worker.result).rejects.toThrow();
    await worker.exited;
    await expectAbandoned(lock);
  });

  test('is usable when a thread dies while it only waits', async () => {
    const { shared, lock, primitive } = fresh();
    const bed = primitive instanceof Condition ? primitive.lock : primitive;
    lock.acquire();
    const sleepers = [0, 1].map(() =>
      startWorker(({ shared, side }) => void shared[side]!.acquire(), { shared, side }),
    );
    await untilSleeping(bed, 2);
    await Promise.all(sleepers.map((sleeper) => sleeper.terminate()));
    lock.release();
    expect(await watch([bed], () => lock.acquireAsync())).toBe(true);
    lock.release();
  });
});

test('an RLock that was held several times when its holder died is one level deep after recover()', async () => {
  const lock = new RLock();
  const worker = startWorker((lock: RLock) => {
    lock.acquire();
    lock.acquire();
    lock.acquire();
    process.exit(1);
  }, lock);
  await expect(worker.result).rejects.toThrow();
  expect(() => lock.release()).toThrow(AbandonedError);
  lock.recover();
  lock.release();
  expect(lock.locked()).toBe(false);
});

test('a Lock that a thread leaves held at its orderly end stays locked, and anyone may release it', async () => {
  const lock = new Lock();
  const worker = startWorker((lock: Lock) => lock.acquire(), lock);
  expect(await worker.result).toBe(true);
  await worker.exited;
  expect(lock.locked()).toBe(true);
  expect(lock.tryAcquire()).toBe(false);
  expect(lock.acquire({ timeout: 1 })).toBe(false);
  const waiting = lock.acquireAsync();
  await pause(10);
  lock.release();
  expect(await waiting).toBe(true);
  lock.release();
});

test('so does one in memory of the user, that no handle has ever carried', async () => {
  const buffer = new SharedArrayBuffer(Lock.BYTES);
  const lock = new Lock({ buffer });
  const worker = startWorker(async (buffer: SharedArrayBuffer) => {
    const { Lock } = await import('@x/lock');
    return new Lock({ buffer }).acquire();
  }, buffer);
  expect(await worker.result).toBe(true);
  await worker.exited;
  expect(lock.tryAcquire()).toBe(false);
  lock.release();
  expect(lock.tryAcquire()).toBe(true);
});

test('a sleeper learns that the holder has ended in an orderly way, and goes on when somebody else releases', async () => {
  const lock = new Lock();
  const points = new Checkpoints();
  const holder = startWorker(
    async ({ lock, buffer }: { lock: Lock; buffer: SharedArrayBuffer }, kit) => {
      lock.acquire();
      kit.checkpoints(buffer).signal(1);
      await kit.checkpoints(buffer).waitForAsync(0);
    },
    { lock, buffer: points.buffer },
  );
  await points.waitForAsync(1);
  const sleeper = startWorker((lock: Lock) => lock.acquire(), lock);
  await untilSleeping(lock, 1);
  points.signal(0);
  await holder.result;
  await holder.exited;
  lock.release();
  expect(await watch([lock], () => sleeper.result)).toBe(true);
});

test.each([
  ['RLock', () => new RLock(), 'self'],
  ['RWLock.write', () => new RWLock(), 'write'],
] as const)('an %s left held at the orderly end of its holder is abandoned', async (_name, make, side) => {
  const primitive = make();
  const shared = (side === 'self' ? { self: primitive } : primitive) as unknown as Record<
    string,
    Recoverable
  >;
  const worker = startWorker(({ shared, side }) => shared[side]!.acquire(), { shared, side });
  await worker.result;
  await worker.exited;
  expect(() => shared[side]!.tryAcquire()).toThrow(AbandonedError);
  shared[side]!.recover();
  shared[side]!.release();
});
