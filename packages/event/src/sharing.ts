/** `fromShared` of this package: where it is, the package's kinds are, too, also in a bundle that has nothing else of it. */
import { fromSharedOf, type FromShared } from '@x/core/primitives';
import { EVENT_KIND } from './event.js';

/**
 * Makes the value again from the message that `toShared` gave. A primitive arrives as the same
 * primitive, and in one thread it is always the same object.
 *
 * @throws LayoutError for a message that is damaged, of another version, or not made by `toShared`;
 * TransferError if it holds a primitive of a package that this thread has not imported
 * @example
 * ```ts
 * import { Event, fromShared, toShared } from '@x/event';
 *
 * const event = new Event();
 * const arrived = structuredClone(toShared({ event, data: [1, 2, 3] })); // what postMessage does
 * console.log(fromShared<{ event: Event }>(arrived).event === event);   // true
 * ```
 */
export const fromShared: FromShared = /* @__PURE__ */ fromSharedOf(EVENT_KIND);
