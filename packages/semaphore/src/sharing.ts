/** `fromShared` of this package: where it is, the package's kinds are, too, also in a bundle that has nothing else of it. */
import { fromSharedOf, type FromShared } from '@x/core/primitives';
import { SEMAPHORE_KIND } from './semaphore.js';
import { BOUNDED_KIND } from './bounded-semaphore.js';

/**
 * Makes the value again from the message that `toShared` gave. A primitive arrives as the same
 * primitive, and in one thread it is always the same object.
 *
 * @throws LayoutError for a message that is damaged, of another version, or not made by `toShared`;
 * TransferError if it holds a primitive of a package that this thread has not imported
 * @example
 * ```ts
 * import { fromShared, Semaphore, toShared } from '@x/semaphore';
 *
 * const semaphore = new Semaphore();
 * const arrived = structuredClone(toShared({ semaphore, data: [1, 2, 3] })); // what postMessage does
 * console.log(fromShared<{ semaphore: Semaphore }>(arrived).semaphore === semaphore);   // true
 * ```
 */
export const fromShared: FromShared = /* @__PURE__ */ fromSharedOf(SEMAPHORE_KIND, BOUNDED_KIND);
