/**
 * The memory of a shared value.
 *
 * ```text
 * word   name     bits   meaning
 * 4      LOCK     0–25   OWNER: id of the thread that changes the value, 0 nobody
 *                 26     CONTENDED: a thread sleeps on LOCK, or is about to
 *                 27     ASYNC: an event loop waits on SEQ, or is about to
 * 5      SEQ      event loops wait here; bumped by every release of the lock that had ASYNC set
 * 6      VERSION  counts changes; its lowest bit says which of the two places is the value's
 * 7      MAX      bytes that a value may take
 * 8–9    place 0: offset in the heap, length
 * 10–11  place 1: the same
 * 12…    the heap
 * ```
 *
 * LOCK has no impossible states: flags without an owner say that waiters were woken and have not come yet.
 */
import { HEADER_WORDS, THREAD_ID_MASK } from '@x/core/primitives';

export const LOCK_WORD = HEADER_WORDS;
export const SEQ_WORD = HEADER_WORDS + 1;
export const VERSION_WORD = HEADER_WORDS + 2;
export const MAX_WORD = HEADER_WORDS + 3;
const PLACE_WORD = HEADER_WORDS + 4;
export const HEAP_BYTES_OFFSET = (HEADER_WORDS + 8) * 4;

export const OWNER_MASK = THREAD_ID_MASK;
export const CONTENDED_BIT = 1 << 26;
export const ASYNC_BIT = 1 << 27;

/** Index of the word with the offset of the place that a version has; the length follows it. */
export function placeOf(version: number): number {
  return PLACE_WORD + (version & 1) * 2;
}
