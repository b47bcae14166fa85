/**
 * The table of targets: each function is described once, in shared memory, and tasks name it by number. So are the keys of
 * arguments (records.ts).
 *
 * The description is appended to a log and published by the table's entry. A thread that is killed before that
 * leaves a number that nobody uses.
 */
import { LayoutError, ShutdownError, TargetError, type TargetReference } from '@x/core';
import { decodeBytes, encodeBytes } from '@x/core/bytes';
import { Atomics } from '@x/core/seam';
import { LOG_BASE, LOG_WORD, TABLE_BASE, TARGETS_WORD } from './layout.js';
import type { Pool } from './pool.js';
import { LOG_BYTES, MAX_TARGETS } from './sizes.js';

/** This thread's numbers for targets of one pool. */
export class TargetNumbers {
  readonly #pool: Pool;
  readonly #byReference = new Map<TargetReference, number>();
  /** Functions made anew for every task have texts that are equal; so they are one target. */
  readonly #byText = new Map<string, number>();

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /**
   * The number by which workers know the target.
   *
   * @throws ShutdownError when the table is full
   */
  numberOf(reference: TargetReference): number {
    return this.#byReference.get(reference) ?? this.#describe(reference);
  }

  #describe(reference: TargetReference): number {
    const text = JSON.stringify(reference);
    let number = this.#byText.get(text);
    if (number === undefined) {
      number = this.#append(reference);
      this.#byText.set(text, number);
    }
    // Bounded: a program that makes a function for each task must not fill this thread's memory with them.
    if (this.#byReference.size >= MAX_TARGETS) this.#byReference.clear();
    this.#byReference.set(reference, number);
    return number;
  }

  #append(reference: TargetReference): number {
    const number = append(this.#pool, encodeBytes(reference, 'target'));
    if (number !== undefined) return number;
    throw new ShutdownError(
      'the table of this executor is full of functions that differ, and has no room to describe another one; ' +
        'make the functions differ in their arguments instead of their text, or use a new executor',
    );
  }
}

/** The number of a list of keys that is described now. Undefined if the table is half full: the rest is for functions. */
export function numberOfKeys(pool: Pool, keys: readonly string[]): number | undefined {
  const { words } = pool;
  const encoded = encodeBytes(keys, 'keys');
  const used = Atomics.load(words, LOG_WORD) + encoded.length;
  if (used > LOG_BYTES / 2 || Atomics.load(words, TARGETS_WORD) > MAX_TARGETS / 2) return undefined;
  return append(pool, encoded);
}

function append({ words, bytes }: Pool, encoded: Uint8Array): number | undefined {
  let start: number;
  // What has no room takes none: something smaller may still have.
  do {
    start = Atomics.load(words, LOG_WORD);
    if (start + encoded.length > LOG_BYTES || Atomics.load(words, TARGETS_WORD) >= MAX_TARGETS)
      return undefined;
  } while (Atomics.compareExchange(words, LOG_WORD, start, start + encoded.length) !== start);
  const number = Atomics.add(words, TARGETS_WORD, 1);
  if (number >= MAX_TARGETS) return undefined;
  bytes.set(encoded, LOG_BASE + start);
  words[TABLE_BASE + number * 2 + 1] = encoded.length;
  // Publishes the bytes and the length.
  Atomics.store(words, TABLE_BASE + number * 2, start + 1);
  return number;
}

/** The reference of a number that a task has named. */
export function readTarget(pool: Pool, number: number): TargetReference {
  return read(pool, number) as TargetReference;
}

/** The keys of a number that a task has named. */
export function readKeys(pool: Pool, number: number): readonly string[] {
  const keys = read(pool, number);
  if (!Array.isArray(keys)) throw new LayoutError("the executor's memory is damaged: a list of keys is none");
  return keys.map(String);
}

function read({ words, bytes }: Pool, number: number): unknown {
  const start = Atomics.load(words, TABLE_BASE + number * 2) - 1;
  if (start < 0) throw new TargetError(`no function has the number ${number} in this executor`);
  const length = words[TABLE_BASE + number * 2 + 1]!;
  return decodeBytes(bytes.subarray(LOG_BASE + start, LOG_BASE + start + length));
}
