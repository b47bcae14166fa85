/** Classes of the user that keep their prototype between threads. */
import { TransferError } from '../errors.js';

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

const byName = new Map<string, Entry>();
const byPrototype = new Map<object, string>();

/**
 * Lets instances of a class arrive as instances of that class. Call it in every thread that sends or
 * receives them: in a module that defines the class, for example. Without it they arrive as plain
 * objects, as structured clone makes them.
 *
 * @throws TransferError if another class is registered under that name
 */
export function registerClass<T extends object, S = unknown>(
  constructor: new (...args: never[]) => T,
  codec: ClassCodec<T, S> = {},
  name: string = constructor.name,
): void {
  const known = byName.get(name);
  if (known && known.constructor !== constructor) {
    throw new TransferError(`another class is registered as ${name}; give one of them a name of its own`);
  }
  byName.set(name, { constructor, codec: codec as unknown as ClassCodec<object, unknown> });
  byPrototype.set(constructor.prototype as object, name);
}

/** The name under which the instance's class is registered. */
export function registeredName(instance: object): string | undefined {
  const prototype = Object.getPrototypeOf(instance) as object | null;
  return prototype === null ? undefined : byPrototype.get(prototype);
}

export function instanceState(instance: object, name: string): unknown {
  const { toState } = byName.get(name)!.codec;
  return toState ? toState(instance) : { ...instance };
}

/** Throws `TransferError` if this thread does not know the class. */
export function reviveInstance(name: string, state: unknown): object {
  const entry = byName.get(name);
  if (!entry) throw new TransferError(`this thread does not know the class ${name}; call registerClass(${name}) in it`);
  if (entry.codec.fromState) return entry.codec.fromState(state);
  const instance = Object.create(entry.constructor.prototype as object) as object;
  for (const [key, value] of Object.entries(state as object)) {
    Object.defineProperty(instance, key, { value, writable: true, enumerable: true, configurable: true });
  }
  return instance;
}
