/**
 * The state machine under the three queues: what one attempt to put, to take, to mark done does.
 *
 * Everything happens inside the latch (latch.ts), and as a whole or not at all (journal.ts). Those who
 * have to wait do so outside, on the words ITEMS, SPACE and DONE, threads and event loops apart.
 *
 * Why no wake is lost, said of getters; for putters and joiners it is the same:
 * - Q1. A getter that finds nothing sets its bit in WAITING and reads ITEMS, both inside the latch. A
 *   put comes before, and is found; or after, then it sees the bit, clears it, changes ITEMS inside the
 *   latch, and notifies: the sleeper finds ITEMS changed, or is already queued and is woken.
 * - Q2. The bit is cleared though only one sleeper is woken. So a getter that has slept sets the bit
 *   again when it comes back, whether it finds something or not; and if it leaves items behind, it
 *   wakes the next one. Event loops are woken all together, and each says again that it waits.
 * - Q3. A getter that leaves (time-out, interrupt) tries once more. If a notify had chosen it, it takes
 *   the item, or the queue is empty again and Q2 has set the bit.
 * - Q4. A getter that dies between a notify and its return takes the wake with it; the others find the
 *   item at the end of their slice.
 * - Q5. One that was woken and cannot use what it was woken for (no memory for its item, a `compare` that throws) wakes
 *   others; for memory all of them, and once: whoever says that it waits for memory is woken along with all (MEMORY).
 */
import { LayoutError, QueueShutDownError, TransferError, type Memory } from '@x/core';
import { Atomics } from '@x/core/seam';
import { Blocks, classOf } from './blocks.js';
import { classIn, discard, firstWord, read, sizeOf, write, type Packed, type Raw } from './items.js';
import { Journal } from './journal.js';
import { Latch } from './latch.js';
import {
  BLOCKS_WORD,
  CAPACITY_WORD,
  DONE_LOOP_WORD,
  DONE_WORD,
  IMMEDIATE_BIT,
  ITEMS_LOOP_WORD,
  ITEMS_WORD,
  LIMIT_WORD,
  MAXSIZE_WORD,
  SHUT_BIT,
  SIZE_WORD,
  SPACE_LOOP_WORD,
  SPACE_WORD,
  STATE_WORD,
  TOP_WORD,
  UNFINISHED_WORD,
  WaitBit,
  WAITING_WORD,
} from './layout.js';
import { Ledger, type Lost } from './ledger.js';
import { freeOldIndex, makeRoom, type Order, type Rank } from './order.js';

/** Makes the order of a queue; called once the memory is there. */
export type MakeOrder = (blocks: Blocks, journal: Journal) => Order;

const GET = WaitBit.GETTERS | WaitBit.GET_LOOPS;
const PUT = WaitBit.PUTTERS | WaitBit.PUT_LOOPS | WaitBit.MEMORY;
const JOIN = WaitBit.JOINERS | WaitBit.JOIN_LOOPS;
const SEQUENCES = [ITEMS_WORD, SPACE_WORD, DONE_WORD, ITEMS_LOOP_WORD, SPACE_LOOP_WORD, DONE_LOOP_WORD];

export class QueueState {
  /** What a waiter that was told to wait has to sleep on: the sequence as it was inside the latch. */
  sequence = 0;
  /** Whether the last attempt to put found a place, but no memory. */
  #short = false;
  readonly #words: Int32Array;
  readonly #journal: Journal;
  readonly #blocks: Blocks;
  readonly #order: Order;
  readonly #latch: Latch;
  readonly #ledger: Ledger;
  readonly #name: () => string;

