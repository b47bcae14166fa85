/**
 * Lowest priority first, equal ones in the order in which they came: a binary heap of references.
 *
 * ```text
 * words of an item's block
 * 2–3   the priority, if it is a number; its length in code units, if it is a string
 * 4–5   how many items came before it, low and high word
 * 6…    a string's code units, two to a word, up to a multiple of eight bytes
 * ```
 */
import { describe, TransferError } from '@x/core';
import type { Blocks } from './blocks.js';
import { peek, read } from './items.js';
import type { Journal } from './journal.js';
import { ARRIVALS_WORD, INDEX_WORD, ORDERING_WORD } from './layout.js';
import type { Order, Rank } from './order.js';

/** Negative if the first item is to leave before the second, as for `Array.prototype.sort`. */
export type Compare = (first: unknown, second: unknown) => unknown;

/** What ORDERING says of the priorities in the queue. */
const Ordering = { UNKNOWN: 0, NUMBERS: 1, STRINGS: 2, COMPARE: 3 } as const;

const HEAD_WORDS = 6;
const RANK_WORD = 2;
const ARRIVAL_WORD = 4;

/**
 * The priority of an item: itself, or the first of a pair.
 *
 * @throws TypeError if it is neither a number nor a string, or NaN
 */
export function priorityOf(item: unknown): number | string {
  const priority: unknown = Array.isArray(item) ? item[0] : item;
  if (typeof priority === 'string' || (typeof priority === 'number' && !Number.isNaN(priority)))
    return priority;
  const what = Number.isNaN(priority) ? 'NaN' : describe(priority);
  throw new TypeError(
    `a priority must be a number or a string, got ${what}; put [priority, item], or give { compare }`,
  );
}

export class PriorityOrder implements Order {
  readonly #blocks: Blocks;
  readonly #journal: Journal;
  readonly #compare: Compare | undefined;

  constructor(blocks: Blocks, journal: Journal, compare: Compare | undefined) {
    this.#blocks = blocks;
    this.#journal = journal;
    this.#compare = compare;
  }

