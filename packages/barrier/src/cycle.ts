/**
 * The cycles of a barrier: arriving, passing, breaking, in one word.
 *
 * The meaning is that of CPython's `threading.Barrier`. There a barrier drains before its next cycle
 * begins, which a thread that is slow, or dead, or an event loop that is busy would hold up. Ours
 * counts cycles instead, as futex barriers do, so that everyone can tell how his own cycle ended,
 * however late he looks.
 *
 * Fairness: all parties of a cycle are let go together.
 *
 * ```text
 * word  name     bits   meaning
 * 4     STATE    0–9    COUNT: parties that have arrived in this cycle
 *                10–11  PHASE: 0 FILLING · 1 COMPLETING · 2 BROKEN
 *                12     CONTENDED: a thread sleeps on STATE, or is about to
 *                13     ASYNC: an event loop waits on SEQ, or is about to
 *                14–25  PASSES: cycles that have ended by everybody's arrival
 *                26–31  RESETS: cycles that have ended by a reset
 * 5     SEQ      event loops wait here; bumped by whoever clears ASYNC
 * 6     PARTIES  how many a cycle takes; constant
 * 7     ENDS     cycles that have ended, all 32 bits of the count; may be one behind STATE
 * 8     SLOTS    party slots that have ever been in use: only these are looked through
 * 9     reserved, zero
 * 10–17 RESET    ENDS + 1 of the cycles that the last resets have ended, at RESETS modulo 8; 0 none
 * 18…   party slots, two words each (parties.ts)
 *
 * PHASE       reading
 * FILLING     COUNT < PARTIES have arrived, the rest is awaited
 * COMPLETING  all have arrived; the last one runs the action, and nobody of the next cycle comes in
 * BROKEN      whoever waits, or comes, fails; until a reset begins a new cycle
 * ```
 *
 * PASSES and RESETS together are the cycle; both wrap, so a party also knows its number, from ENDS. Invariants:
 * - B1. STATE changes only by compare-exchange. A cycle ends by raising PASSES (only from COMPLETING, by
 *   the one who had set that) or RESETS (never from COMPLETING), and not before ENDS has its number.
 * - B2. RESET is written before RESETS is raised, and only ever to a higher number; the place of the present
 *   RESETS does not count yet. So, who came in a cycle that is over passed unless RESET has its number. Who
 *   looks so late that RESET does not reach back any more is told that it broke.
 * - B3. Every end and every break clears CONTENDED and ASYNC, and wakes everybody whose flag was set.
 */
import { HEADER_WORDS } from '@x/core';
import { Atomics } from '@x/core/seam';

export const STATE_WORD = HEADER_WORDS;
export const SEQ_WORD = HEADER_WORDS + 1;
export const PARTIES_WORD = HEADER_WORDS + 2;
const ENDS_WORD = HEADER_WORDS + 3;
export const SLOTS_WORD = HEADER_WORDS + 4;
const RESET_WORD = HEADER_WORDS + 6;
const RESET_COUNT = 8;
export const FIRST_SLOT_WORD = RESET_WORD + RESET_COUNT;

export const COUNT_MASK = 0x3ff;
/** The most parties that a barrier can have. */
export const MAX_PARTIES = COUNT_MASK;
const PHASE_MASK = 3 << 10;
export const FILLING = 0;
export const COMPLETING = 1 << 10;
export const BROKEN = 2 << 10;
export const CONTENDED_BIT = 1 << 12;
export const ASYNC_BIT = 1 << 13;
const ONE_PASS = 1 << 14;
const PASSES_MASK = 0xfff << 14;
const PASSES_SHIFT = 14;
const ONE_RESET = 1 << 26;
const RESETS_MASK = 0x3f << 26;
const RESETS_SHIFT = 26;
const CYCLE_MASK = PASSES_MASK | RESETS_MASK;
/** The low bits of ENDS, which STATE knows, too. */
const LOW_ENDS_MASK = 0x3f;

/** How a cycle stands for one of its parties. */
export const Verdict = { WAITING: 0, PASSED: 1, BROKEN: 2 } as const;
export type Verdict = (typeof Verdict)[keyof typeof Verdict];

export function countOf(state: number): number {
  return state & COUNT_MASK;
}

export function phaseOf(state: number): number {
  return state & PHASE_MASK;
}

/** PASSES and RESETS. */
export function cycleOf(state: number): number {
  return state & CYCLE_MASK;
}

/** The cycle in which somebody has arrived. */
export interface Arrival {
  /** PASSES and RESETS. */
  cycle: number;
  /** How many cycles ended before it. */
  number: number;
}

/** How many cycles have ended before that of `state`, which ENDS then says. Undefined if STATE has changed. */
export function numberOf(words: Int32Array, state: number): number | undefined {
  const ends = Atomics.load(words, ENDS_WORD);
  const behind = ((state >>> PASSES_SHIFT) + (state >>> RESETS_SHIFT) - ends) & LOW_ENDS_MASK;
  if (behind === 0) return ends;
  // By B1, no other cycle ends meanwhile; and if ours is over, somebody has raised ENDS.
  if (behind > 1 || cycleOf(Atomics.load(words, STATE_WORD)) !== cycleOf(state)) return undefined;
  Atomics.compareExchange(words, ENDS_WORD, ends, ends + 1);
  return (ends + 1) | 0;
}