  constructor(memory: Memory, name: () => string, makeOrder: MakeOrder) {
    const { buffer, byteOffset, words, member } = memory;
    const capacity = Atomics.load(words, CAPACITY_WORD);
    if (capacity < BLOCKS_WORD || byteOffset + capacity * 4 > buffer.byteLength) {
      throw new LayoutError('the memory of this queue is damaged: it says that it is larger than it is');
    }
    this.#words = words;
    this.#name = name;
    this.#journal = new Journal(words);
    this.#blocks = new Blocks(buffer, byteOffset, words, this.#journal);
    this.#order = makeOrder(this.#blocks, this.#journal);
    this.#ledger = new Ledger(this.#journal, member);
    this.#latch = new Latch(words, member, () => {
      this.#recover();
    });
  }

  /**
   * One attempt to put an item in. False if there is no place, or no memory, for it.
   *
   * @param slept whether this thread has waited for it (Q2)
   * @param note what to set in WAITING if it is to wait now
   * @throws QueueShutDownError; TypeError if it cannot be compared; TransferError if it is too large for ever
   */
  put(packed: Packed, rank: Rank, slept: boolean, note: number): boolean {
    const words = this.#words;
    let wake = 0;
    this.#latch.enter();
    try {
      const short = this.#short;
      this.#short = false;
      this.#blocks.refresh();
      if ((words[STATE_WORD]! & SHUT_BIT) !== 0) throw this.#shutDown();
      if (slept) words[WAITING_WORD]! |= WaitBit.PUTTERS;
      const size = words[SIZE_WORD]!;
      const maxsize = words[MAXSIZE_WORD]!;
      if (maxsize > 0 && size >= maxsize) {
        this.#note(note, SPACE_WORD);
        return false;
      }
      let placed = false;
      try {
        placed = this.#insert(packed, rank, size);
      } finally {
        const more = slept && (maxsize === 0 || size + 1 < maxsize);
        if (placed) wake = this.#claim(more ? GET | PUT : GET);
        else if (slept && !short && (wake = this.#claim(PUT)) !== 0) wake |= WaitBit.MEMORY;
      }
      this.#short = !placed;
      if (!placed) this.#note(note === 0 ? 0 : note | WaitBit.MEMORY, SPACE_WORD);
      return placed;
    } finally {
      this.#latch.leave();
      if (wake !== 0) this.#notify(wake);
    }
  }

  /**
   * One attempt to take an item: undefined if there is none.
   *
   * @throws QueueShutDownError if there is none and never will be
   */
  take(slept: boolean, note: number): Raw | undefined {
    const words = this.#words;
    let wake = 0;
    this.#latch.enter();
    try {
      this.#blocks.refresh();
      if (slept) words[WAITING_WORD]! |= WaitBit.GETTERS;
      const size = words[SIZE_WORD]!;
      if (size === 0) {
        if ((words[STATE_WORD]! & SHUT_BIT) !== 0) throw this.#shutDown();
        this.#note(note, ITEMS_WORD);
        return undefined;
      }
      this.#journal.begin();
      let block = 0;
      try {
        block = this.#order.next(size);
      } finally {
        // A `compare` that throws leaves the item to others (Q5).
        if (slept && block === 0) wake = this.#claim(GET);
      }
      const raw = read(this.#blocks, block, block + this.#order.headWordsIn(block));
      this.#blocks.give(block, classIn(this.#blocks.words[block]!));
      this.#journal.set(SIZE_WORD, size - 1);
      this.#ledger.take();
      this.#journal.commit();
      wake = this.#claim(slept && size > 1 ? GET | PUT : PUT);
      return raw;
    } finally {
      this.#latch.leave();
      if (wake !== 0) this.#notify(wake);
    }
  }

  /** Marks an item done. False if none is left to be marked. */
  done(): boolean {
    const words = this.#words;
    let wake = 0;
    this.#latch.enter();
    try {
      this.#blocks.refresh();
      const unfinished = words[UNFINISHED_WORD]!;
      if (unfinished === 0) return false;
      this.#journal.begin();
      this.#journal.set(UNFINISHED_WORD, unfinished - 1);
      this.#ledger.done();
      this.#journal.commit();
      if (unfinished === 1) wake = this.#claim(JOIN);
    } finally {
      this.#latch.leave();
    }
    if (wake !== 0) this.#notify(wake);
    return true;
  }

  /**
   * Whether all items are done; if not, sets what a joiner waits by.
   *
   * @param thorough whether to ask the system for threads that were killed
   * @returns true, false, or what threads that have died have left behind
   */
  joined(note: number, thorough: boolean): boolean | Lost {
    return this.#inside(() => {
      if (this.#words[UNFINISHED_WORD] === 0) return true;
      const abandoned = this.#ledger.abandoned(thorough);
      if (abandoned.items > 0) return abandoned;
      this.#note(note, DONE_WORD);
      return false;
    });
  }

  /** Lets no more items in; with `immediate` also drops what is there. */
  shutDown(immediate: boolean): void {
    this.#inside(() => {
      Atomics.or(this.#words, STATE_WORD, immediate ? SHUT_BIT | IMMEDIATE_BIT : SHUT_BIT);
      if (immediate) this.#drain();
      this.#wakeAll();
    });
  }

  /** This thread ends in an orderly way. */
  closeAccount(): void {
    this.#inside(() => {
      this.#journal.begin();
      this.#ledger.close();
      this.#journal.commit();
    });
  }

  #inside<T>(body: () => T): T {
    this.#latch.enter();
    try {
      this.#blocks.refresh();
      return body();
    } finally {
      this.#latch.leave();
    }
  }

  /** Puts the item in, if there is memory for it. */
  #insert(packed: Packed, rank: Rank, size: number): boolean {
    if (this.#tryInsert(packed, rank, size)) return true;
    if (!this.#blocks.couldHold(sizeOf(packed, this.#order.headWords(rank)))) {
      throw new TransferError(
        `the item has ${packed.bytes.length} bytes, which is more than ${this.#name()} can ever hold; put it in parts`,
      );
    }
    if (size > 0) return false;
    // Nothing in it, and no memory: it is all in free blocks of other sizes.
    this.#blocks.reset();
    return this.#tryInsert(packed, rank, size);
  }

  #tryInsert(packed: Packed, rank: Rank, size: number): boolean {
    const blocks = this.#blocks;
    const journal = this.#journal;
    const order = this.#order;
    journal.begin();
    order.admit(rank, size);
    if (!makeRoom(blocks, journal, size)) return false;
    const headWords = order.headWords(rank);
    let sizeClass = classOf(sizeOf(packed, headWords));
    let block = blocks.take(sizeClass);
    if (block === 0) {
      const larger = blocks.takeAtLeast(sizeClass);
      if (!larger) return false;
      ({ block, sizeClass } = larger);
    }
    // The block is free until the commit, but for its first word, which leads to the next free one.
    order.writeHead(block, rank);
    write(blocks, block, block + headWords, packed);
    journal.set(block, firstWord(packed, sizeClass));
    freeOldIndex(blocks, journal);
    order.add(block, size, rank);
    journal.set(SIZE_WORD, size + 1);
    journal.set(UNFINISHED_WORD, this.#words[UNFINISHED_WORD]! + 1);
    journal.commit();
    return true;
  }

  #drain(): void {
    const words = this.#words;
    for (let size = words[SIZE_WORD]!; size > 0; size--) {
      this.#journal.begin();
      // In any order: a `compare` may throw, and the queue is to be emptied all the same.
      const block = this.#order.any(size);
      const raw = read(this.#blocks, block, block + this.#order.headWordsIn(block));
      this.#blocks.give(block, classIn(this.#blocks.words[block]!));
      this.#journal.set(SIZE_WORD, size - 1);
      this.#journal.set(UNFINISHED_WORD, Math.max(0, words[UNFINISHED_WORD]! - 1));
      this.#journal.commit();
      discard(raw);
    }
  }

  /** Inside the latch, in the place of a thread that has died there. */
  #recover(): void {
    this.#blocks.refresh();
    this.#journal.apply();
    if ((this.#words[STATE_WORD]! & IMMEDIATE_BIT) !== 0) this.#drain();
    this.#wakeAll();
  }

  #note(bits: number, sequence: number): void {
    if (bits === 0) return;
    this.#words[WAITING_WORD]! |= bits;
    this.sequence = Atomics.load(this.#words, sequence);
  }

  /** Inside the latch: takes those of the bits that are set, and changes what their waiters sleep on. */
  #claim(bits: number): number {
    const words = this.#words;
    const claimed = words[WAITING_WORD]! & bits;
    if (claimed === 0) return 0;
    words[WAITING_WORD]! &= ~claimed;
    for (let bit = 0; bit < SEQUENCES.length; bit++) {
      if ((claimed & (1 << bit)) !== 0) Atomics.add(words, SEQUENCES[bit]!, 1);
    }
    return claimed;
  }

  /** Outside the latch: wakes those whose bits were claimed, one thread of each kind, and all loops. */
  #notify(claimed: number): void {
    const words = this.#words;
    if ((claimed & WaitBit.GETTERS) !== 0) Atomics.notify(words, ITEMS_WORD, 1);
    if ((claimed & WaitBit.PUTTERS) !== 0) {
      Atomics.notify(words, SPACE_WORD, (claimed & WaitBit.MEMORY) === 0 ? 1 : Infinity);
    }
    if ((claimed & WaitBit.JOINERS) !== 0) Atomics.notify(words, DONE_WORD);
    if ((claimed & WaitBit.GET_LOOPS) !== 0) Atomics.notify(words, ITEMS_LOOP_WORD);
    if ((claimed & WaitBit.PUT_LOOPS) !== 0) Atomics.notify(words, SPACE_LOOP_WORD);
    if ((claimed & WaitBit.JOIN_LOOPS) !== 0) Atomics.notify(words, DONE_LOOP_WORD);
  }

  #wakeAll(): void {
    this.#words[WAITING_WORD] = 0;
    for (const sequence of SEQUENCES) {
      Atomics.add(this.#words, sequence, 1);
      Atomics.notify(this.#words, sequence);
    }
  }

  #shutDown(): QueueShutDownError {
    return new QueueShutDownError(`${this.#name()} has been shut down; stop using it`);
  }
}

/** The first state of a queue in zeroed memory. `capacity` and `limit` in words. */
export function initialise(words: Int32Array, maxsize: number, capacity: number, limit: number): void {
  words[MAXSIZE_WORD] = maxsize;
  words[CAPACITY_WORD] = capacity;
  words[LIMIT_WORD] = limit;
  words[TOP_WORD] = BLOCKS_WORD;
}