  headWords(rank: Rank): number {
    return HEAD_WORDS + (this.#compare === undefined && typeof rank === 'string' ? keyWords(rank.length) : 0);
  }

  headWordsIn(block: number): number {
    const { words } = this.#blocks;
    return HEAD_WORDS + (words[ORDERING_WORD] === Ordering.STRINGS ? keyWords(words[block + RANK_WORD]!) : 0);
  }

  admit(rank: Rank, size: number): void {
    const present = this.#blocks.words[ORDERING_WORD]!;
    const own = this.#compare
      ? Ordering.COMPARE
      : typeof rank === 'string'
        ? Ordering.STRINGS
        : Ordering.NUMBERS;
    if (present === own) return;
    if (size > 0) {
      throw new TypeError(
        `a priority that is a ${typeof rank} cannot be compared with those in the queue; use one type, or give { compare }`,
      );
    }
    this.#journal.set(ORDERING_WORD, own);
  }

  writeHead(block: number, rank: Rank): void {
    const { words, floats } = this.#blocks;
    if (this.#compare === undefined) {
      if (typeof rank === 'string') {
        words[block + RANK_WORD] = rank.length;
        const units = new Uint16Array(words.buffer, words.byteOffset + (block + HEAD_WORDS) * 4, rank.length);
        for (let at = 0; at < rank.length; at++) units[at] = rank.charCodeAt(at);
      } else {
        floats[(block + RANK_WORD) >> 1] = rank as number;
      }
    }
    const low = words[ARRIVALS_WORD]!;
    const high = words[ARRIVALS_WORD + 1]!;
    words[block + ARRIVAL_WORD] = low;
    words[block + ARRIVAL_WORD + 1] = high;
    this.#journal.set(ARRIVALS_WORD, (low + 1) | 0);
    if (low === -1) this.#journal.set(ARRIVALS_WORD + 1, high + 1);
  }

  add(reference: number, size: number, rank: Rank): void {
    const { words } = this.#blocks;
    const index = this.#journal.read(INDEX_WORD);
    let hole = size;
    while (hole > 0) {
      const parent = (hole - 1) >> 1;
      const above = words[index + parent]!;
      if (!this.#before(reference, above, rank, undefined)) break;
      this.#journal.set(index + hole, above);
      hole = parent;
    }
    this.#journal.set(index + hole, reference);
  }

  next(size: number): number {
    const { words } = this.#blocks;
    const index = words[INDEX_WORD]!;
    const first = words[index]!;
    const left = size - 1;
    if (left === 0) return first;
    // The last one fills the hole; entries below the hole have not been changed yet, so they can be read.
    const last = words[index + left]!;
    const item = this.#compare && this.#item(last);
    let hole = 0;
    for (;;) {
      let child = hole * 2 + 1;
      if (child >= left) break;
      if (
        child + 1 < left &&
        this.#before(words[index + child + 1]!, words[index + child]!, undefined, undefined)
      )
        child++;
      if (!this.#before(words[index + child]!, last, undefined, item)) break;
      this.#journal.set(index + hole, words[index + child]!);
      hole = child;
    }
    this.#journal.set(index + hole, last);
    return first;
  }

  any(size: number): number {
    const { words } = this.#blocks;
    return words[words[INDEX_WORD]! + size - 1]!;
  }

  /** Whether the first is to leave before the second. For `compare`, items that are decoded already may be given. */
  #before(first: number, second: number, firstItem: unknown, secondItem: unknown): boolean {
    const { words } = this.#blocks;
    const difference = this.#compare
      ? this.#ask(this.#compare, firstItem ?? this.#item(first), secondItem ?? this.#item(second))
      : words[ORDERING_WORD] === Ordering.STRINGS
        ? this.#compareStrings(first, second)
        : this.#compareNumbers(first, second);
    if (difference !== 0) return difference < 0;
    const high = words[first + ARRIVAL_WORD + 1]! - words[second + ARRIVAL_WORD + 1]!;
    return high !== 0 ? high < 0 : words[first + ARRIVAL_WORD]! >>> 0 < words[second + ARRIVAL_WORD]! >>> 0;
  }

  #ask(compare: Compare, first: unknown, second: unknown): number {
    const difference = compare(first, second);
    if (typeof difference !== 'number' || Number.isNaN(difference)) {
      throw new TypeError(
        `compare must return a number, got ${Number.isNaN(difference) ? 'NaN' : describe(difference)}`,
      );
    }
    return difference;
  }

  #compareNumbers(first: number, second: number): number {
    const { floats } = this.#blocks;
    const [a, b] = [floats[(first + RANK_WORD) >> 1]!, floats[(second + RANK_WORD) >> 1]!];
    // Not the difference: that of two infinities is NaN.
    return a < b ? -1 : a > b ? 1 : 0;
  }

  #compareStrings(first: number, second: number): number {
    const { words, bytes } = this.#blocks;
    const [a, b] = [words[first + RANK_WORD]!, words[second + RANK_WORD]!];
    const [from, to] = [(first + HEAD_WORDS) * 4, (second + HEAD_WORDS) * 4];
    for (let at = 0; at < Math.min(a, b) * 2; at += 2) {
      const difference =
        (bytes[from + at]! | (bytes[from + at + 1]! << 8)) - (bytes[to + at]! | (bytes[to + at + 1]! << 8));
      if (difference !== 0) return difference;
    }
    return a - b;
  }

  #item(block: number): unknown {
    try {
      return peek(read(this.#blocks, block, block + this.headWordsIn(block)));
    } catch (cause) {
      throw new TransferError(
        'an item in the queue cannot be decoded here, so it cannot be compared; import what it needs',
        {
          cause,
        },
      );
    }
  }
}

/** Words that the code units of a string take; a multiple of two, so that what follows stays aligned. */
function keyWords(length: number): number {
  return ((length + 3) >> 2) * 2;
}
