/**
 * Large typed arrays, as they are: one copy into shared memory, one copy out of it. The general format would copy
 * them twice on each side.
 */

import { allocate, copy } from '@x/core';
import type { Pieces } from '@x/core/bytes';

/** Below this many bytes the general format is as good. */
const RAW_MIN_BYTES = 4096;

/** A typed array that is all there is of its buffer. */
export type RawView = Uint8Array | Float64Array;

const TYPES: readonly (new (buffer: ArrayBuffer) => object)[] = [
  Uint8Array,
  Int8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
];
const numbers = new Map<object, number>(TYPES.map((type, number) => [type.prototype as object, number]));

/** The number of the array's type, or -1 if the value is none that is worth it. */
export function rawType(value: unknown): number {
  if (typeof value !== 'object' || value === null || !ArrayBuffer.isView(value)) return -1;
  const { buffer, byteLength } = value;
  if (byteLength < RAW_MIN_BYTES || byteLength !== buffer.byteLength || !(buffer instanceof ArrayBuffer))
    return -1;
  // What may change its size is more than its bytes.
  if ((buffer as { resizable?: boolean }).resizable === true) return -1;
  return numbers.get(Object.getPrototypeOf(value) as object) ?? -1;
}

/** Copies the array's bytes to the beginning of a shelf. */
export function writeRaw(shelf: Uint8Array, view: RawView): void {
  copy(shelf, 0, new Uint8Array(view.buffer));
}

/** Makes an array of its own from the first bytes of a shelf. */
export function readRaw(shelf: Uint8Array, length: number, type: number): unknown {
  // Written over below before anybody sees it.
  const buffer = allocate(length);
  copy(new Uint8Array(buffer), 0, shelf.subarray(0, length));
  return new (TYPES[type] ?? Uint8Array)(buffer);
}

/** Copies bytes into shared memory. For a few, a loop is cheaper than a call into the engine. */
export function copyInto(target: Uint8Array, start: number, bytes: Uint8Array): void {
  const { length } = bytes;
  if (length > 64) {
    target.set(bytes, start);
    return;
  }
  for (let i = 0; i < length; i++) target[start + i] = bytes[i]!;
}

/** Copies an encoded value to the beginning of a shelf. */
export function putInto(shelf: Uint8Array, encoded: Uint8Array | Pieces): void {
  if (encoded instanceof Uint8Array) shelf.set(encoded);
  else encoded.copyTo(shelf);
}
