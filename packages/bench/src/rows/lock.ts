/** Locks: free, contended, and many waiters in one event loop. */
import { Lock, toShared } from '@x/lock';
import { Mutex as AsyncMutex } from 'async-mutex';
import { each, eachAsync } from '../harness/each.js';
import { missingCompiler, runCompiled } from '../harness/native.js';
import { scaled, type Contestant, type Context, type Row } from '../harness/row.js';
import { crowd, type Contention } from '../peers/crowd.js';

const MILLION = 1_000_000;

const uncontended: Row = {
  id: 'lock/uncontended',
  what: 'Lock: acquire and release, free',
  category: 'throughput',
  unit: 'ns/pair',
  better: 'lower',
  together: true,
  slices: 9,
  contestants: [
    {
      name: '@x/lock',
      role: 'ours',
      prepare(context) {
        const lock = new Lock();
        return {
          slice: () =>
            each(scaled(context, MILLION), (count) => {
              for (let i = 0; i < count; i++) {
                lock.acquire();
                lock.release();
              }
            }),
        };
      },
    },
    {
      name: 'bare compare-exchange pair',
      role: 'baseline',
      prepare(context) {
        const words = new Int32Array(new SharedArrayBuffer(4));
        return {
          slice: () =>
            each(scaled(context, MILLION), (count) => {
              for (let i = 0; i < count; i++) {
                Atomics.compareExchange(words, 0, 0, 1);
                Atomics.compareExchange(words, 0, 1, 0);
              }
            }),
        };
      },
    },
    {
      // Its blocking form; the asynchronous one, which its README prefers, is in the next row.
      name: 'multithreading Mutex',
      role: 'peer',
      async prepare(context) {
        const { Mutex } = await import('multithreading');
        const mutex = new Mutex();
        return {
          slice: () =>
            each(scaled(context, MILLION / 4), (count) => {
              for (let i = 0; i < count; i++) mutex.blockingLock().dispose();
            }),
        };
      },
    },
  ],
  targets: [
    { against: 'bare compare-exchange pair', atMost: 1.25 },
    { against: 'best peer', atMost: 1 },
  ],
};

const free: Row = {
  id: 'lock/async-free',
  what: 'Lock: await acquireAsync and release, free',
  category: 'throughput',
  unit: 'ns/pair',
  better: 'lower',
  contestants: [
    {
      name: '@x/lock',
      role: 'ours',
      prepare(context) {
        const lock = new Lock();
        return {
          slice: () =>
            eachAsync(scaled(context, MILLION / 2), async (count) => {
              for (let i = 0; i < count; i++) {
                await lock.acquireAsync();
                lock.release();
              }
            }),
        };
      },
    },
    {
      // `acquire` and the releaser it returns: quicker than `runExclusive`, and than acquire() with release().
      name: 'async-mutex',
      role: 'peer',
      prepare(context) {
        const mutex = new AsyncMutex();
        return {
          slice: () =>
            eachAsync(scaled(context, MILLION / 2), async (count) => {
              for (let i = 0; i < count; i++) {
                const release = await mutex.acquire();
                release();
              }
            }),
        };
      },
    },
    {
      name: 'multithreading Mutex',
      role: 'peer',
      async prepare(context) {
        const { Mutex } = await import('multithreading');
        const mutex = new Mutex();
        return {
          slice: () =>
            eachAsync(scaled(context, MILLION / 4), async (count) => {
              for (let i = 0; i < count; i++) {
                const guard = await mutex.lock();
                guard.dispose();
              }
            }),
        };
      },
    },
  ],
  targets: [{ against: 'best peer', atMost: 1 }],
};

const WAITERS = 10_000;

