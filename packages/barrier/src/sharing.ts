/** `fromShared` of this package: where it is, the package's kinds are, too, also in a bundle that has nothing else of it. */
import { fromSharedOf, type FromShared } from '@x/core';
import { BARRIER_KIND } from './barrier.js';

/**
 * Makes the value again from the message that `toShared` gave. A primitive arrives as the same
 * primitive, and in one thread it is always the same object.
 *
 * @throws LayoutError for a message that is damaged, of another version, or not made by `toShared`;
 * TransferError if it holds a primitive of a package that this thread has not imported
 * @example
 * ```ts
 * import { Barrier, fromShared, toShared } from '@x/barrier';
 *
 * const barrier = new Barrier(2);
 * const arrived = structuredClone(toShared({ barrier, data: [1, 2, 3] })); // what postMessage does
 * console.log(fromShared<{ barrier: Barrier }>(arrived).barrier === barrier);   // true
 * ```
 */
export const fromShared: FromShared = /* @__PURE__ */ fromSharedOf(BARRIER_KIND);
