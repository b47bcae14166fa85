/**
 * How large each package may be, minified and gzipped, with all it pulls in, in kB of 1000 bytes. Some tenths above
 * what they measure, so that a copy of a module or a whole new part is noticed. Raise a number only with the reason
 * in the commit.
 */

/** Every entry of a package together. @type {Record<string, number>} */
export const SIZE_BUDGETS = {
  core: 25.9,
  lock: 16.7,
  semaphore: 13.1,
  event: 10.5,
  barrier: 15.8,
  shared: 19.8,
  queue: 27.7,
  thread: 23.6,
  executor: 43.9,
  introspect: 18,
  threading: 69.6,
};

/**
 * One class alone, as a bundler makes it of `import { Lock } from '@x/lock'`. Memory, the table of threads and the
 * errors are 4.4 kB of each (`AtomicInt32` has little else); what waits has 2.2 kB more for parking threads and event
 * loops (`Event`); the rest is its own.
 * @type {Record<string, Record<string, number>>}
 */
export const IMPORT_BUDGETS = {
  lock: { Lock: 8.8, RLock: 8.9, Condition: 11.4, RWLock: 10.4 },
  semaphore: { Semaphore: 9.6, BoundedSemaphore: 9.7 },
  event: { Event: 7.1 },
  barrier: { Barrier: 12.2 },
  shared: { AtomicInt32: 4.6, AtomicBigInt64: 4.7, SharedValue: 19.2 },
  queue: { Queue: 23.3, LifoQueue: 23.3, PriorityQueue: 27.2 },
};
