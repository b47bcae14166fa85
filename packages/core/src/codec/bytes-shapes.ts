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
  /** A bit for each of the first keys whose value has been a wide string. */
  wide: number;
  /** The keys of the object that came after one with these. */
  next: WrittenShape | undefined;
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
    const gone = this.#shapes[this.#next];
    // So that no chain of them is held by its first.
    if (gone !== undefined) gone.next = undefined;
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
  /** The bytes that it was read from, if it is kept. */
  readonly block: Uint8Array | undefined;
  /** The same, four at a time, without those that are left over. */
  readonly words: Int32Array;
  /** Makes an object from the values that come next. */
  make: Make | undefined;
  /** How often it has to be met before it gets a function of its own. */
  left: number;
  /** The list that came after this one in the message before. */
  next: Shape | undefined;
}

const BUCKETS = 256;
const WAYS = 4;
const MET_OFTEN = 32;
const buckets: (Shape[] | undefined)[] = [];
const NO_BYTES = /* @__PURE__ */ new Uint8Array(0);

/** The list whose bytes are those, if it was met before. */
export function knownShape(
  bytes: Uint8Array,
  view: DataView,
  start: number,
  length: number,
): Shape | undefined {
  const shapes = buckets[bucketOf(bytes, start, length)];
  if (shapes === undefined) return undefined;
  for (const shape of shapes) if (isThere(shape, bytes, view, start, length)) return shape;
  return undefined;
}

/** Keeps the list that those bytes were read as. */
export function learnShape(bytes: Uint8Array, start: number, length: number, keys: readonly string[]): Shape {
  if (length > KEPT_BYTES) return shapeOf(keys, MET_OFTEN);
  const shapes = (buckets[bucketOf(bytes, start, length)] ??= []);
  // The oldest goes: whoever sends one list after the other only ever replaces them.
  if (shapes.length === WAYS) shapes.shift()!.next = undefined;
  const shape = shapeOf(keys, MET_OFTEN, bytes.slice(start, start + length));
  shapes.push(shape);
  return shape;
}

/** A list that is not kept. */
export function shapeOf(keys: readonly string[], left = Infinity, block?: Uint8Array): Shape {
  return { keys, block, words: wordsOf(block), make: undefined, left, next: undefined };
}

function wordsOf(block: Uint8Array = NO_BYTES): Int32Array {
  const view = new DataView(block.buffer);
  return Int32Array.from({ length: block.length >> 2 }, (_, index) => view.getInt32(index * 4, true));
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

function bucketOf(bytes: Uint8Array, start: number, length: number): number {
  let hash = length;
  // Some of the bytes are enough: the comparison decides.
  const step = 1 + (length >> 4);
  for (let at = start + length - 1; at >= start; at -= step) hash = (Math.imul(hash, 31) + bytes[at]!) | 0;
  return (hash ^ (hash >>> 8)) & (BUCKETS - 1);
}

/** Whether the bytes are those of the list. */
export function isThere(
  { block, words }: Shape,
  bytes: Uint8Array,
  view: DataView,
  start: number,
  length: number,
): boolean {
  if (block?.length !== length) return false;
  // Byte by byte this would be a tenth of the time that a message takes.
  const count = words.length;
  for (let index = 0; index < count; index++)
    if (view.getInt32(start + index * 4, true) !== words[index]) return false;
  for (let index = count * 4; index < length; index++)
    if (block[index] !== bytes[start + index]) return false;
  return true;
}
