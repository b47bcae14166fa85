/**
 * Blocks of memory within the queue, in size classes with a list of free blocks each.
 *
 * Classes are 16, 32 … 128 bytes, then four to each doubling, so that at most a fifth of a block is
 * unused. A free block's first word is the next free block of its class, or 0. What is freed is used
 * again; memory is given back only when the queue is. An empty queue that finds no block in spite of
 * that forgets all its blocks and begins anew, so blocks of other sizes never keep one item out for ever.
 */
import { Atomics } from '@x/core/seam';
import type { Journal } from './journal.js';
import {
  BLOCKS_WORD,
  CAPACITY_WORD,
  CLASSES,
  FREE_WORD,
  INDEX_SIZE_WORD,
  INDEX_WORD,
  LIMIT_WORD,
  QUEUE_BYTES,
  TOP_WORD,
} from './layout.js';

const UNIT_BYTES = 16;
const EXACT_CLASSES = 8;
/** The most that one queue can hold; engines refuse larger buffers. */
const MAXIMA_BYTES = [2 ** 32, 2 ** 30, 2 ** 26, 2 ** 22];

/** The options are newer than the declarations that this compiles against. */
const GrowableBuffer = SharedArrayBuffer as unknown as new (
  length: number,
  options: { maxByteLength: number },
) => SharedArrayBuffer;

/** Memory that grows up to 4 GiB where the engine allows it; what is not used costs only addresses. */
export function growableMemory(): SharedArrayBuffer {
  for (const maxByteLength of MAXIMA_BYTES) {
    try {
      return new GrowableBuffer(QUEUE_BYTES, { maxByteLength });
    } catch (error) {
      // Too much for this process; a smaller one may do.
      if (!(error instanceof RangeError)) throw error;
    }
  }
  return new SharedArrayBuffer(QUEUE_BYTES);
}

/** Bytes to which memory made by `growableMemory` may grow. */
export function limitOf(buffer: SharedArrayBuffer): number {
  return (buffer as { maxByteLength?: number }).maxByteLength ?? buffer.byteLength;
}

/** The class of blocks that hold so many bytes. */
export function classOf(bytes: number): number {
  const units = Math.max(1, Math.ceil(bytes / UNIT_BYTES));
  if (units <= EXACT_CLASSES) return units - 1;
  // 2^doubling < units <= 2^(doubling + 1), in four steps.
  const doubling = 31 - Math.clz32(units - 1);
  const step = Math.ceil(units / 2 ** (doubling - 2)) - 4;
  return EXACT_CLASSES + (doubling - 3) * 4 + step - 1;
}

/** Bytes of a block of the class. */
export function bytesOf(sizeClass: number): number {
  if (sizeClass < EXACT_CLASSES) return (sizeClass + 1) * UNIT_BYTES;
  const above = sizeClass - EXACT_CLASSES;
  return (5 + (above & 3)) * 2 ** ((above >> 2) + 1) * UNIT_BYTES;
}

/** This thread's views of a queue's memory, and what gives out blocks of it. Used inside the latch only. */
export class Blocks {
  words!: Int32Array;
  floats!: Float64Array;
  bytes!: Uint8Array;
  readonly #buffer: SharedArrayBuffer;
  readonly #byteOffset: number;
  readonly #journal: Journal;
  #capacity = 0;

  constructor(buffer: SharedArrayBuffer, byteOffset: number, header: Int32Array, journal: Journal) {
    this.#buffer = buffer;
    this.#byteOffset = byteOffset;
    this.#journal = journal;
    this.#view(Atomics.load(header, CAPACITY_WORD));
  }

  /** Looks whether another thread has made the queue larger. Views of fixed length are much faster than growing ones. */
  refresh(): void {
    const capacity = this.words[CAPACITY_WORD]!;
    if (capacity !== this.#capacity) this.#view(capacity);
  }

  /** Takes a block of the class: its first word, or 0 if there is no memory. The caller writes its first word by the journal. */
  take(sizeClass: number): number {
    const journal = this.#journal;
    const free = journal.read(FREE_WORD + sizeClass);
    if (free !== 0) {
      journal.set(FREE_WORD + sizeClass, this.words[free]!);
      return free;
    }
    return this.takeNew(sizeClass);
  }

  /** Takes a block that has never been free: also its first word may be written before the commit. */
  takeNew(sizeClass: number): number {
    const journal = this.#journal;
    const size = bytesOf(sizeClass) >>> 2;
    const top = journal.read(TOP_WORD);
    if (top + size > this.#capacity && !this.#grow(top + size)) return 0;
    journal.set(TOP_WORD, top + size);
    return top;
  }

  /** Takes a block of the class or a larger one, if memory is short. */
  takeAtLeast(sizeClass: number): { readonly block: number; readonly sizeClass: number } | undefined {
    for (let larger = sizeClass + 1; larger < CLASSES; larger++) {
      const free = this.#journal.read(FREE_WORD + larger);
      if (free === 0) continue;
      this.#journal.set(FREE_WORD + larger, this.words[free]!);
      return { block: free, sizeClass: larger };
    }
    return undefined;
  }

  /**
   * Frees a block. Nothing may be taken afterwards in the same operation: until the commit the block is
   * what it was, and what leads on from it stands in the log alone.
   */
  give(block: number, sizeClass: number): void {
    this.#journal.set(block, this.#journal.read(FREE_WORD + sizeClass));
    this.#journal.set(FREE_WORD + sizeClass, block);
  }

  /**
   * Forgets all blocks, when no item is left. Dying in the middle loses free blocks until the next
   * time, no more: the lists are emptied before TOP is set back.
   */
  reset(): void {
    this.words.fill(0, FREE_WORD, FREE_WORD + CLASSES);
    this.#journal.begin();
    this.#journal.set(TOP_WORD, BLOCKS_WORD);
    this.#journal.set(INDEX_WORD, 0);
    this.#journal.set(INDEX_SIZE_WORD, 0);
    this.#journal.commit();
  }

  /** Whether a block of so many bytes could ever be had. */
  couldHold(bytes: number): boolean {
    return BLOCKS_WORD * 4 + bytesOf(classOf(bytes)) + INDEX_MIN_BYTES <= this.words[LIMIT_WORD]! * 4;
  }

  #grow(needed: number): boolean {
    const limit = this.words[LIMIT_WORD]!;
    if (needed > limit) return false;
    const capacity = Math.min(limit, Math.max(needed, this.#capacity * 2));
    const length = this.#byteOffset + capacity * 4;
    try {
      // It may be larger than CAPACITY says, if a thread died right after it had grown it.
      if (this.#buffer.byteLength < length)
        (this.#buffer as unknown as { grow(length: number): void }).grow(length);
    } catch {
      // The machine has no more memory: the queue is full, as far as this item goes.
      return false;
    }
    Atomics.store(this.words, CAPACITY_WORD, capacity);
    this.#view(capacity);
    return true;
  }

  #view(capacity: number): void {
    this.#capacity = capacity;
    this.words = new Int32Array(this.#buffer, this.#byteOffset, capacity);
    this.floats = new Float64Array(this.#buffer, this.#byteOffset, capacity >> 1);
    this.bytes = new Uint8Array(this.#buffer, this.#byteOffset, capacity * 4);
    this.#journal.words = this.words;
  }
}

/** What the smallest array of references takes. */
export const INDEX_MIN_ENTRIES = 16;
const INDEX_MIN_BYTES = INDEX_MIN_ENTRIES * 4;
