/**
 * The memory of a semaphore: words, bits, and the reading of them.
 *
 * ```text
 * word  name    bits   meaning
 * 3     FLAGS   1      WEIGHTED_BIT: somebody has waited for more than one permit; never cleared
 * 4     STATE   0–22   VALUE: free permits
 *               23–26  LAST_SLOT: guard slot of the last transfer, 0 none (guards.ts)
 *               27–28  LAST_VERSION: low bits of that transfer's version
 *               29     HEADED: somebody is first in line; HEAD says who
 *               30     CONTENDED: a thread sleeps on STATE, or is about to
 *               31     ASYNC: an event loop waits on SEQ, or is about to
 * 5     SEQ     event loops wait here; bumped by whoever clears ASYNC
 * 6     GATE    the thread that is first in line sleeps here; bumped for it
 * 7     HEAD    who is first in line: 0 nobody · 1 nobody, and the last one was a loop ·
 *               thread id · LOOP_BIT | thread id
 * 8     WANT    permits that HEAD waits for
 * 9     LIMIT   VALUE never exceeds it
 * 10    SLOTS   guard slots that have ever been in use: only these are looked through
 * 11    reserved, zero
 * 12…   guard slots, SLOT_WORDS each (guards.ts)
 * ```
 *
 * Flags of STATE in any combination are possible. HEADED without a HEAD reads as not HEADED: it
 * stands for the moment after somebody who did not move was put out of the first place.
 */
import { FIRST_THREAD_ID, HEADER_WORDS, THREAD_ID_MASK, type ThreadId } from '@x/core/primitives';

export const STATE_WORD = HEADER_WORDS;
export const SEQ_WORD = HEADER_WORDS + 1;
export const GATE_WORD = HEADER_WORDS + 2;
export const HEAD_WORD = HEADER_WORDS + 3;
export const WANT_WORD = HEADER_WORDS + 4;
export const LIMIT_WORD = HEADER_WORDS + 5;
export const SLOTS_WORD = HEADER_WORDS + 6;
export const FIRST_SLOT_WORD = HEADER_WORDS + 8;

export const VALUE_BITS = 23;
export const VALUE_MASK = (1 << VALUE_BITS) - 1;
/** The most permits a semaphore can have. */
export const MAX_VALUE = VALUE_MASK;
export const SLOT_SHIFT = VALUE_BITS;
export const SLOT_MASK = 0xf;
export const VERSION_SHIFT = SLOT_SHIFT + 4;
export const VERSION_MASK = 3;
export const LAST_MASK = (SLOT_MASK << SLOT_SHIFT) | (VERSION_MASK << VERSION_SHIFT);
export const HEADED_BIT = 1 << 29;
export const CONTENDED_BIT = 1 << 30;
export const ASYNC_BIT = 1 << 31;
/** Any of these: a release has somebody to wake. */
export const WAITED_FOR_MASK = HEADED_BIT | CONTENDED_BIT | ASYNC_BIT;

/** In FLAGS; the lowest bit of that word means deadlock detection everywhere. */
export const WEIGHTED_BIT = 2;

/** Values of HEAD. */
export const NOBODY = 0;
export const NOBODY_AFTER_LOOP = 1;
export const LOOP_BIT = 1 << 26;

/** Threads that can hold permits through guards at one time and be known. */
export const SLOT_COUNT = SLOT_MASK;
export const SLOT_WORDS = 3;
export const SEMAPHORE_BYTES = (FIRST_SLOT_WORD + SLOT_COUNT * SLOT_WORDS + 1) * 4;

/** Free permits. */
export function valueOf(state: number): number {
  return state & VALUE_MASK;
}

/** Whether HEAD names a waiter. */
export function isWaiter(head: number): boolean {
  return head >= FIRST_THREAD_ID;
}

/** The thread of the waiter that HEAD names. */
export function threadOf(head: number): ThreadId {
  return head & THREAD_ID_MASK;
}
