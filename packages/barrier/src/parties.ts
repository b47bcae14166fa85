/**
 * Who is inside a barrier, by thread, so that a party that is killed breaks its cycle.
 *
 * ```text
 * word of a slot  name   meaning
 * 0               OWNER  id of the thread, with LOOP_BIT if its event loop waits; 0 free
 * 1               CYCLE  the cycle in which it has arrived, or is about to
 * ```
 *
 * Invariants:
 * - P1. A slot names the cycle before its owner arrives in it. So a thread that is killed after its
 *   arrival has a slot that says so; one that is killed just before breaks the cycle too, as it would
 *   be missed just as much.
 * - P2. Only the owner changes its slot, until it has ended; then whoever finds that frees it.
 *
 * Overflow: there are SLOT_COUNT slots. A thread that finds none waits all the same, but is not missed
 * if it is killed; the others then wait for their time-out.
 */
import { THREAD_ID_MASK, type Member, type ThreadId } from '@x/core';
import { Atomics } from '@x/core/seam';
import { breakCycle, FIRST_SLOT_WORD, SLOTS_WORD } from './cycle.js';

export const SLOT_COUNT = 123;
const SLOT_WORDS = 2;
const OWNER = 0;
const CYCLE = 1;
export const BARRIER_BYTES = (FIRST_SLOT_WORD + SLOT_COUNT * SLOT_WORDS) * 4;

/** In OWNER: the slot is of the thread's event loop. */
export const LOOP_BIT = 1 << 26;

function wordOf(slot: number, word: number): number {
  return FIRST_SLOT_WORD + (slot - 1) * SLOT_WORDS + word;
}

/** Takes a slot. Slots count from 1; 0 if all are taken. */
export function openSlot(words: Int32Array, owner: number): number {
  for (let slot = 1; slot <= SLOT_COUNT; slot++) {
    const used = Atomics.load(words, SLOTS_WORD);
    // Counted first: a slot with an owner must be among those that are looked through.
    if (slot > used && Atomics.compareExchange(words, SLOTS_WORD, used, slot) !== used) {
      slot--;
      continue;
    }
    if (Atomics.compareExchange(words, wordOf(slot, OWNER), 0, owner) === 0) return slot;
  }
  return 0;
}

/** Says in which cycle the owner of the slot is about to arrive. */
export function markSlot(words: Int32Array, slot: number, cycle: number): void {
  if (slot !== 0) Atomics.store(words, wordOf(slot, CYCLE), cycle);
}

/** Frees the slot. */
export function closeSlot(words: Int32Array, slot: number): void {
  if (slot !== 0) Atomics.store(words, wordOf(slot, OWNER), 0);
}

/** Breaks the cycle of each thread that has ended inside. Asks the system, too. */
export function missTheDead(member: Member, words: Int32Array): void {
  const used = Atomics.load(words, SLOTS_WORD);
  for (let slot = 1; slot <= used; slot++) {
    const owner = Atomics.load(words, wordOf(slot, OWNER));
    const thread: ThreadId = owner & THREAD_ID_MASK;
    if (owner === 0 || thread === member.id || !member.realm.hasEnded(thread)) continue;
    const cycle = Atomics.load(words, wordOf(slot, CYCLE));
    // Somebody else may have freed the slot, and a third have taken it; then this is not the dead one's cycle.
    if (Atomics.load(words, wordOf(slot, OWNER)) !== owner) continue;
    // Nothing happens if that cycle is over: the dead one had been let go.
    breakCycle(words, cycle);
    Atomics.compareExchange(words, wordOf(slot, OWNER), owner, 0);
  }
}
