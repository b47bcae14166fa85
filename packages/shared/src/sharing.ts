/** `fromShared` of this package: where it is, the package's kinds are, too, also in a bundle that has nothing else of it. */
import { fromSharedOf, type FromShared } from '@x/core/primitives';
import { INT32_KIND, INT64_KIND } from './atomics.js';
import { VALUE_KIND } from './shared-value.js';

/**
 * Makes the value again from the message that `toShared` gave. A primitive arrives as the same
 * primitive, and in one thread it is always the same object.
 *
 * @throws LayoutError for a message that is damaged, of another version, or not made by `toShared`;
 * TransferError if it holds a primitive of a package that this thread has not imported
 * @example
 * ```ts
 * import { AtomicInt32, fromShared, toShared } from '@x/shared';
 *
 * const count = new AtomicInt32();
 * const arrived = structuredClone(toShared({ count, data: [1, 2, 3] })); // what postMessage does
 * console.log(fromShared<{ count: AtomicInt32 }>(arrived).count === count);   // true
 * ```
 */
export const fromShared: FromShared = /* @__PURE__ */ fromSharedOf(INT32_KIND, INT64_KIND, VALUE_KIND);
