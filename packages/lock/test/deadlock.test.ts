/** Cycles of threads that wait for each other. */
import { afterEach, describe, expect, test } from 'vitest';
import { DeadlockError, Lock, RLock, RWLock, setDeadlockDetection } from '@x/lock';
import { Checkpoints, scaled, startWorker, watch } from '@x/testkit';

/** Within this time a deadlock has to be found; here with something on top for a busy machine. */
const FOUND_MS = scaled(2000);

interface Sides {
  readonly first: Held;
  readonly second: Held;
}
/** A lock and the name of its side, as in the lock battery. */
interface Held {
  readonly shared: object;
  readonly side: string;
}

const self = (lock: Lock | RLock): Held => ({ shared: { self: lock }, side: 'self' });
const writing = (lock: RWLock): Held => ({ shared: lock, side: 'write' });
const reading = (lock: RWLock): Held => ({ shared: lock, side: 'read' });

/** Threads that each hold their first lock, then all acquire their second. Returns what became of each. */
async function entangle(threads: readonly Sides[]): Promise<string[]> {
  const points = new Checkpoints();
  const workers = threads.map((sides) =>
    startWorker(
      ({ sides, count, buffer }: { sides: Sides; count: number; buffer: SharedArrayBuffer }, kit) => {
        const points = kit.checkpoints(buffer);
        const [first, second] = [sides.first, sides.second].map(
          ({ shared, side }) => (shared as Record<string, { acquire(): boolean; release(): void }>)[side]!,
        );
        first!.acquire();
        points.signal(0);
        points.waitFor(0, count);
        try {
          second!.acquire();
          second!.release();
          return 'acquired';
        } catch (error) {
          return `${(error as Error).name}: ${(error as Error).message}`;
        } finally {
          first!.release();
        }
      },
      { sides, count: threads.length, buffer: points.buffer },
    ),
  );
  await points.waitForAsync(0, threads.length);
  const before = performance.now();
  const results = await watch([], () => Promise.all(workers.map((worker) => worker.result)));
  expect(performance.now() - before).toBeLessThan(FOUND_MS);
  return results;
}

const victims = (results: readonly string[]): string[] => results.filter((result) => result !== 'acquired');

afterEach(() => {
  setDeadlockDetection(false);
});