const waiters: Row = {
  id: 'lock/async-waiters',
  what: 'Lock: 10 000 waiters in one event loop, each acquires and releases',
  category: 'throughput',
  unit: 'ns/waiter',
  better: 'lower',
  contestants: [
    {
      name: '@x/lock',
      role: 'ours',
      prepare() {
        const lock = new Lock();
        return {
          slice: async () => {
            await lock.acquireAsync();
            const began = performance.now();
            const all = Array.from({ length: WAITERS }, async () => {
              await lock.acquireAsync();
              lock.release();
            });
            lock.release();
            await Promise.all(all);
            return ((performance.now() - began) * 1e6) / WAITERS;
          },
        };
      },
    },
    {
      name: 'async-mutex',
      role: 'peer',
      prepare() {
        const mutex = new AsyncMutex();
        return {
          slice: async () => {
            const first = await mutex.acquire();
            const began = performance.now();
            const all = Array.from({ length: WAITERS }, async () => {
              const release = await mutex.acquire();
              release();
            });
            first();
            await Promise.all(all);
            return ((performance.now() - began) * 1e6) / WAITERS;
          },
        };
      },
    },
  ],
  targets: [{ against: 'best peer', atMost: 1 }],
};

/** The ways of contending for a lock; the peer only without work around it. */
export function lockContestants(how: Contention): Contestant[] {
  const { inside = 0, outside = 0 } = how;
  const pthread: Contestant = {
    name: 'pthread mutex in C',
    role: 'baseline',
    missing: missingCompiler,
    prepare: (context) => ({
      slice: () =>
        runCompiled('pthread_mutex', [how.threads, scaled(context, how.iterations), inside, outside]),
    }),
  };
  const multithreading: Contestant = {
    name: 'multithreading Mutex',
    role: 'peer',
    async prepare(context: Context) {
      const { Mutex } = await import('multithreading');
      const { mutexRound, startThreads, stopThreads } = await import('../peers/multithreading.js');
      startThreads(how.threads);
      const mutex = new Mutex();
      return {
        slice: () => mutexRound(mutex, how.threads, scaled(context, how.iterations / 4)),
        close: stopThreads,
      };
    },
  };
  return [
    crowd('@x/lock', 'ours', 'lock', () => toShared(new Lock()), how),
    pthread,
    crowd('@x/lock without spinning', 'baseline', 'lockWithoutSpin', () => toShared(new Lock()), how),
    crowd('textbook futex mutex in JS', 'baseline', 'textbook', () => new SharedArrayBuffer(4), how),
    ...(inside + outside === 0 ? [multithreading] : []),
  ];
}

/** One thread alone shows what the same loop takes in JavaScript and in C when nobody ever waits. */
const crowdOf = (threads: number): string =>
  threads === 1 ? '1 thread alone' : `${threads} threads contend`;

function contended(threads: number): Row {
  return {
    id: `lock/contended-${threads}`,
    what: `Lock: ${crowdOf(threads)}, empty section`,
    category: 'throughput',
    unit: 'ns/pair',
    better: 'lower',
    contestants: lockContestants({ threads, iterations: 300_000 }),
    targets:
      threads === 1
        ? []
        : [
            { against: 'pthread mutex in C', atMost: 1 },
            { against: 'best peer', atMost: 1 },
          ],
  };
}

/** About a quarter of a microsecond inside and one outside: a lock that is busy a part of the time, as most are. */
function contendedWithWork(threads: number): Row {
  return {
    id: `lock/contended-work-${threads}`,
    what: `Lock: ${crowdOf(threads)}, with work inside and outside`,
    category: 'real work',
    unit: 'ns/pair',
    better: 'lower',
    contestants: lockContestants({ threads, iterations: 100_000, inside: 200, outside: 800 }),
    targets: threads === 1 ? [] : [{ against: 'pthread mutex in C', atMost: 1 }],
  };
}

/** The rows of this subject. */
export const lockRows: readonly Row[] = [
  uncontended,
  free,
  waiters,
  contended(1),
  contended(2),
  contended(4),
  contendedWithWork(1),
  contendedWithWork(2),
  contendedWithWork(4),
];
