/** The pair of functions that every package with a primitive exports, for workers that somebody else starts. */
import { decode } from './decode.js';
import { encode } from './encode.js';
import { remember, type Kind } from './kinds.js';

/** A value on its way to another thread: what `postMessage` takes. */
export type SharedMessage = {
  /** Tells a message from any other object. */
  readonly '@x': 'wire';
};

/**
 * Makes a value with primitives in it ready for `worker.postMessage`, at any depth of plain objects,
 * arrays, `Map` and `Set`. Errors keep their class, `cause` and own properties.
 *
 * @throws TransferError naming the path of what cannot travel: `value.onDone is a function`
 * @example
 * ```ts
 * import { Lock, toShared } from '@x/lock';
 *
 * const { port1, port2 } = new MessageChannel();
 * port1.postMessage(toShared({ lock: new Lock(), data: [1, 2, 3] }));
 * port1.close();
 * port2.close();
 * ```
 */
export function toShared(value: unknown): SharedMessage {
  return encode(value);
}

/** The signature of `fromShared`. */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- as with JSON.parse wrappers: the caller says what was sent
export type FromShared = <T = unknown>(message: unknown) => T;

/**
 * Makes the `fromShared` of a package, which brings the package's kinds with it: otherwise a bundle that has nothing else of
 * the package would not know its primitives.
 *
 * @example
 * ```ts
 * import { fromSharedOf, registerKind, toShared } from '@x/core';
 *
 * const KIND = registerKind(() => ({ kind: 1_000, name: 'Tally', version: 1, bytes: 64, module: import.meta.url, revive: () => ({}) }));
 * const fromShared = fromSharedOf(KIND);
 * console.log(fromShared(structuredClone(toShared([1, 2]))));   // [ 1, 2 ]
 * ```
 */
export function fromSharedOf(...kinds: readonly Kind[]): FromShared {
  return (message) => {
    for (const kind of kinds) remember(kind);
    return decode(message) as never;
  };
}

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
export const fromShared: FromShared = /* @__PURE__ */ fromSharedOf();
