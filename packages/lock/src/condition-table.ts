/**
 * Who waits on a `Condition`: a table of entries in its memory.
 *
 * CPython keeps a list of locks, one for each waiter; POSIX implementations count groups. Here each
 * waiting thread has an entry of its own and sleeps on it, so that a notify wakes exactly the thread it
 * means. The waiters of an event loop that came one after the other share an entry, a *run*, with a count.
 *
 * Order of service: that of arrival, as in CPython; but where half of the table is in use, who comes to wait in an event
 * loop is counted with those that wait there already.
 *
 * ```text
 * word  name    meaning
 * 4     SEQ     event loops wait here; bumped whenever a run was notified
 * 5     NEXT    ticket of the next arrival
 * 6     HIGH    entries that were ever in use; those above are empty
 * 7     LOCK    uid of the condition's lock
 * 8…    entries of four words each:
 *       WHO     0 empty, else bits 0–25 the waiting thread's id
 *               26 LOOP: a run of an event loop · 27 NOTIFIED: woken, has not come yet · 28 LEFT: will not come
 *       TICKET  number of the arrival, of the first one in a run
 *       COUNT   of a run: bits 0–15 waiting · 16–30 notified, have not come yet
 *       LIMIT   of what was notified: NEXT at that moment; arrivals from there on are none of its business
 *
 * WHO                  reading
 * id                   the thread waits; it sleeps on this word
 * id|NOTIFIED          notified; the thread empties the entry once it has the lock again
 * id|NOTIFIED|LEFT     notified, but the thread could not get the lock again; to be passed on
 * id|LOOP              a run; the loop empties the entry when nobody of the run is left
 * id|LOOP|LEFT         nobody of the run is left, but what COUNT says was notified is to be passed on
 * ```
 *
 * Invariants:
 * - T1. Only who holds the condition's lock fills an entry, notifies or passes on. An entry is emptied,
 *   and a run counted down, by its own thread at any time.
 * - T2. TICKET, COUNT and LIMIT are written before WHO or COUNT makes them count. A thread that is killed at
 *   any instruction leaves a table that is right but for entries of its own, which `reap` empties.
 * - T3. What was notified is taken by the waiter it was meant for, or passed on to one that arrived before
 *   LIMIT: by the waiter if it leaves for another reason, by whoever next notifies or looks if it died.
 */
import { HEADER_WORDS, THREAD_ID_MASK, ThreadStateError, type Member } from '@x/core/primitives';
import { Atomics } from '@x/core/seam';

export const SEQ_WORD = HEADER_WORDS;
const NEXT_WORD = HEADER_WORDS + 1;
const HIGH_WORD = HEADER_WORDS + 2;
export const LOCK_WORD = HEADER_WORDS + 3;
const FIRST_ENTRY_WORD = HEADER_WORDS + 4;
const ENTRY_WORDS = 4;
const TICKET = 1;
const COUNT = 2;
const LIMIT = 3;

/** Entries in the table: threads that can wait at once, each blocked thread and each event loop with one. */
export const CAPACITY = 256;
export const CONDITION_BYTES = (FIRST_ENTRY_WORD + CAPACITY * ENTRY_WORDS) * 4;

const ID_MASK = THREAD_ID_MASK;
const LOOP_BIT = 1 << 26;
const NOTIFIED_BIT = 1 << 27;
const LEFT_BIT = 1 << 28;

const WAITING_MASK = 0xffff;
const ONE_NOTIFIED = 1 << 16;
const NOTIFIED_SHIFT = 16;
/** No entry. */
const NONE = -1;
/** What both halves of COUNT can hold. */
const RUN_MAX = 0x7fff;

/** Of everything that waits. */
export const ALL = 0x7fffffff;

/** Waiters of this thread's event loop that arrived one after the other. Local; the counts are in the entry. */
export interface Run {
  /** Index of the entry's first word. */
  readonly entry: number;
  /** The ticket after the last one of the run. */
  end: number;
  /** How many of it still wait or have not come yet. */
  size: number;
  /** How many of those have claimed what they were notified for, and wait for the lock or could not get it again. */
  claimed: number;
  /** Some could not get it again; what they were notified for is left in the entry. */
  deserted: boolean;
}

/** Fills an entry for this thread, which is about to sleep. Returns the index of the word to sleep on. */
export function enlist(member: Member, words: Int32Array): number {
  const entry = emptyEntry(member, words);
  if (entry === NONE) throw full();
  const ticket = fill(words, entry, 0);
  Atomics.store(words, entry, member.id);
  Atomics.store(words, NEXT_WORD, ticket + 1);
  return entry;
}

