/**
 * Where the bytes of a shared value lie: two places, of which VERSION names the one that counts.
 *
 * Invariants:
 * - V1. The place that VERSION names, and its bytes, never change. A writer, who has the lock, writes bytes
 *   where the present value is not, notes them in the other place, and then raises VERSION: one store makes
 *   the change, so a writer that is killed has changed everything or nothing.
 * - V2. So a reader needs no lock: bytes that it has copied are whole if VERSION is still the same afterwards.
 *
 * A value goes to the beginning of the heap if the present one leaves room there, else behind that.
 * Then no value of MAX bytes ever needs more than a heap of three times MAX: one is put behind another
 * only if that begins below MAX.
 */
import { describe, TransferError, type Memory } from '@x/core/primitives';
import { Atomics } from '@x/core/seam';
import { HEAP_BYTES_OFFSET, MAX_WORD, placeOf, VERSION_WORD } from './layout.js';

/** Bytes that the heap may come to need, for values of so many bytes. */
export function heapFor(maxBytes: number): number {
  return maxBytes * 3;
}

/** A view of the memory that grows with it. */
function bytesOf({ buffer, byteOffset }: Memory, start: number, length: number): Uint8Array {
  return new Uint8Array(buffer, byteOffset + HEAP_BYTES_OFFSET + start, length);
}

/** The present version. */
export function versionOf({ words }: Memory): number {
  return Atomics.load(words, VERSION_WORD);
}

/** The bytes of a version; undefined if it is not the present one any more. */
export function readVersion(memory: Memory, version: number): Uint8Array | undefined {
  const { words } = memory;
  const place = placeOf(version);
  const [offset, length] = [Atomics.load(words, place), Atomics.load(words, place + 1)];
  // Before they are used: these two may be of different versions.
  if (versionOf(memory) !== version) return undefined;
  const copy = bytesOf(memory, offset, length).slice();
  return versionOf(memory) === version ? copy : undefined;
}

/** Makes these bytes the value. The caller has the lock. Returns the bytes of the former value. */
export function writeVersion(memory: Memory, bytes: Uint8Array): Uint8Array {
  const { words } = memory;
  checkLength(words, bytes);
  const version = versionOf(memory);
  const from = placeOf(version);
  const [start, length] = [words[from]!, words[from + 1]!];
  const target = bytes.length <= start ? 0 : start + length;
  const former = bytesOf(memory, start, length).slice();
  makeRoom(memory, target + bytes.length);
  bytesOf(memory, target, bytes.length).set(bytes);
  const to = placeOf(version + 1);
  Atomics.store(words, to, target);
  Atomics.store(words, to + 1, bytes.length);
  // Publishes: whoever reads this VERSION sees the place and the bytes, which were written before.
  Atomics.store(words, VERSION_WORD, version + 1);
  return former;
}

/** Puts the first value there, before anybody else can see the memory. */
export function writeFirst(
  memory: Pick<Memory, 'buffer' | 'byteOffset'>,
  words: Int32Array,
  bytes: Uint8Array,
): void {
  new Uint8Array(memory.buffer, memory.byteOffset + HEAP_BYTES_OFFSET, bytes.length).set(bytes);
  words[placeOf(0)] = 0;
  words[placeOf(0) + 1] = bytes.length;
}

function checkLength(words: Int32Array, bytes: Uint8Array): void {
  const max = words[MAX_WORD]!;
  if (bytes.length > max) throw tooLarge(bytes.length, max);
}

/** Says that a value does not fit. */
export function tooLarge(length: number, max: number): TransferError {
  return new TransferError(
    `the value takes ${length} bytes, and this shared value holds ${max}; make it with a larger maxBytes`,
  );
}

function makeRoom({ buffer, byteOffset }: Memory, length: number): void {
  const needed = byteOffset + HEAP_BYTES_OFFSET + length;
  if (needed <= buffer.byteLength) return;
  // Twice as much at least, so that a value that grows step by step grows the memory rarely.
  buffer.grow(Math.min(buffer.maxByteLength, Math.max(needed, buffer.byteLength * 2)));
}

/** Memory for a value that has `length` bytes now and may come to have `maxBytes`. */
export function growableMemory(length: number, maxBytes: number): SharedArrayBuffer {
  const maxByteLength = HEAP_BYTES_OFFSET + heapFor(maxBytes);
  // Where buffers cannot grow (Firefox before 128), everything is set aside at once.
  if (!('grow' in SharedArrayBuffer.prototype)) return new SharedArrayBuffer(maxByteLength);
  return new SharedArrayBuffer(HEAP_BYTES_OFFSET + length, { maxByteLength });
}

/** `maxBytes`, checked. */
export function checkMaxBytes(maxBytes: unknown): number {
  if (typeof maxBytes !== 'number')
    throw new TypeError(`maxBytes must be a number, got ${describe(maxBytes)}`);
  if (!Number.isInteger(maxBytes) || maxBytes < 1 || maxBytes > 2 ** 29) {
    throw new RangeError(`maxBytes must be a whole number from 1 to ${2 ** 29}, got ${maxBytes}`);
  }
  return maxBytes;
}
