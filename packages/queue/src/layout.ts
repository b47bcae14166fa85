/**
 * The memory of a queue. All indexes are words from its beginning.
 *
 * ```text
 * word     name        meaning
 * 0–3      header of every primitive
 * 4        LATCH       bits 0–25 the thread that is inside, 0 nobody · bit 26 CONTENDED: a thread sleeps on LATCH
 * 5        WAITING     who waits, and so has to be woken: see WaitBit
 * 6–8      ITEMS, SPACE, DONE             bumped when sleeping getters, putters, joiners have to look again
 * 9–11     ITEMS_LOOP, SPACE_LOOP, DONE_LOOP   the same for event loops
 * 12       COMMIT      the last transaction: entries << 1 | which of the two logs
 * 13       STATE       SHUT_BIT, IMMEDIATE_BIT
 * 14       CAPACITY    words that are in use or may be; grows
 * 15       LIMIT       words to which it may grow
 * 16       MAXSIZE     items, 0: no bound
 * 17       SIZE        items in the queue
 * 18       UNFINISHED  items put and not yet marked done
 * 19       TOP         first word that was never given out
 * 20–22    INDEX, INDEX_SIZE, HEAD        the array of references to items; see order.ts
 * 23       ORDERING    PriorityQueue: 0 not known yet, or which type of priority, or COMPARE
 * 24–25    ARRIVALS    PriorityQueue: items put so far, low and high word
 * 32–139   FREE        first free block of each size class; see blocks.ts
 * 140–267  LEDGER      64 pairs: thread, items it took and did not mark done; see ledger.ts
 * 268–523  LOG         two logs of 64 pairs: word, new value; see journal.ts
 * 524…     blocks
 * ```
 */
import { HEADER_WORDS } from '@x/core';

export const LATCH_WORD = HEADER_WORDS;
export const WAITING_WORD = HEADER_WORDS + 1;
export const ITEMS_WORD = HEADER_WORDS + 2;
export const SPACE_WORD = HEADER_WORDS + 3;
export const DONE_WORD = HEADER_WORDS + 4;
export const ITEMS_LOOP_WORD = HEADER_WORDS + 5;
export const SPACE_LOOP_WORD = HEADER_WORDS + 6;
export const DONE_LOOP_WORD = HEADER_WORDS + 7;
export const COMMIT_WORD = HEADER_WORDS + 8;
export const STATE_WORD = HEADER_WORDS + 9;
export const CAPACITY_WORD = HEADER_WORDS + 10;
export const LIMIT_WORD = HEADER_WORDS + 11;
export const MAXSIZE_WORD = HEADER_WORDS + 12;
export const SIZE_WORD = HEADER_WORDS + 13;
export const UNFINISHED_WORD = HEADER_WORDS + 14;
export const TOP_WORD = HEADER_WORDS + 15;
export const INDEX_WORD = HEADER_WORDS + 16;
export const INDEX_SIZE_WORD = HEADER_WORDS + 17;
export const HEAD_WORD = HEADER_WORDS + 18;
export const ORDERING_WORD = HEADER_WORDS + 19;
export const ARRIVALS_WORD = HEADER_WORDS + 20;
export const FREE_WORD = 32;
export const CLASSES = 108;
export const LEDGER_WORD = FREE_WORD + CLASSES;
export const LEDGER_ENTRIES = 64;
export const LOG_WORD = LEDGER_WORD + LEDGER_ENTRIES * 2;
export const LOG_ENTRIES = 64;
export const BLOCKS_WORD = LOG_WORD + LOG_ENTRIES * 4;

/** What a queue in memory of the caller's own needs at least: room for some thirty small items. */
export const QUEUE_BYTES = 4096;

export const LAYOUT_VERSION = 1;

/** Who waits. Set and cleared inside the latch only. The first six are in the order of words 6–11. */
export const WaitBit = {
  GETTERS: 1,
  PUTTERS: 2,
  JOINERS: 4,
  GET_LOOPS: 8,
  PUT_LOOPS: 16,
  JOIN_LOOPS: 32,
  /** Some putter waits for memory, not for a place: freed memory may suit any of them, so all are woken. */
  MEMORY: 64,
} as const;

export const SHUT_BIT = 1;
/** The shutdown is an immediate one: whatever is in the queue has to go. */
export const IMMEDIATE_BIT = 2;
