/** `fromShared` of this package: where it is, the package's kinds are, too, also in a bundle that has nothing else of it. */
import { fromShared as receive } from '@x/core';
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
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- as with JSON.parse wrappers: the caller says what was sent
export function fromShared<T = unknown>(message: unknown): T {
  return receive<T>(message, BARRIER_KIND);
}
