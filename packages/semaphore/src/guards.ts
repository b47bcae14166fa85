/**
 * Permits held through guards (`hold`, `with`), by thread, so that those of a dead thread come back.
 *
 * Taking a permit changes STATE, and noting it changes a slot: two words, and the thread may be
 * killed between the two. So a transfer leaves its slot's number in STATE, in the very exchange that
 * moves the permits. As in a redo log: first the intent, then the exchange that decides, then the
 * confirmation, which anybody can do.
 *
 * ```text
 * word of a slot  name   bits   meaning
 * 0               OWNER  id of the thread that has the slot, 0 free
 * 1               HELD   0–22   permits it holds through guards · 23–31 version, counts transfers
 * 2               NEXT   what HELD is to become by the transfer under way, or became by the last one
 * ```
 *
 * Invariants:
 * - G1. NEXT is written before the exchange on STATE that makes it true, and that exchange names slot
 *   and version in LAST.
 * - G2. Before LAST is overwritten, the transfer it names is confirmed: HELD = NEXT.
 * - G3. So of a thread that is dead, the transfer in NEXT has taken place exactly if HELD has its
 *   version, or LAST names it.
 * - G4. Only the owner changes its slot, except for confirming; once the owner has ended, whoever
 *   finds that gives back what it held, as one more transfer of the same kind, and frees the slot.
 *
 * Overflow: there are SLOT_COUNT slots. A thread that finds none gets its permits all the same, but
 * they are lost if it is killed.
 */
import type { Member, ThreadId } from '@x/core/primitives';
import { Atomics } from '@x/core/seam';
import {
  FIRST_SLOT_WORD,
  LAST_MASK,
  LIMIT_WORD,
  SLOT_COUNT,
  SLOT_MASK,
  SLOT_SHIFT,
  SLOT_WORDS,
  SLOTS_WORD,
  STATE_WORD,
  VALUE_BITS,
  VALUE_MASK,
  VERSION_MASK,
  VERSION_SHIFT,
  valueOf,
} from './layout.js';

const OWNER = 0;
const HELD = 1;
const NEXT = 2;

/** The word of a slot; slots count from 1. */
function wordOf(slot: number, word: number): number {
  return FIRST_SLOT_WORD + (slot - 1) * SLOT_WORDS + word;
}

/** HELD after one more transfer. */
function successor(held: number, permits: number): number {
  return (((held >>> VALUE_BITS) + 1) << VALUE_BITS) | permits;
}

/** How LAST names the transfer that ends in `next`. */
function lastOf(slot: number, next: number): number {
  return (slot << SLOT_SHIFT) | (((next >>> VALUE_BITS) & VERSION_MASK) << VERSION_SHIFT);
}

/** This thread's slot, or one that it takes now; 0 if there is none. */
function openSlot(words: Int32Array, id: ThreadId): number {
  const used = Atomics.load(words, SLOTS_WORD);
  let free = 0;
  for (let slot = 1; slot <= used; slot++) {
    const owner = Atomics.load(words, wordOf(slot, OWNER));
    if (owner === id) return slot;
    if (owner === 0 && free === 0) free = slot;
  }
  for (let slot = free === 0 ? used + 1 : free; slot <= SLOT_COUNT; slot++) {
    // Counted first: a slot with an owner must be among those that are looked through.
    raise(words, slot);
    if (Atomics.compareExchange(words, wordOf(slot, OWNER), 0, id) === 0) return slot;
  }
  return 0;
}

function raise(words: Int32Array, slot: number): void {
  for (;;) {
    const used = Atomics.load(words, SLOTS_WORD);
    if (used >= slot || Atomics.compareExchange(words, SLOTS_WORD, used, slot) === used) return;
  }
}

function heldIn(words: Int32Array, slot: number): number {
  return Atomics.load(words, wordOf(slot, HELD));
}

/** Confirms the transfer that STATE names (G2). */
function confirmLast(words: Int32Array, state: number): void {
  const last = state & LAST_MASK;
  if (last === 0) return;
  const slot = (last >>> SLOT_SHIFT) & SLOT_MASK;
  const next = Atomics.load(words, wordOf(slot, NEXT));
  if (lastOf(slot, next) !== last) return;
  const held = heldIn(words, slot);
  if (successor(held, 0) !== (next & ~VALUE_MASK)) return;
  // NEXT may be the intent of a later transfer with the same low bits, which has not taken place. Then
  // LAST named others in between, and names it again only once it has: so one more look decides.
  if ((Atomics.load(words, STATE_WORD) & LAST_MASK) !== last) return;
  Atomics.compareExchange(words, wordOf(slot, HELD), held, next);
}

