/**
 * In which order items leave: what tells the three queues apart.
 *
 * All of them keep references to items, the first words of their blocks, in an array of INDEX_SIZE
 * entries that begins at INDEX. An order says where a reference goes and which one is next. It is
 * called inside the latch and changes what counts through the journal only.
 */
import { classOf, INDEX_MIN_ENTRIES, type Blocks } from './blocks.js';
import type { Journal } from './journal.js';
import { HEAD_WORD, INDEX_SIZE_WORD, INDEX_WORD } from './layout.js';

/** First word and length of the item; see items.ts. */
export const ITEM_HEAD_WORDS = 2;

export interface Order {
  /** Words before the item in its block: two of every item, then what the order keeps there. */
  headWords(rank: Rank): number;
  /** The same for an item that is in its block. */
  headWordsIn(block: number): number;
  /** Called before anything is taken for an item. Throws TypeError if it cannot be compared with those that are there. */
  admit(rank: Rank, size: number): void;
  /** Writes what the order keeps of an item, beyond the first two words. */
  writeHead(block: number, rank: Rank): void;
  /** Puts the reference in its place; there is room for it. `size` items are there already. */
  add(reference: number, size: number, rank: Rank): void;
  /** Takes out the reference that is next, of `size` > 0 items. */
  next(size: number): number;
  /** Takes out any reference, of `size` > 0 items. Calls nothing of the user's. */
  any(size: number): number;
}

/** What an order wants to know of an item on its way in: its priority, or the item itself. */
export type Rank = unknown;

/**
 * Makes sure that the array has room for one more. False if there is no memory for a larger one. The
 * old array counts until the commit; `freeOldIndex` gives it back once nothing more is taken.
 */
export function makeRoom(blocks: Blocks, journal: Journal, size: number): boolean {
  const entries = journal.read(INDEX_SIZE_WORD);
  if (size < entries) return true;
  const larger = Math.max(INDEX_MIN_ENTRIES, entries * 2);
  const block = blocks.takeNew(classOf(larger * 4));
  if (block === 0) return false;
  // Taken after `take`, which may have replaced the view.
  const { words } = blocks;
  const old = words[INDEX_WORD]!;
  const head = words[HEAD_WORD]!;
  // A ring is unrolled; in the other orders HEAD is always 0. The new block is nobody's yet.
  words.copyWithin(block, old + head, old + entries);
  words.copyWithin(block + entries - head, old, old + head);
  journal.set(INDEX_WORD, block);
  journal.set(INDEX_SIZE_WORD, larger);
  journal.set(HEAD_WORD, 0);
  return true;
}

/** Gives back the array that `makeRoom` has replaced in this operation, if it has. */
export function freeOldIndex(blocks: Blocks, journal: Journal): void {
  const old = blocks.words[INDEX_WORD]!;
  const entries = blocks.words[INDEX_SIZE_WORD]!;
  if (entries > 0 && journal.read(INDEX_WORD) !== old) blocks.give(old, classOf(entries * 4));
}

/** An order that goes by arrival, and needs to know nothing of the items. */
abstract class ByArrival implements Order {
  protected readonly blocks: Blocks;
  protected readonly journal: Journal;

  constructor(blocks: Blocks, journal: Journal) {
    this.blocks = blocks;
    this.journal = journal;
  }

  headWords(): number {
    return ITEM_HEAD_WORDS;
  }

  headWordsIn(): number {
    return ITEM_HEAD_WORDS;
  }

  admit(): void {
    // Any item will do.
  }

  writeHead(): void {
    // Nothing is kept.
  }

  abstract add(reference: number, size: number): void;
  abstract next(size: number): number;

  any(size: number): number {
    return this.next(size);
  }
}

/** First in, first out: a ring, whose first entry is HEAD. */
export class FifoOrder extends ByArrival {
  add(reference: number, size: number): void {
    const { journal } = this;
    const mask = journal.read(INDEX_SIZE_WORD) - 1;
    // Beyond the last item, so it does not count yet.
    this.blocks.words[journal.read(INDEX_WORD) + ((journal.read(HEAD_WORD) + size) & mask)] = reference;
  }

  next(): number {
    const { words } = this.blocks;
    const head = words[HEAD_WORD]!;
    this.journal.set(HEAD_WORD, (head + 1) & (words[INDEX_SIZE_WORD]! - 1));
    return words[words[INDEX_WORD]! + head]!;
  }
}

/** Last in, first out: a stack. */
export class LifoOrder extends ByArrival {
  add(reference: number, size: number): void {
    this.blocks.words[this.journal.read(INDEX_WORD) + size] = reference;
  }

  next(size: number): number {
    const { words } = this.blocks;
    return words[words[INDEX_WORD]! + size - 1]!;
  }
}