/** How the cycle of somebody who has arrived stands (B2). */
export function judge(words: Int32Array, { cycle, number }: Arrival): Verdict {
  let state = Atomics.load(words, STATE_WORD);
  let later = laterThan(words, number);
  if (cycleOf(state) === cycle) {
    if (later === 0) return phaseOf(state) === BROKEN ? Verdict.BROKEN : Verdict.WAITING;
    // It ended between the two looks, or so many have ended that STATE looks as it did.
    state = Atomics.load(words, STATE_WORD);
    later = laterThan(words, number);
  }
  // RESETS looks as it did after 64 resets at the earliest, and ENDS may be one behind.
  if (((state ^ cycle) & RESETS_MASK) === 0 && later < LOW_ENDS_MASK) return Verdict.PASSED;
  return wasReset(words, state, number) ? Verdict.BROKEN : Verdict.PASSED;
}

/** How many cycles ENDS is ahead. */
function laterThan(words: Int32Array, number: number): number {
  return (Atomics.load(words, ENDS_WORD) - number) | 0;
}

/** Whether a cycle that is over was ended by a reset, or so long ago that nobody knows. */
function wasReset(words: Int32Array, state: number, number: number): boolean {
  const present = (state >>> RESETS_SHIFT) % RESET_COUNT;
  for (let back = 1; back < RESET_COUNT; back++) {
    const reset = Atomics.load(words, RESET_WORD + ((present + RESET_COUNT - back) % RESET_COUNT));
    // From the last reset to earlier ones: who came after one of these came after all that are before it.
    if (reset === 0 || ((reset - 1 - number) | 0) < 0) return false;
    if (((reset - 1) | 0) === number) return true;
  }
  return true;
}

/**
 * Arrives, if STATE is still `state`, which is FILLING. The last one enters COMPLETING, and has to
 * `complete` the cycle or to break it.
 *
 * @param flag CONTENDED_BIT or ASYNC_BIT: how the party will wait, if it has to
 */
export function arrive(words: Int32Array, state: number, flag: number): boolean {
  const isLast = countOf(state) + 1 >= words[PARTIES_WORD]!;
  const next = isLast ? (state + 1) | COMPLETING : (state + 1) | flag;
  return Atomics.compareExchange(words, STATE_WORD, state, next) === state;
}

/** Lets the parties of a COMPLETING cycle go. False if somebody has broken it meanwhile. */
export function complete(words: Int32Array, cycle: number): boolean {
  for (;;) {
    const state = Atomics.load(words, STATE_WORD);
    if (!isIn(state, cycle, COMPLETING)) return false;
    const next = ((cycle + ONE_PASS) & PASSES_MASK) | (cycle & RESETS_MASK);
    if (Atomics.compareExchange(words, STATE_WORD, state, next) !== state) continue;
    wakeAll(words, state);
    return true;
  }
}

/** Breaks a cycle, unless it is over or broken already. */
export function breakCycle(words: Int32Array, cycle: number): void {
  for (;;) {
    const state = Atomics.load(words, STATE_WORD);
    if (cycleOf(state) !== cycle || phaseOf(state) === BROKEN) return;
    if (Atomics.compareExchange(words, STATE_WORD, state, cycle | BROKEN) !== state) continue;
    wakeAll(words, state);
    return;
  }
}

/** Breaks the cycle of somebody who leaves, if it is FILLING: in COMPLETING he is not missed any more. */
export function breakIfFilling(words: Int32Array, arrival: Arrival): Verdict {
  const { cycle } = arrival;
  for (;;) {
    const state = Atomics.load(words, STATE_WORD);
    const verdict = judge(words, arrival);
    if (verdict !== Verdict.WAITING || isIn(state, cycle, COMPLETING)) return verdict;
    if (Atomics.compareExchange(words, STATE_WORD, state, cycle | BROKEN) !== state) continue;
    wakeAll(words, state);
    return Verdict.BROKEN;
  }
}

/** Begins a new cycle. Those who wait in the present one fail; one that is COMPLETING is left alone. */
export function resetCycle(words: Int32Array): void {
  for (;;) {
    const state = Atomics.load(words, STATE_WORD);
    const phase = phaseOf(state);
    if (phase === COMPLETING || (phase === FILLING && countOf(state) === 0)) return;
    const cycle = cycleOf(state);
    const number = numberOf(words, state);
    if (number === undefined || !noteReset(words, cycle, number)) continue;
    const next = (cycle & PASSES_MASK) | ((cycle + ONE_RESET) & RESETS_MASK);
    if (Atomics.compareExchange(words, STATE_WORD, state, next) !== state) continue;
    wakeAll(words, state);
    return;
  }
}

/** Writes RESET for a cycle that is about to be reset. False if it has a later one: then STATE has changed. */
function noteReset(words: Int32Array, cycle: number, number: number): boolean {
  const word = RESET_WORD + ((cycle >>> RESETS_SHIFT) % RESET_COUNT);
  const before = Atomics.load(words, word);
  const after = (number + 1) | 0;
  // One that several are resetting at once has it already.
  if (before === after) return true;
  if (before !== 0 && ((after - before) | 0) < 0) return false;
  return Atomics.compareExchange(words, word, before, after) === before;
}

/** Sets the flag of somebody who waits, if STATE is still `state`. */
export function announce(words: Int32Array, state: number, flag: number): boolean {
  const next = state | flag;
  return next === state || Atomics.compareExchange(words, STATE_WORD, state, next) === state;
}

function isIn(state: number, cycle: number, phase: number): boolean {
  return cycleOf(state) === cycle && phaseOf(state) === phase;
}

function wakeAll(words: Int32Array, state: number): void {
  if ((state & ASYNC_BIT) !== 0) {
    Atomics.add(words, SEQ_WORD, 1);
    Atomics.notify(words, SEQ_WORD);
  }
  if ((state & CONTENDED_BIT) !== 0) Atomics.notify(words, STATE_WORD);
}