/** Changes STATE to `next`, and what the slot holds to `permits`, as one. False if STATE is not `state` any more. */
function transfer(words: Int32Array, slot: number, state: number, next: number, permits: number): boolean {
  confirmLast(words, state);
  const intent = successor(heldIn(words, slot), permits);
  Atomics.store(words, wordOf(slot, NEXT), intent);
  if (
    Atomics.compareExchange(words, STATE_WORD, state, (next & ~LAST_MASK) | lastOf(slot, intent)) !== state
  ) {
    return false;
  }
  Atomics.store(words, wordOf(slot, HELD), intent);
  return true;
}

function freeIfEmpty(words: Int32Array, slot: number, id: ThreadId): void {
  if ((heldIn(words, slot) & VALUE_MASK) === 0) Atomics.compareExchange(words, wordOf(slot, OWNER), id, 0);
}

/** How an exchange on STATE went. */
export const Taken = { LOST: 0, TRACKED: 1, UNTRACKED: 2 } as const;
export type Taken = (typeof Taken)[keyof typeof Taken];

/** Changes STATE from `state` to `next`, which takes `permits`, on behalf of a guard of this thread. */
export function takeGuarded(
  member: Member,
  words: Int32Array,
  state: number,
  next: number,
  permits: number,
): Taken {
  const slot = openSlot(words, member.id);
  if (slot === 0) {
    return Atomics.compareExchange(words, STATE_WORD, state, next) === state ? Taken.UNTRACKED : Taken.LOST;
  }
  if (transfer(words, slot, state, next, (heldIn(words, slot) & VALUE_MASK) + permits)) return Taken.TRACKED;
  freeIfEmpty(words, slot, member.id);
  return Taken.LOST;
}

/** Changes STATE from `state` to `next`, which gives `permits` of a guard of this thread back. */
export function giveGuarded(
  member: Member,
  words: Int32Array,
  state: number,
  next: number,
  permits: number,
): boolean {
  const slot = openSlot(words, member.id);
  const held = heldIn(words, slot) & VALUE_MASK;
  if (!transfer(words, slot, state, next, held - permits)) return false;
  freeIfEmpty(words, slot, member.id);
  return true;
}

/**
 * Gives back what threads that have ended held through guards.
 *
 * @param hasEnded whether to ask the system as well, or the table of threads alone
 * @returns STATE before and after, to wake those who wait; undefined if there was nothing to give back
 */
export function reclaim(
  words: Int32Array,
  hasEnded: (id: ThreadId) => boolean,
): { readonly before: number; readonly permits: number } | undefined {
  let permits = 0;
  let before = 0;
  const used = Atomics.load(words, SLOTS_WORD);
  for (let slot = 1; slot <= used; slot++) {
    const owner = Atomics.load(words, wordOf(slot, OWNER));
    if (owner === 0 || !hasEnded(owner)) continue;
    for (;;) {
      const state = Atomics.load(words, STATE_WORD);
      confirmLast(words, state);
      const next = Atomics.load(words, wordOf(slot, NEXT));
      const held = heldIn(words, slot);
      const amount = held & VALUE_MASK;
      if (amount === 0 || Atomics.load(words, wordOf(slot, OWNER)) !== owner) {
        Atomics.compareExchange(words, wordOf(slot, OWNER), owner, 0);
        break;
      }
      const intent = successor(held, 0);
      // An exchange: others may be giving back the same, and the slot may have an owner again since.
      if (Atomics.compareExchange(words, wordOf(slot, NEXT), next, intent) !== next) continue;
      const room = words[LIMIT_WORD]! - valueOf(state);
      const gain = Math.min(amount, room);
      const after = ((state + gain) & ~LAST_MASK) | lastOf(slot, intent);
      if (Atomics.compareExchange(words, STATE_WORD, state, after) !== state) continue;
      Atomics.compareExchange(words, wordOf(slot, HELD), held, intent);
      Atomics.compareExchange(words, wordOf(slot, OWNER), owner, 0);
      before = state;
      permits += gain;
      break;
    }
  }
  return permits === 0 ? undefined : { before, permits };
}
