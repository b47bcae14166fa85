/** What a queue is made from: its options, and the memory in which it is to live. */
import { describe, isPlace, LayoutError, type MemoryOptions, type MemoryShape, type Place } from '@x/core';
import { growableMemory, limitOf } from './blocks.js';
import { QUEUE_BYTES } from './layout.js';

/** Options of a queue. */
export interface QueueOptions extends MemoryOptions {
  /** How much of `buffer` the queue may use; a multiple of 16. Default: `BYTES`, which is room for some thirty small items. */
  readonly bytes?: number | undefined;
}

/** How `shutdown` goes about it. */
export interface ShutdownOptions {
  /** Also drops the items that are in the queue. Default: false. */
  readonly immediate?: boolean | undefined;
}

const MAXSIZE_MAX = 2 ** 31 - 1;

/** Throws for what cannot be the most items of a queue. */
export function checkMaxsize(maxsize: number): void {
  if (typeof maxsize !== 'number') throw new TypeError(`maxsize must be a number, got ${describe(maxsize)}`);
  if (!Number.isInteger(maxsize) || maxsize > MAXSIZE_MAX) {
    throw new RangeError(
      `maxsize must be a whole number up to ${MAXSIZE_MAX}, got ${maxsize}; 0 is without a bound`,
    );
  }
}

interface Dwelling {
  readonly place: MemoryOptions | Place;
  /** In words. */
  readonly capacity: number;
  readonly limit: number;
}

/** Where the queue is to live. */
export function memoryFor(shape: MemoryShape, options: QueueOptions | Place): Dwelling {
  if (isPlace(options)) return { place: options, capacity: 0, limit: 0 };
  const { buffer, byteOffset = 0, bytes } = options;
  if (buffer === undefined) {
    if (bytes !== undefined || byteOffset !== 0) throw new TypeError('bytes and byteOffset need a buffer');
    const own = growableMemory();
    return { place: { ...options, buffer: own }, capacity: QUEUE_BYTES >> 2, limit: limitOf(own) / 4 };
  }
  const size = bytes ?? QUEUE_BYTES;
  if (!Number.isSafeInteger(size) || size < QUEUE_BYTES || size > 2 ** 32 || size % 16 !== 0) {
    throw new RangeError(`bytes must be a multiple of 16 from ${QUEUE_BYTES} to 4 GiB, got ${String(size)}`);
  }
  // What is no buffer at all is for the base class to refuse.
  if (buffer instanceof SharedArrayBuffer && byteOffset + size > buffer.byteLength) {
    throw new LayoutError(
      `a ${shape.name} needs ${size} bytes, the buffer has ${Math.max(0, buffer.byteLength - byteOffset)} from byteOffset ${byteOffset}`,
    );
  }
  return { place: options, capacity: size / 4, limit: size / 4 };
}
