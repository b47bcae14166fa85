/**
 * Who reads under an `RWLock`: one entry for each thread that has ever read, and the way in and out.
 *
 * The distributed readers of "big-reader" locks (Linux' brlock, and the per-reader flags of
 * passive and phase-fair locks: Brandenburg & Anderson, "Spin-based reader-writer synchronization"):
 * a reader writes only into its own entry, a writer looks at all of them. So there is no common count
 * that could be wrong after a thread was killed: the entries are the truth, and those of ended threads are reclaimed.
 *
 * Fairness: by phases. A writer that releases lets in everyone who waits to read, before the next writer;
 * and whoever comes to read while a writer holds the lock, or waits for readers to leave, waits for it.
 *
 * ```text
 * word  name   meaning
 * 4–7   the mutex between writers, see mutex.ts; its owner writes, or waits for readers to leave
 * 8     GATE   those who wait to read sleep here; bumped when a writer has let go and somebody waits
 * 9     DRAIN  a writer sleeps here; bumped when a reader has left
 * 10    HIGH   entries that were ever in use; those above are empty
 * 11    reserved
 * 12…   entries of two words each:
 *       WHO    0 empty · a thread's id · bit 26 RECLAIM: that thread is emptying the entry of an ended one
 *       HOLDS  bits 0–13 READING, how often the thread is in · 14–27 WAITING, how many of its waiters wait
 *              to get in · 28–31 PHASE, bumped when a writer moves WAITING over to READING
 * ```
 *
 * GATE and DRAIN are always notified as a whole, so that threads and event loops may wait on one word.
 *
 * Invariants:
 * - W1. A reader counts itself in READING, then looks for a writer; a writer takes the mutex, then looks at
 *   all READING. Whatever the order of the four, one of them sees the other; the reader then steps back.
 * - W2. Only its own thread raises an entry's counts. A writer that holds the mutex moves WAITING to READING;
 *   since it does so before it lets go, the next writer sees those readers.
 * - W3. A waiter counts itself in WAITING, then looks for a writer, then sleeps. A writer lets go, then looks
 *   at all WAITING, then bumps GATE. So either sees the other: nobody sleeps with no writer there.
 * - W4. WHO of a living thread's entry changes only by that thread; HOLDS of an empty entry is 0.
 */
import {
  HEADER_WORDS,
  THREAD_ID_MASK,
  ThreadStateError,
  type Member,
  type ThreadId,
} from '@x/core/primitives';
import { Atomics } from '@x/core/seam';
import { STATE_WORD } from './mutex.js';

export const GATE_WORD = HEADER_WORDS + 4;
export const DRAIN_WORD = HEADER_WORDS + 5;
const HIGH_WORD = HEADER_WORDS + 6;
const FIRST_ENTRY_WORD = HEADER_WORDS + 8;
const ENTRY_WORDS = 2;
const HOLDS = 1;

/** Threads that can have read since they were started and are alive, at once. */
export const READERS_MAX = 256;
export const RWLOCK_BYTES = (FIRST_ENTRY_WORD + READERS_MAX * ENTRY_WORDS) * 4;

const RECLAIM_BIT = 1 << 26;

const COUNT_MASK = 0x3fff;
const WAITING_SHIFT = 14;
const ONE_WAITING = 1 << WAITING_SHIFT;
const PHASE_SHIFT = 28;
const ONE_PHASE = 1 << PHASE_SHIFT;

/** Says whether a state of the mutex keeps a reader out. */
export type Barring = (state: number) => boolean;

/** The entry of this thread: index of its first word. Throws `ThreadStateError` if there is no room. */
export function entryOf(member: Member, words: Int32Array): number {
  const own = entries(words).find((entry) => Atomics.load(words, entry) === member.id);
  if (own !== undefined) return own;
  for (let reclaimed = false; ; reclaimed = true) {
    for (const entry of entries(words)) {
      if (Atomics.compareExchange(words, entry, 0, member.id) === 0) return entry;
    }
    const high = Atomics.load(words, HIGH_WORD);
    if (high < READERS_MAX) {
      // Before the entry counts, so that a writer never overlooks it. Left empty if somebody else takes it first.
      Atomics.compareExchange(words, HIGH_WORD, high, high + 1);
    } else if (reclaimed || !reclaim(member, words)) {
      throw new ThreadStateError(
        `${READERS_MAX} living threads have used this RWLock for reading, which is the most that it has room for; let some of them end`,
      );
    }
  }
}

/** Counts this thread in unless a writer bars it. */
export function tryEnter(words: Int32Array, entry: number, bars: Barring): boolean {
  checkRoom(words, entry);
  if (bars(Atomics.load(words, STATE_WORD))) return false;
  Atomics.add(words, entry + HOLDS, 1);
  // W1
  if (!bars(Atomics.load(words, STATE_WORD))) return true;
  exit(words, entry);
  return false;
}

