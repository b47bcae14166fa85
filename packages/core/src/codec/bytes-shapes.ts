/**
 * Lists of keys that are met again from message to message.
 *
 * A writer keeps the bytes of each, and a reader finds the list by these bytes, whole. So neither looks at single
 * keys any more. A list that a reader meets often gets a function of its own that makes such objects, as an object
 * literal would: several times as fast as adding one property after the other. Both keep a bounded number.
 */
import { makeFunction } from '../runtime/make-function.js';

/** A list with more keys, or more bytes, is not kept: it is rather that of a map than that of a record. */
export const KEPT_KEYS = 64;
export const KEPT_BYTES = 1024;
const WRITTEN = 32;

/** A list of keys as a writer knows it. */
export interface WrittenShape {
  readonly keys: readonly string[];
  /** What the reader gets of it: the number of keys, and the keys. */
  readonly block: Uint8Array;
  /** One of the keys is the mark of `encode`. */
  readonly marked: boolean;
  /** The message that has it with a number, and that number. */
  message: number;
  number: number;
}

/** The lists of a writer. */
export class ShapeBook {
  readonly #shapes: WrittenShape[] = [];
  #next = 0;

  find(keys: readonly string[]): WrittenShape | undefined {
    for (const shape of this.#shapes) if (areSame(shape.keys, keys)) return shape;
    return undefined;
  }

  keep(shape: WrittenShape): void {
    this.#shapes[this.#next] = shape;
    this.#next = (this.#next + 1) % WRITTEN;
  }
}

function areSame(one: readonly string[], other: readonly string[]): boolean {
  const { length } = one;
  if (length !== other.length) return false;
  for (let index = 0; index < length; index++) if (one[index] !== other[index]) return false;
  return true;
}

/** What a made function needs of the reader. */
export interface Values {
  /** The next value. */
  value(): unknown;
  /** Gives an object its number. */
  keep<T extends object>(object: T): T;
}

type Make = (values: Values) => object;

/** A list of keys as a reader knows it. */
export interface Shape {
  readonly keys: readonly string[];
  /** Makes an object from the values that come next. */
  make: Make | undefined;
  /** How often it has to be met before it gets a function of its own. */
  left: number;
}

interface Entry {
  readonly block: Uint8Array;
  readonly shape: Shape;
}

const BUCKETS = 256;
const WAYS = 4;
const MET_OFTEN = 32;
const buckets: (Entry[] | undefined)[] = [];

/** The list whose bytes are those, if it was met before. */
export function knownShape(bytes: Uint8Array, start: number, end: number): Shape | undefined {
  const entries = buckets[bucketOf(bytes, start, end)];
  if (entries === undefined) return undefined;
  for (const { block, shape } of entries) if (isThere(block, bytes, start, end)) return shape;
  return undefined;
}

/** Keeps the list that those bytes were read as. */
export function learnShape(bytes: Uint8Array, start: number, end: number, keys: readonly string[]): Shape {
  const shape = shapeOf(keys, MET_OFTEN);
  if (end - start > KEPT_BYTES) return shape;
  const entries = (buckets[bucketOf(bytes, start, end)] ??= []);
  // The oldest goes: whoever sends one list after the other only ever replaces them.
  if (entries.length === WAYS) entries.shift();
  entries.push({ block: bytes.slice(start, end), shape });
  return shape;
}

/** A list that is not kept. */
export function shapeOf(keys: readonly string[], left = Infinity): Shape {
  return { keys, make: undefined, left };
}

/** Counts that the list was met; the function for it, once there is one. */
export function makerOf(shape: Shape): Make | undefined {
  if (shape.make !== undefined || --shape.left !== 0) return shape.make;
  const { keys } = shape;
  // In a literal this one would be the prototype.
  if (keys.includes('__proto__')) return undefined;
  const names = keys.map((key) => JSON.stringify(key));
  const literal = names.map((name) => `${name}:undefined`).join();
  const stores = names.map((name) => `o[${name}]=v.value();`).join('');
  return (shape.make = makeFunction('v', `const o=v.keep({${literal}});${stores}return o`) as
    Make | undefined);
}

function bucketOf(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start;
  let hash = length;
  // Some of the bytes are enough: the comparison decides.
  const step = 1 + (length >> 4);
  for (let at = end - 1; at >= start; at -= step) hash = (Math.imul(hash, 31) + bytes[at]!) | 0;
  return (hash ^ (hash >>> 8)) & (BUCKETS - 1);
}

function isThere(block: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  const { length } = block;
  if (end - start !== length) return false;
  for (let index = 0; index < length; index++) if (block[index] !== bytes[start + index]) return false;
  return true;
}
