/**
 * Classes of the user that keep their prototype between threads.
 *
 * The registry hangs on a `Symbol.for` key: in a thread the classes are registered with the copy of `@x/core` that the
 * user's modules import, and the result is encoded by the one that the thread began with.
 */
import { LayoutError, TransferError } from '../errors.js';
import { registerErrorClass } from './errors.js';

/** How instances of a class travel. */
export interface ClassCodec<T, S> {
  /** What represents the instance; any value that can travel. Default: its own properties. */
  readonly toState?: (instance: T) => S;
  /** Makes an instance again. Default: an object with that prototype and the same own properties. */
  readonly fromState?: (state: S) => T;
}

interface Entry {
  readonly constructor: new (...args: never[]) => object;
  readonly codec: ClassCodec<object, unknown>;
}

interface Registry {
  readonly byName: Map<string, Entry>;
  readonly byPrototype: Map<object, string>;
}

/** Bumped when the shape of `Registry` changes. */
const CLASSES_KEY: unique symbol = Symbol.for('@x/core:classes/1') as never;

let found: Registry | undefined;

function registry(): Registry {
  return (found ??= findRegistry());
}

function findRegistry(): Registry {
  const holder = globalThis as unknown as { [CLASSES_KEY]: Registry | undefined };
  return (holder[CLASSES_KEY] ??= { byName: new Map(), byPrototype: new Map() });
}

/**
 * Lets instances of a class arrive as instances of that class. Call it in every thread that sends or
 * receives them: in a module that defines the class, for example. Without it they arrive as plain
 * objects, as structured clone makes them. For a class of errors without a codec it is `registerErrorClass`.
 *
 * @throws TransferError if another class is registered under that name
 * @example
 * ```ts
 * import { fromShared, registerClass, toShared } from '@x/core';
 *
 * class Point {
 *   constructor(
 *     readonly x: number,
 *     readonly y: number,
 *   ) {}
 * }
 * registerClass(Point);
 *
 * const arrived = structuredClone(toShared(new Point(3, 4))); // what postMessage does
 * console.log(fromShared(arrived));   // Point { x: 3, y: 4 }
 * ```
 */
export function registerClass<T extends object, S = unknown>(
  constructor: new (...args: never[]) => T,
  codec: ClassCodec<T, S> = {},
  name: string = constructor.name,
): void {
  // The own properties of an error are not all there is of it.
  if (constructor.prototype instanceof Error && !codec.toState && !codec.fromState) {
    registerErrorClass(constructor as never);
    return;
  }
  const { byName, byPrototype } = registry();
  const known = byName.get(name);
  if (known && known.constructor !== constructor) {
    throw new TransferError(`another class is registered as ${name}; give one of them a name of its own`);
  }
  byName.set(name, { constructor, codec: codec as unknown as ClassCodec<object, unknown> });
  byPrototype.set(constructor.prototype as object, name);
}

/** The name under which the instance's class is registered. @internal */
export function registeredName(instance: object): string | undefined {
  const prototype = Object.getPrototypeOf(instance) as object | null;
  return prototype === null ? undefined : registry().byPrototype.get(prototype);
}

export function instanceState(instance: object, name: string): unknown {
  const { toState } = registry().byName.get(name)!.codec;
  return toState ? toState(instance) : { ...instance };
}

/**
 * What the class has registered to make an instance from a state, if anything.
 *
 * @throws TransferError if this thread does not know the class
 */
export function reviverOf(name: string): ((state: unknown) => object) | undefined {
  return entryOf(name).codec.fromState;
}

/** An instance without properties, to be filled with `fillInstance`. Its constructor is not called. */
export function blankInstance(name: string): object {
  return Object.create(entryOf(name).constructor.prototype as object) as object;
}

/** Gives an instance the own properties of its state. */
export function fillInstance(instance: object, state: unknown): void {
  if (typeof state !== 'object' || state === null) {
    throw new LayoutError('the message is damaged: an instance without properties');
  }
  for (const [key, value] of Object.entries(state)) {
    Object.defineProperty(instance, key, { value, writable: true, enumerable: true, configurable: true });
  }
}

function entryOf(name: string): Entry {
  const entry = registry().byName.get(name);
  if (entry) return entry;
  throw new TransferError(`this thread does not know the class ${name}; call registerClass(${name}) in it`);
}
