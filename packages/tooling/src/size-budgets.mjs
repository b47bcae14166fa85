/**
 * How large each package may be, minified and gzipped, with all it pulls in, in kB of 1000 bytes. Some tenths above
 * what they measure, so that a copy of a module or a whole new part is noticed. Raise a number only with the reason
 * in the commit.
 */

/** Every entry of a package together. @type {Record<string, number>} */
export const SIZE_BUDGETS = {
  core: 25,
  lock: 16,
  semaphore: 12.6,
  event: 10.1,
  barrier: 14.8,
  shared: 19.1,
  queue: 26.7,
  thread: 22.4,
  executor: 42.4,
  introspect: 17.2,
  threading: 67.3,
};

/**
 * One class alone, as a bundler makes it of `import { Lock } from '@x/lock'`. Memory, the table of threads and the
 * errors are 4.3 kB of each (`AtomicInt32` has little else); what waits has 2.2 kB more for parking threads and event
 * loops (`Event`); the rest is its own.
 * @type {Record<string, Record<string, number>>}
 */
export const IMPORT_BUDGETS = {
  lock: { Lock: 8.4, RLock: 8.5, Condition: 10.9, RWLock: 10 },
  semaphore: { Semaphore: 9.3, BoundedSemaphore: 9.3 },
  event: { Event: 6.8 },
  barrier: { Barrier: 11.4 },
  shared: { AtomicInt32: 4.5, AtomicBigInt64: 4.5, SharedValue: 18.6 },
  queue: { Queue: 22.4, LifoQueue: 22.4, PriorityQueue: 26.2 },
};