/** Counts one more waiter of this thread's event loop: in its last run if nobody has come between, or the table fills up. */
export function enlistInRun(member: Member, words: Int32Array, last: Run | undefined): Run {
  const next = Atomics.load(words, NEXT_WORD);
  const usable = last !== undefined && last.size > 0 && last.size < RUN_MAX;
  const extensible = usable ? last : undefined;
  // Not one in which something is claimed: whoever joins it came later than that notify (T3). Two event loops that take
  // turns would fill the table, in which every thread is to find an entry: better out of turn than that.
  const joins = extensible?.claimed === 0 && (extensible.end === next || isCrowded(words));
  const entry = joins ? NONE : emptyEntry(member, words);
  if (entry !== NONE) {
    fill(words, entry, 1);
    Atomics.store(words, entry, member.id | LOOP_BIT);
    Atomics.store(words, NEXT_WORD, next + 1);
    return { entry, end: (next + 1) | 0, size: 1, claimed: 0, deserted: false };
  }
  // With a full table: better out of turn than not at all.
  if (extensible === undefined) throw full();
  Atomics.add(words, extensible.entry + COUNT, 1);
  Atomics.store(words, NEXT_WORD, next + 1);
  extensible.end = (next + 1) | 0;
  extensible.size++;
  return extensible;
}

/** Whether the thread of this entry still waits, as far as anybody has said. */
export function isWaiting(member: Member, words: Int32Array, entry: number): boolean {
  return Atomics.load(words, entry) === member.id;
}

/** If the thread of this entry was notified: up to where that may be passed on. */
export function limitOf(words: Int32Array, entry: number): number | undefined {
  const notified = (Atomics.load(words, entry) & NOTIFIED_BIT) !== 0;
  return notified ? Atomics.load(words, entry + LIMIT) : undefined;
}

/** Empties this thread's entry. It holds the lock, so that nobody notifies it meanwhile. */
export function leave(words: Int32Array, entry: number): void {
  Atomics.store(words, entry, 0);
}

/** Gives this thread's entry up without the lock: what it was notified for is left for others to pass on. */
export function desert(member: Member, words: Int32Array, entry: number): void {
  if (Atomics.compareExchange(words, entry, member.id, 0) === member.id) return;
  Atomics.store(words, entry, member.id | NOTIFIED_BIT | LEFT_BIT);
}

/** Whether somebody of the run was notified and nobody has claimed that yet. */
export function isNotified(words: Int32Array, run: Run): boolean {
  return Atomics.load(words, run.entry + COUNT) >> NOTIFIED_SHIFT > run.claimed;
}

/** Claims what one waiter of the run was notified for. It stays counted until `settle`, lest it die with this thread. */
export function claimNotified(words: Int32Array, run: Run): boolean {
  if (!isNotified(words, run)) return false;
  run.claimed++;
  return true;
}

/** The waiter that claimed it has the lock again, and has used it or passed it on. */
export function settle(words: Int32Array, run: Run): void {
  Atomics.sub(words, run.entry + COUNT, ONE_NOTIFIED);
  run.claimed--;
  shrink(words, run);
}

/**
 * The waiter that claimed it could not get the lock again. What it was notified for is for another one of the
 * run if any waits, else it is left for others to pass on.
 */
export function desertRun(words: Int32Array, run: Run): void {
  run.claimed--;
  // Claimed again: nobody of the run waits.
  if (leaveRun(words, run) === undefined) return;
  run.deserted = true;
  shrink(words, run);
}

/**
 * One waiter of the run leaves. If others of it wait, one that was notified is now one of those. Otherwise
 * it was the leaver itself that was notified: that is claimed, and the limit is returned.
 */
export function leaveRun(words: Int32Array, run: Run): number | undefined {
  const index = run.entry + COUNT;
  for (;;) {
    const count = Atomics.load(words, index);
    if ((count & WAITING_MASK) === 0) {
      run.claimed++;
      return Atomics.load(words, run.entry + LIMIT);
    }
    if (Atomics.compareExchange(words, index, count, count - 1) !== count) continue;
    shrink(words, run);
    return undefined;
  }
}

/** How many wait. */
export function countWaiting(words: Int32Array): number {
  let waiting = 0;
  for (const entry of entries(words)) {
    const who = Atomics.load(words, entry);
    if ((who & LOOP_BIT) !== 0) waiting += Atomics.load(words, entry + COUNT) & WAITING_MASK;
    else if (who !== 0 && (who & NOTIFIED_BIT) === 0) waiting++;
  }
  return waiting;
}

/** Wakes up to `count` of those that wait, in the order of arrival. The caller holds the lock. */
export function notifyWaiters(member: Member, words: Int32Array, count: number): void {
  reap(member, words, false);
  wake(words, count, Atomics.load(words, NEXT_WORD));
}

/** Passes on what a waiter that leaves was notified for (T3). The caller holds the lock. */
export function passOn(words: Int32Array, limit: number, count = 1): void {
  wake(words, count, limit);
}

/** Whether there is something of an ended thread to be passed on. Asks the system. */
export function needsReaping(member: Member, words: Int32Array): boolean {
  return entries(words).some((entry) => {
    const who = Atomics.load(words, entry);
    const notified = notifiedOf(words, entry, who) > 0;
    return notified && ((who & LEFT_BIT) !== 0 || member.realm.hasEnded(who & ID_MASK));
  });
}

