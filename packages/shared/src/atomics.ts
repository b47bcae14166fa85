/**
 * Numbers with atomic operations: a name and a handle around the engine's own, which is the whole algorithm.
 *
 * ```text
 * word  name   meaning
 * 4     VALUE  the number; of an AtomicBigInt64 words 4 and 5
 * ```
 */
import {
  at,
  describe,
  HEADER_WORDS,
  Primitive,
  registerKind,
  type MemoryOptions,
  type Place,
  type Kind,
} from '@x/core/primitives';
import { Atomics } from '@x/core/seam';

const VALUE_WORD = HEADER_WORDS;
const ATOMIC_BYTES = (HEADER_WORDS + 2) * 4;

/**
 * A 32-bit integer that all threads change without losing anything. Sums wrap around, as in hardware.
 *
 * Each operation is one atomic instruction; whoever sees its effect also sees what was written before it.
 * Python has no counterpart; there a lock around a variable does this.
 *
 * @example
 * ```ts
 * import { AtomicInt32 } from '@x/shared';
 *
 * const hits = new AtomicInt32();
 * hits.add(2);
 * console.log(hits.sub(1), hits.load());   // 2 1
 * ```
 */
export class AtomicInt32 extends Primitive {
  /** Bytes that it needs in a buffer of yours. */
  static readonly BYTES: number = ATOMIC_BYTES;

  /**
   * Makes a number, or attaches to the one that is in `buffer` already, which then keeps its value.
   *
   * @throws TypeError, RangeError if `initial` is not a 32-bit integer; LayoutError if the memory is
   * misaligned, too small, or holds something else
   */
  constructor(initial = 0, options: MemoryOptions | Place = {}) {
    checkInt32(initial);
    super(INT32_KIND, options, (words) => {
      words[VALUE_WORD] = initial;
    });
  }

  /** Reads it. */
  load(): number {
    return Atomics.load(this.words, VALUE_WORD);
  }

  /** Writes it. Throws `TypeError` or `RangeError` if `value` is not a 32-bit integer, as do all methods below. */
  store(value: number): void {
    checkInt32(value);
    Atomics.store(this.words, VALUE_WORD, value);
  }

  /** Adds to it. Returns what it was before. */
  add(value: number): number {
    checkInt32(value);
    return Atomics.add(this.words, VALUE_WORD, value);
  }

  /** Subtracts from it. Returns what it was before. */
  sub(value: number): number {
    checkInt32(value);
    return Atomics.sub(this.words, VALUE_WORD, value);
  }

  /** Writes it. Returns what it was before. */
  exchange(value: number): number {
    checkInt32(value);
    return Atomics.exchange(this.words, VALUE_WORD, value);
  }

  /** Writes `value` if it is `expected`. Returns what it was before: `expected` if it was written. */
  compareExchange(expected: number, value: number): number {
    checkInt32(expected);
    checkInt32(value);
    return Atomics.compareExchange(this.words, VALUE_WORD, expected, value);
  }

  /** @internal */
  protected describeState(): string {
    return `value=${this.load()}`;
  }
}

/**
 * A 64-bit integer, as a `bigint`, that all threads change without losing anything. Sums wrap around.
 *
 * Otherwise as `AtomicInt32`, which is several times as fast.
 *
 * @example
 * ```ts
 * import { AtomicBigInt64 } from '@x/shared';
 *
 * const bytes = new AtomicBigInt64(2n ** 40n);
 * console.log(bytes.add(1n), bytes.load());   // 1099511627776n 1099511627777n
 * ```
 */
export class AtomicBigInt64 extends Primitive {
  /** Bytes that it needs in a buffer of yours. */
  static readonly BYTES: number = ATOMIC_BYTES;

  readonly #value: BigInt64Array;

  /**
   * Makes a number, or attaches to the one that is in `buffer` already, which then keeps its value.
   *
   * @throws TypeError, RangeError if `initial` is not a 64-bit integer; LayoutError if the memory is
   * misaligned, too small, or holds something else
   */
  constructor(initial = 0n, options: MemoryOptions | Place = {}) {
    checkInt64(initial);
    super(INT64_KIND, options, (words) => {
      new BigInt64Array(words.buffer, words.byteOffset + VALUE_WORD * 4, 1)[0] = initial;
    });
    this.#value = new BigInt64Array(this.memory.buffer, this.memory.byteOffset + VALUE_WORD * 4, 1);
  }

  /** Reads it. */
  load(): bigint {
    return Atomics.load(this.#value, 0);
  }

  /** Writes it. Throws `TypeError` or `RangeError` if `value` is not a 64-bit integer, as do all methods below. */
  store(value: bigint): void {
    checkInt64(value);
    Atomics.store(this.#value, 0, value);
  }

  /** Adds to it. Returns what it was before. */
  add(value: bigint): bigint {
    checkInt64(value);
    return Atomics.add(this.#value, 0, value);
  }

  /** Subtracts from it. Returns what it was before. */
  sub(value: bigint): bigint {
    checkInt64(value);
    return Atomics.sub(this.#value, 0, value);
  }

  /** Writes it. Returns what it was before. */
  exchange(value: bigint): bigint {
    checkInt64(value);
    return Atomics.exchange(this.#value, 0, value);
  }

  /** Writes `value` if it is `expected`. Returns what it was before: `expected` if it was written. */
  compareExchange(expected: bigint, value: bigint): bigint {
    checkInt64(expected);
    checkInt64(value);
    return Atomics.compareExchange(this.#value, 0, expected, value);
  }

  /** @internal */
  protected describeState(): string {
    return `value=${this.load()}`;
  }
}

function checkInt32(value: number): void {
  // The common case first, in one comparison; -0 passes, and is 0.
  if ((value | 0) === value) return;
  if (typeof value !== 'number') throw new TypeError(`a number is needed, got ${describe(value)}`);
  throw new RangeError(`${value} is not a 32-bit integer; use AtomicBigInt64 for larger ones`);
}

function checkInt64(value: bigint): void {
  if (typeof value !== 'bigint') throw new TypeError(`a bigint is needed, got ${describe(value)}; write 1n`);
  if (BigInt.asIntN(64, value) !== value) throw new RangeError(`${value} is not a 64-bit integer`);
}

/** How it travels; see `Kind`. @internal */
export const INT32_KIND: Kind = /* @__PURE__ */ registerKind<AtomicInt32>(() => ({
  kind: 13,
  name: 'AtomicInt32',
  version: 1,
  bytes: ATOMIC_BYTES,
  module: import.meta.url,
  revive: (memory, name) => new AtomicInt32(0, at(memory, name)),
}));

/** How it travels; see `Kind`. @internal */
export const INT64_KIND: Kind = /* @__PURE__ */ registerKind<AtomicBigInt64>(() => ({
  kind: 14,
  name: 'AtomicBigInt64',
  version: 1,
  bytes: ATOMIC_BYTES,
  module: import.meta.url,
  revive: (memory, name) => new AtomicBigInt64(0n, at(memory, name)),
}));