/** Counts this thread out, once. */
export function exit(words: Int32Array, entry: number): void {
  Atomics.sub(words, entry + HOLDS, 1);
  // A writer that came before this sees it when it looks; one that has looked already sleeps on DRAIN.
  if (Atomics.load(words, STATE_WORD) !== 0) wakeWriter(words);
}

/** How often this thread is in. */
export function readingOf(words: Int32Array, entry: number): number {
  return Atomics.load(words, entry + HOLDS) & COUNT_MASK;
}

/** Counts one more waiter of this thread. Returns the phase in which it waits. */
export function register(words: Int32Array, entry: number): number {
  checkRoom(words, entry);
  return Atomics.add(words, entry + HOLDS, ONE_WAITING) >>> PHASE_SHIFT;
}

/** The phase in which this thread's waiters wait. */
export function phaseOf(words: Int32Array, entry: number): number {
  return Atomics.load(words, entry + HOLDS) >>> PHASE_SHIFT;
}

/** Whether a writer has let in the waiter that began to wait in that phase. */
export function isAdmitted(words: Int32Array, entry: number, phase: number): boolean {
  return phaseOf(words, entry) !== phase;
}

/** One waiter waits no more. False if it was let in before that. */
export function unregister(words: Int32Array, entry: number, phase: number): boolean {
  for (;;) {
    const holds = Atomics.load(words, entry + HOLDS);
    if (holds >>> PHASE_SHIFT !== phase) return false;
    if (Atomics.compareExchange(words, entry + HOLDS, holds, holds - ONE_WAITING) === holds) return true;
  }
}

/** Lets in everyone who waits to read (W2). The caller holds the mutex. Returns whether anybody did. */
export function admit(words: Int32Array): boolean {
  let any = false;
  for (const entry of entries(words)) {
    for (;;) {
      const holds = Atomics.load(words, entry + HOLDS);
      const waiting = (holds >>> WAITING_SHIFT) & COUNT_MASK;
      if (waiting === 0) break;
      const next = (holds - waiting * ONE_WAITING + waiting + ONE_PHASE) | 0;
      if (Atomics.compareExchange(words, entry + HOLDS, holds, next) !== holds) continue;
      any = true;
      break;
    }
  }
  return any;
}

/** Wakes those who wait to read, if `admitted` or anybody waits now (W3). The caller has let go of the mutex. */
export function openGate(words: Int32Array, admitted: boolean): void {
  const waits = (entry: number): boolean =>
    ((Atomics.load(words, entry + HOLDS) >>> WAITING_SHIFT) & COUNT_MASK) > 0;
  if (!admitted && !entries(words).some(waits)) return;
  Atomics.add(words, GATE_WORD, 1);
  Atomics.notify(words, GATE_WORD);
}

/** The threads that are in. */
export function readers(words: Int32Array): ThreadId[] {
  return entries(words)
    .filter((entry) => readingOf(words, entry) > 0)
    .map((entry) => Atomics.load(words, entry) & THREAD_ID_MASK);
}

/** Whether nobody is in. */
export function isDrained(words: Int32Array): boolean {
  return !entries(words).some((entry) => readingOf(words, entry) > 0);
}

/** Empties the entries of ended threads; asks the system. Returns whether there were any. */
export function reclaim(member: Member, words: Int32Array): boolean {
  let any = false;
  for (const entry of entries(words)) {
    const who = Atomics.load(words, entry);
    const id = who & THREAD_ID_MASK;
    if (who === 0 || id === member.id || !member.realm.hasEnded(id)) continue;
    // Exactly one empties it; if that one is killed meanwhile, the entry names an ended thread again.
    if (Atomics.compareExchange(words, entry, who, member.id | RECLAIM_BIT) !== who) continue;
    Atomics.store(words, entry + HOLDS, 0);
    Atomics.store(words, entry, 0);
    any = true;
  }
  if (any) wakeWriter(words);
  return any;
}

function wakeWriter(words: Int32Array): void {
  Atomics.add(words, DRAIN_WORD, 1);
  Atomics.notify(words, DRAIN_WORD);
}

function entries(words: Int32Array): number[] {
  const high = Math.min(Atomics.load(words, HIGH_WORD), READERS_MAX);
  return Array.from({ length: high }, (_, i) => FIRST_ENTRY_WORD + i * ENTRY_WORDS);
}

function checkRoom(words: Int32Array, entry: number): void {
  // Only this thread raises the sum of both (W2), so the look stays true.
  const holds = Atomics.load(words, entry + HOLDS);
  if ((holds & COUNT_MASK) + ((holds >>> WAITING_SHIFT) & COUNT_MASK) < COUNT_MASK) return;
  throw new ThreadStateError(
    `this thread reads or waits to read ${COUNT_MASK} times at once; release some of them first`,
  );
}