describe('a cycle throws DeadlockError in exactly one thread', () => {
  test('two threads', async () => {
    const [a, b] = [
      new Lock({ detectDeadlock: true, name: 'a' }),
      new Lock({ detectDeadlock: true, name: 'b' }),
    ];
    const results = await entangle([
      { first: self(a), second: self(b) },
      { first: self(b), second: self(a) },
    ]);
    expect(victims(results)).toHaveLength(1);
    const [message] = victims(results);
    expect(message).toMatch(/^DeadlockError: /);
    // Both threads and both locks are named.
    expect(message!.match(/Worker-\d+/g)!.length).toBeGreaterThanOrEqual(2);
    expect(new Set(message!.match(/#\d+/g)).size).toBe(2);
    expect(message).toMatch(/waits for a \(#\d+\), held by/);
    expect(message).toMatch(/waits for b \(#\d+\), held by/);
  });

  test('five threads, over Lock, RLock and both sides of RWLock', async () => {
    setDeadlockDetection(true);
    const [a, b, c, d] = [new Lock(), new RLock(), new RWLock(), new RWLock()];
    const e = new Lock();
    const results = await entangle([
      { first: self(a), second: self(b) },
      { first: self(b), second: writing(c) },
      { first: reading(c), second: reading(d) },
      { first: writing(d), second: self(e) },
      { first: self(e), second: self(a) },
    ]);
    expect(victims(results)).toHaveLength(1);
    expect(victims(results)[0]!.match(/waits for/g)).toHaveLength(5);
  });

  test('a reader and a writer of two RWLocks', async () => {
    const [a, b] = [new RWLock({ detectDeadlock: true }), new RWLock({ detectDeadlock: true })];
    const results = await entangle([
      { first: reading(a), second: writing(b) },
      { first: reading(b), second: writing(a) },
    ]);
    expect(victims(results)).toHaveLength(1);
  });

  test('with one thread that takes part in detection, that one', async () => {
    const [a, b] = [new Lock({ detectDeadlock: true }), new Lock()];
    const results = await entangle([
      { first: self(a), second: self(b) },
      { first: self(b), second: self(a) },
    ]);
    expect(results[0]).toBe('acquired');
    expect(results[1]).toMatch(/^DeadlockError/);
  });
});

describe('a thread that waits for itself', () => {
  test('finds that out with detection, for a Lock', () => {
    const lock = new Lock({ detectDeadlock: true });
    lock.acquire();
    expect(() => lock.acquire()).toThrow(DeadlockError);
    lock.release();
    expect(lock.tryAcquire()).toBe(true);
    lock.release();
  });

  test('finds that out at once where nobody else could help', async () => {
    const rw = new RWLock();
    rw.read.acquire();
    expect(() => rw.write.acquire()).toThrow(DeadlockError);
    rw.read.release();
    rw.write.acquire();
    expect(() => rw.write.acquire()).toThrow(DeadlockError);
    expect(() => rw.read.acquire()).toThrow(DeadlockError);
    rw.write.release();
    const lock = new RLock();
    await lock.acquireAsync();
    expect(() => lock.acquire()).toThrow(DeadlockError);
    lock.release();
  });

  test('is no deadlock where another thread lets go', async () => {
    const lock = new Lock();
    lock.acquire();
    const helper = startWorker((lock: Lock) => {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
      lock.release();
    }, lock);
    expect(await watch([lock], () => lock.acquire())).toBe(true);
    lock.release();
    await helper.result;
  });

  test('with a timeout, just times out', () => {
    const lock = new Lock();
    lock.acquire();
    expect(lock.acquire({ timeout: 20 })).toBe(false);
    const rw = new RWLock();
    rw.read.acquire();
    expect(rw.write.acquire({ timeout: 20 })).toBe(false);
  });
});

test('a reader that reads again while a writer waits is found out', async () => {
  const rw = new RWLock({ detectDeadlock: true });
  const points = new Checkpoints();
  const reader = startWorker(
    async ({ rw, buffer }: { rw: RWLock; buffer: SharedArrayBuffer }, kit) => {
      const points = kit.checkpoints(buffer);
      rw.read.acquire();
      points.signal(0);
      points.waitFor(1);
      // Until the writer is there.
      while (rw.read.tryAcquire()) rw.read.release();
      try {
        rw.read.acquire();
        rw.read.release();
        return 'acquired';
      } catch (error) {
        return (error as Error).name;
      } finally {
        rw.read.release();
      }
    },
    { rw, buffer: points.buffer },
  );
  const writer = startWorker(
    ({ rw, buffer }: { rw: RWLock; buffer: SharedArrayBuffer }, kit) => {
      const points = kit.checkpoints(buffer);
      points.waitFor(0);
      points.signal(1);
      try {
        rw.write.acquire();
        rw.write.release();
        return 'acquired';
      } catch (error) {
        return (error as Error).name;
      }
    },
    { rw, buffer: points.buffer },
  );
  const results = await watch([rw], () => Promise.all([reader.result, writer.result]));
  expect([...results].sort()).toEqual(['DeadlockError', 'acquired']);
});

test('setDeadlockDetection says what it was before', () => {
  expect(setDeadlockDetection(true)).toBe(false);
  expect(setDeadlockDetection(false)).toBe(true);
});

test('contention is no deadlock', async () => {
  setDeadlockDetection(true);
  const locks = { a: new Lock(), b: new RLock(), rw: new RWLock() };
  const workers = [0, 1, 2].map((seed) =>
    startWorker(
      ({ locks: { a, b, rw }, seed }) => {
        let state = seed * 7919 + 1;
        const until = performance.now() + 1000;
        let rounds = 0;
        while (performance.now() < until) {
          state = (Math.imul(state, 1103515245) + 12345) | 0;
          const side = (state & 65536) === 0 ? rw.read : rw.write;
          // Always in one order, so that there is no cycle.
          a.with(() => b.with(() => b.with(() => side.with(() => rounds++))));
          side.with(() => rounds++);
        }
        return rounds;
      },
      { locks, seed },
    ),
  );
  const rounds = await watch(Object.values(locks), () => Promise.all(workers.map((worker) => worker.result)));
  for (const count of rounds) expect(count).toBeGreaterThan(0);
});
