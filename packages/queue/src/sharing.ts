/** `fromShared` of this package: where it is, the package's kinds are, too, also in a bundle that has nothing else of it. */
import { fromSharedOf, type FromShared } from '@x/core';
import { QUEUE_KIND } from './queue.js';
import { LIFO_KIND } from './lifo-queue.js';
import { PRIORITY_KIND } from './priority-queue.js';

/**
 * Makes the value again from the message that `toShared` gave. A primitive arrives as the same
 * primitive, and in one thread it is always the same object.
 *
 * @throws LayoutError for a message that is damaged, of another version, or not made by `toShared`;
 * TransferError if it holds a primitive of a package that this thread has not imported
 * @example
 * ```ts
 * import { fromShared, Queue, toShared } from '@x/queue';
 *
 * const queue = new Queue();
 * const arrived = structuredClone(toShared({ queue, data: [1, 2, 3] })); // what postMessage does
 * console.log(fromShared<{ queue: Queue }>(arrived).queue === queue);   // true
 * ```
 */
export const fromShared: FromShared = /* @__PURE__ */ fromSharedOf(QUEUE_KIND, LIFO_KIND, PRIORITY_KIND);