/** Empties the entries of ended threads and passes on what they were notified for. The caller holds the lock. */
export function reap(member: Member, words: Int32Array, thorough: boolean): void {
  const { realm } = member;
  const left: { readonly notified: number; readonly limit: number }[] = [];
  for (const entry of entries(words)) {
    const who = Atomics.load(words, entry);
    if (who === 0) continue;
    const id = who & ID_MASK;
    const gone = (who & LEFT_BIT) !== 0 || (thorough ? realm.hasEnded(id) : !realm.isAlive(id));
    if (!gone) continue;
    const notified = notifiedOf(words, entry, who);
    if (notified > 0) left.push({ notified, limit: Atomics.load(words, entry + LIMIT) });
    Atomics.store(words, entry, 0);
  }
  // Only now, so that none of them is woken in its turn.
  for (const { notified, limit } of left) wake(words, notified, limit);
}

function notifiedOf(words: Int32Array, entry: number, who: number): number {
  if ((who & LOOP_BIT) !== 0) return Atomics.load(words, entry + COUNT) >> NOTIFIED_SHIFT;
  return (who & NOTIFIED_BIT) === 0 ? 0 : 1;
}

function wake(words: Int32Array, count: number, limit: number): void {
  let left = count;
  let loops = false;
  for (const entry of inOrder(words, limit)) {
    if (left === 0) break;
    const woken = wakeEntry(words, entry, left, limit);
    left -= woken;
    loops ||= woken > 0 && (Atomics.load(words, entry) & LOOP_BIT) !== 0;
  }
  if (!loops) return;
  // Whoever is killed before this: a loop looks again after a slice.
  Atomics.add(words, SEQ_WORD, 1);
  Atomics.notify(words, SEQ_WORD);
}

/** Notifies up to `count` waiters of one entry. Returns how many. */
function wakeEntry(words: Int32Array, entry: number, count: number, limit: number): number {
  for (;;) {
    const who = Atomics.load(words, entry);
    if ((who & LOOP_BIT) === 0) {
      if (who === 0 || (who & NOTIFIED_BIT) !== 0) return 0;
      Atomics.store(words, entry + LIMIT, limit);
      // No lost wake: the sleeper looks at this word, then sleeps on it; it finds it changed, or is woken.
      if (Atomics.compareExchange(words, entry, who, who | NOTIFIED_BIT) !== who) continue;
      Atomics.notify(words, entry, 1);
      return 1;
    }
    const counts = Atomics.load(words, entry + COUNT);
    const woken = Math.min(count, counts & WAITING_MASK);
    if (woken === 0) return 0;
    Atomics.store(words, entry + LIMIT, limit);
    const next = counts + woken * (ONE_NOTIFIED - 1);
    if (Atomics.compareExchange(words, entry + COUNT, counts, next) === counts) return woken;
  }
}

/** The entries in use that arrived before the limit, first come first. */
function inOrder(words: Int32Array, limit: number): number[] {
  const ticket = (entry: number): number => Atomics.load(words, entry + TICKET);
  return entries(words)
    .filter((entry) => Atomics.load(words, entry) !== 0 && isBefore(ticket(entry), limit))
    .sort((a, b) => (isBefore(ticket(a), ticket(b)) ? -1 : 1));
}

/** Tickets wrap around, but never so many wait that this would confuse two of them. */
function isBefore(a: number, b: number): boolean {
  return ((a - b) | 0) < 0;
}

function entries(words: Int32Array): number[] {
  const high = Math.min(Atomics.load(words, HIGH_WORD), CAPACITY);
  return Array.from({ length: high }, (_, i) => FIRST_ENTRY_WORD + i * ENTRY_WORDS);
}

function emptyEntry(member: Member, words: Int32Array): number {
  const find = (): number => entries(words).find((entry) => Atomics.load(words, entry) === 0) ?? NONE;
  const found = find();
  if (found !== NONE) return found;
  const high = Atomics.load(words, HIGH_WORD);
  if (high < CAPACITY) {
    Atomics.store(words, HIGH_WORD, high + 1);
    return FIRST_ENTRY_WORD + high * ENTRY_WORDS;
  }
  reap(member, words, true);
  return find();
}

/** Whether half of the table is in use. */
function isCrowded(words: Int32Array): boolean {
  if (Atomics.load(words, HIGH_WORD) < CAPACITY / 2) return false;
  return entries(words).filter((entry) => Atomics.load(words, entry) !== 0).length >= CAPACITY / 2;
}

function fill(words: Int32Array, entry: number, count: number): number {
  const ticket = Atomics.load(words, NEXT_WORD);
  Atomics.store(words, entry + TICKET, ticket);
  Atomics.store(words, entry + COUNT, count);
  return ticket;
}

function shrink(words: Int32Array, run: Run): void {
  if (--run.size > 0) return;
  if (run.deserted) Atomics.or(words, run.entry, LEFT_BIT);
  else Atomics.store(words, run.entry, 0);
}

function full(): ThreadStateError {
  return new ThreadStateError(
    `${CAPACITY} threads wait on this condition, which is the most that it has room for; let some of them go on first`,
  );
}
