/**
 * How large each package may be: minified and gzipped, every entry together, with all it pulls in, in kB of
 * 1000 bytes. A primitive brings about 9 kB of core: the realm, parking, the codec. Some tenths above what they
 * measure, so that a copy of a module or a whole new part is noticed. Raise a number only with the reason in the commit.
 */

/** @type {Record<string, number>} */
export const SIZE_BUDGETS = {
  core: 22,
  lock: 18,
  semaphore: 15,
  event: 12,
  barrier: 16.5,
  shared: 18,
  queue: 25,
  thread: 23,
  executor: 38,
  introspect: 18,
  threading: 64,
};
