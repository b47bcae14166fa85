/**
 * How large each package may be: minified and gzipped, every entry together, with all it pulls in, in kB of
 * 1000 bytes. Raise a number only with the reason in the commit.
 */

/** @type {Record<string, number>} */
export const SIZE_BUDGETS = {
  core: 12,
  lock: 5,
  semaphore: 5,
  event: 5,
  barrier: 6,
  shared: 6,
  queue: 16,
  thread: 18,
  executor: 26,
  introspect: 14,
  threading: 50,
};
