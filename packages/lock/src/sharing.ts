/** `fromShared` of this package: where it is, the package's kinds are, too, also in a bundle that has nothing else of it. */
import { fromSharedOf, type FromShared } from '@x/core/primitives';
import { LOCK_KIND } from './lock.js';
import { RLOCK_KIND } from './rlock.js';
import { CONDITION_KIND } from './condition.js';
import { RWLOCK_KIND } from './rwlock.js';

/**
 * Makes the value again from the message that `toShared` gave. A primitive arrives as the same
 * primitive, and in one thread it is always the same object.
 *
 * @throws LayoutError for a message that is damaged, of another version, or not made by `toShared`;
 * TransferError if it holds a primitive of a package that this thread has not imported
 * @example
 * ```ts
 * import { fromShared, Lock, toShared } from '@x/lock';
 *
 * const lock = new Lock();
 * const arrived = structuredClone(toShared({ lock, data: [1, 2, 3] })); // what postMessage does
 * console.log(fromShared<{ lock: Lock }>(arrived).lock === lock);   // true
 * ```
 */
export const fromShared: FromShared = /* @__PURE__ */ fromSharedOf(
  LOCK_KIND,
  RLOCK_KIND,
  CONDITION_KIND,
  RWLOCK_KIND,
);
