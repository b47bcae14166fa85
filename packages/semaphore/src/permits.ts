/**
 * The counting of permits under `Semaphore` and `BoundedSemaphore`: one word that holds the number of
 * free permits, and flags for those who wait.
 *
 * From the futex semaphore of Drepper ("Futexes are tricky") with the reservation for the longest
 * waiter that tokio's and Go's semaphores have. Ours: that reservation is a word of its own which names the
 * waiter, so that one that dies can be found and replaced; and event loops beside threads.
 *
 * Fairness: newcomers may overtake, but a waiter that has waited a millisecond becomes first in line
 * (HEAD), however many permits it wants, and then nobody takes permits before it does. Threads and
 * event loops become first in line in turn.
 *
 * The words are laid out in layout.ts. Invariants:
 * - S1. VALUE changes only by compare-exchange of STATE, and is from 0 to LIMIT at every moment.
 * - S2. While a thread sleeps on STATE, CONTENDED is set, or a notify of all sleepers is on its way. Only
 *   a release that found nobody asleep clears it, and notifies all afterwards.
 * - S3. While a loop waits on SEQ, ASYNC is set, or SEQ has changed since the loop read it.
 * - S4. A release wakes, of the sleepers, as many as it gives permits; all of them, if waiters want
 *   different numbers, since any one of them may be one that cannot be served. While there is a HEAD it wakes that alone.
 * - S5. Who leaves the first place, with permits or without, wakes those for whom there are permits left.
 * - S6. HEADED is set before the HEAD sleeps; whoever clears it without having been HEAD all the time
 *   bumps GATE and SEQ, so that the present HEAD sets it again.
 */
import { BlockingWait, FLAGS_WORD, Woke, type Member } from '@x/core/primitives';
import { Atomics } from '@x/core/seam';
import { giveGuarded, reclaim, Taken, takeGuarded } from './guards.js';
import {
  ASYNC_BIT,
  CONTENDED_BIT,
  GATE_WORD,
  HEAD_WORD,
  HEADED_BIT,
  isWaiter,
  LIMIT_WORD,
  LOOP_BIT,
  NOBODY,
  NOBODY_AFTER_LOOP,
  SEQ_WORD,
  STATE_WORD,
  threadOf,
  valueOf,
  WAITED_FOR_MASK,
  WANT_WORD,
  WEIGHTED_BIT,
} from './layout.js';

/** What somebody wants. */
export interface Claim {
  readonly permits: number;
  /** Whether the permits are for a guard, and come back if this thread is killed. */
  readonly guarded: boolean;
  /** Set when they are taken: whether a guard slot knows of them. */
  tracked: boolean;
}

/** Takes permits if that needs no waiting and no looking at others; the fast path. */
export function takeAtOnce(words: Int32Array, permits: number): boolean {
  const state = Atomics.load(words, STATE_WORD);
  return (
    (state & HEADED_BIT) === 0 &&
    valueOf(state) >= permits &&
    Atomics.compareExchange(words, STATE_WORD, state, state - permits) === state
  );
}

/** Takes permits without waiting: not while the first in line gathers more than there are. */
export function tryTake(member: Member, words: Int32Array, claim: Claim): boolean {
  for (;;) {
    const state = Atomics.load(words, STATE_WORD);
    if (valueOf(state) < claim.permits) {
      if (giveBackOfEnded(member, words, false)) continue;
      return false;
    }
    if ((state & HEADED_BIT) !== 0) {
      const head = Atomics.load(words, HEAD_WORD);
      // A HEAD that could be served is only late: one that waits for nothing must not fail on free permits.
      const gathers = isWaiter(head) && Atomics.load(words, WANT_WORD) > valueOf(state);
      if (gathers && !member.realm.hasEnded(threadOf(head))) return false;
    }
    if (exchange(member, words, state, state - claim.permits, claim)) return true;
  }
}

/** Blocks until the permits are taken: true, or until the time is over: false. */
export function take(member: Member, words: Int32Array, claim: Claim, timeout: number): boolean {
  if (timeout === 0) return tryTake(member, words, claim);
  for (;;) {
    const state = Atomics.load(words, STATE_WORD);
    if (valueOf(state) < claim.permits || !mayOvertake(words, state)) break;
    if (exchange(member, words, state, state - claim.permits, claim)) return true;
  }
  return takeSlow(member, words, claim, timeout);
}

/** Whether a waiter that is not first in line may take permits. */
function mayOvertake(words: Int32Array, state: number): boolean {
  return (state & HEADED_BIT) === 0 || !isWaiter(Atomics.load(words, HEAD_WORD));
}

function exchange(member: Member, words: Int32Array, state: number, next: number, claim: Claim): boolean {
  if (!claim.guarded) return Atomics.compareExchange(words, STATE_WORD, state, next) === state;
  const taken = takeGuarded(member, words, state, next, claim.permits);
  claim.tracked = taken === Taken.TRACKED;
  return taken !== Taken.LOST;
}

function takeSlow(member: Member, words: Int32Array, claim: Claim, timeout: number): boolean {
  const { permits } = claim;
  const wait = new BlockingWait(member, words, timeout);
  let first = false;
  /** Why the wait has to end; the loop then makes one last round. */
  let leaving: Woke | undefined;
  // This thread's loop cannot run while the thread blocks, so it must not keep the first place.
  putOut(words, member.id | LOOP_BIT);
  giveBackOfEnded(member, words, false);
  if (permits > 1) Atomics.or(words, FLAGS_WORD, WEIGHTED_BIT);
  try {
    for (;;) {
      const gate = Atomics.load(words, GATE_WORD);
      const state = Atomics.load(words, STATE_WORD);
      if (first && Atomics.load(words, HEAD_WORD) !== member.id) first = false;
      if (valueOf(state) >= permits && (first || mayOvertake(words, state))) {
        const next = (state - permits) & (first ? ~HEADED_BIT : -1);
        if (!exchange(member, words, state, next, claim)) continue;
        if (first) stepDown(words, member.id, next);
        else if (wait.slept) giveThreadsTheirTurn(words);
        return true;
      }
      if (leaving !== undefined) {
        if (first) leaveFirstPlace(words, member.id);
        if (leaving === Woke.INTERRUPTED) throw wait.reason();
        return false;
      }
      if (wait.spin()) continue;
      if (!first && wait.starving && becomeFirst(words, member.id, permits)) {
        first = true;
        continue;
      }
      const announced = state | CONTENDED_BIT | (first ? HEADED_BIT : 0);
      if (announced !== state && Atomics.compareExchange(words, STATE_WORD, state, announced) !== state)
        continue;
      // No lost wake. On STATE (S2): a release before the exchange makes it fail; one after it sees
      // CONTENDED and notifies after it has changed the word. On GATE (S4): a release before STATE was
      // read is seen in it; one after it sees HEADED and bumps GATE, which was read before.
      const woke = first ? wait.sleep(GATE_WORD, gate, 0) : wait.sleep(STATE_WORD, announced, 0);
      if (woke === Woke.EXPIRED || woke === Woke.INTERRUPTED) leaving = woke;
      else if (woke === Woke.SLICE) lookAround(member, words, announced);
    }
  } finally {
    wait.end();
  }
}

/** An event loop's try. */
export function takeForLoop(member: Member, words: Int32Array, claim: Claim): boolean {
  const me = member.id | LOOP_BIT;
  for (;;) {
    const state = Atomics.load(words, STATE_WORD);
    if (valueOf(state) < claim.permits) return false;
    const head = Atomics.load(words, HEAD_WORD);
    const first = head === me;
    if (!first && (state & HEADED_BIT) !== 0 && isWaiter(head)) return false;
    const next = (state - claim.permits) & (first ? ~HEADED_BIT : -1);
    if (!exchange(member, words, state, next, claim)) continue;
    if (first) stepDown(words, me, next);
    return true;
  }
}

/** Marks that an event loop waits. False if the permits may be had by now. */
export function announceLoop(member: Member, words: Int32Array, claim: Claim, starving: boolean): boolean {
  const me = member.id | LOOP_BIT;
  if (claim.permits > 1) Atomics.or(words, FLAGS_WORD, WEIGHTED_BIT);
  for (;;) {
    const state = Atomics.load(words, STATE_WORD);
    const head = Atomics.load(words, HEAD_WORD);
    const first = head === me;
    if (valueOf(state) >= claim.permits && (first || (state & HEADED_BIT) === 0 || !isWaiter(head)))
      return false;
    // A loop that was served lets a sleeping thread come first (see giveThreadsTheirTurn).
    const isTurn = (state & CONTENDED_BIT) === 0 || head === NOBODY;
    if (!first && starving && isTurn && becomeFirst(words, me, claim.permits)) continue;
    const next = state | ASYNC_BIT | (first ? HEADED_BIT : 0);
    if (next === state || Atomics.compareExchange(words, STATE_WORD, state, next) === state) return true;
  }
}

/** An async waiter leaves without permits. */
export function withdrawLoop(member: Member, words: Int32Array): void {
  leaveFirstPlace(words, member.id | LOOP_BIT);
}

/**
 * Adds free permits and wakes those who can use them.
 *
 * @param claim what a guard gives back, if it is a guard that does
 * @returns false, with nothing changed, if there would be more than LIMIT
 */
export function give(member: Member, words: Int32Array, permits: number, claim?: Claim): boolean {
  for (;;) {
    const state = Atomics.load(words, STATE_WORD);
    if (valueOf(state) + permits > words[LIMIT_WORD]!) return false;
    // S3: who clears ASYNC wakes all loops. With a HEAD only that is woken, and the flag stays.
    const next = (state & ((state & HEADED_BIT) === 0 ? ~ASYNC_BIT : -1)) + permits;
    const done =
      claim?.tracked === true
        ? giveGuarded(member, words, state, next, permits)
        : Atomics.compareExchange(words, STATE_WORD, state, next) === state;
    if (!done) continue;
    if ((state & WAITED_FOR_MASK) !== 0) wake(words, state, permits);
    return true;
  }
}

/** Wakes those who can use new permits. `state` is STATE before they were added. */
function wake(words: Int32Array, state: number, permits: number): void {
  if ((state & HEADED_BIT) !== 0) {
    // Read after the exchange: a HEAD that comes later sees the new permits itself.
    const head = Atomics.load(words, HEAD_WORD);
    if (isWaiter(head)) {
      if ((head & LOOP_BIT) !== 0) wakeLoops(words);
      else wakeGate(words);
      return;
    }
  }
  if ((state & ASYNC_BIT) !== 0) wakeLoops(words);
  if ((state & CONTENDED_BIT) !== 0 && wakeThreads(words, permits) === 0) calmDown(words);
}

function wakeLoops(words: Int32Array): void {
  Atomics.add(words, SEQ_WORD, 1);
  Atomics.notify(words, SEQ_WORD);
}

function wakeGate(words: Int32Array): void {
  Atomics.add(words, GATE_WORD, 1);
  Atomics.notify(words, GATE_WORD);
}

/** S4. The flag is set before its setter announces itself, so whoever sees the announcement sees the flag. */
function wakeThreads(words: Int32Array, count: number): number {
  const weighted = (Atomics.load(words, FLAGS_WORD) & WEIGHTED_BIT) !== 0;
  return Atomics.notify(words, STATE_WORD, weighted ? Infinity : count);
}

/** Clears CONTENDED, since nobody was asleep. */
function calmDown(words: Int32Array): void {
  const state = Atomics.load(words, STATE_WORD);
  if ((state & CONTENDED_BIT) === 0) return;
  if (Atomics.compareExchange(words, STATE_WORD, state, state & ~CONTENDED_BIT) !== state) return;
  // S2: one may have gone to sleep since, before the word changed.
  Atomics.notify(words, STATE_WORD);
}

/** Makes a waiter that has waited long the first in line. False if somebody is already. */
function becomeFirst(words: Int32Array, me: number, permits: number): boolean {
  const head = Atomics.load(words, HEAD_WORD);
  if (isWaiter(head)) return false;
  if (Atomics.compareExchange(words, HEAD_WORD, head, me) !== head) return false;
  // A reader may still see what the last one wanted; it decides only who may barge at this moment.
  Atomics.store(words, WANT_WORD, permits);
  return true;
}

/** The first in line has taken its permits, and cleared HEADED with that. `state` is what it left behind. */
function stepDown(words: Int32Array, me: number, state: number): void {
  const isLoop = (me & LOOP_BIT) !== 0;
  vacate(words, me, isLoop ? NOBODY_AFTER_LOOP : NOBODY);
  const left = valueOf(state);
  // S5. Besides, the other sort of waiters gets the chance to be next: a waiter becomes first only when it is awake.
  if ((state & CONTENDED_BIT) !== 0 && (left > 0 || isLoop)) wakeThreads(words, Math.max(left, 1));
  if ((state & ASYNC_BIT) !== 0 && (left > 0 || !isLoop)) wakeLoops(words);
}

/** The first in line goes without permits. */
function leaveFirstPlace(words: Int32Array, me: number): void {
  if (Atomics.load(words, HEAD_WORD) !== me) return;
  for (;;) {
    const state = Atomics.load(words, STATE_WORD);
    const next = state & ~HEADED_BIT;
    if (next !== state && Atomics.compareExchange(words, STATE_WORD, state, next) !== state) continue;
    vacate(words, me, NOBODY);
    wakeForRest(words, next);
    return;
  }
}

/** S6: if somebody else is HEAD by now, it may have lost its flag. */
function vacate(words: Int32Array, me: number, next: number): void {
  if (Atomics.compareExchange(words, HEAD_WORD, me, next) === me) return;
  wakeGate(words);
  wakeLoops(words);
}

/** S5: wakes those who stood back for somebody who did not take everything. */
function wakeForRest(words: Int32Array, state: number): void {
  const left = valueOf(state);
  if (left === 0) return;
  if ((state & CONTENDED_BIT) !== 0) wakeThreads(words, left);
  if ((state & ASYNC_BIT) !== 0) wakeLoops(words);
}

/**
 * Puts somebody who cannot or does not move out of the first place. HEADED stays: clearing it could
 * take it away from the next HEAD. Without a HEAD it means nothing, and the next one clears it.
 */
function putOut(words: Int32Array, head: number): void {
  if (Atomics.load(words, HEAD_WORD) !== head) return;
  if (Atomics.compareExchange(words, HEAD_WORD, head, NOBODY) !== head) return;
  // It may be alive, and goes on as an ordinary waiter.
  if ((head & LOOP_BIT) === 0) wakeGate(words);
  else wakeLoops(words);
  wakeForRest(words, Atomics.load(words, STATE_WORD));
}

/** A thread that has slept was served: from now on loops may be first again. */
function giveThreadsTheirTurn(words: Int32Array): void {
  if (Atomics.load(words, HEAD_WORD) === NOBODY_AFTER_LOOP) {
    Atomics.compareExchange(words, HEAD_WORD, NOBODY_AFTER_LOOP, NOBODY);
  }
}

/**
 * After a slice in which nothing happened: gives back what the dead held, and puts a HEAD out of the
 * first place that is dead, or that could have been served all the time (a loop whose thread blocks).
 *
 * @param seen STATE as it was before the slice
 */
export function lookAround(member: Member, words: Int32Array, seen: number): void {
  giveBackOfEnded(member, words, true);
  const head = Atomics.load(words, HEAD_WORD);
  if (!isWaiter(head) || head === member.id) return;
  const state = Atomics.load(words, STATE_WORD);
  const stalled = state === seen && valueOf(state) >= Atomics.load(words, WANT_WORD);
  if (stalled || member.realm.hasEnded(threadOf(head))) putOut(words, head);
}

/** Gives back what ended threads held through guards. `thorough` asks the system as well. */
function giveBackOfEnded(member: Member, words: Int32Array, thorough: boolean): boolean {
  const { realm } = member;
  const given = reclaim(words, (id) =>
    thorough ? realm.hasEnded(id) : id !== member.id && !realm.isAlive(id),
  );
  if (!given) return false;
  if ((given.before & WAITED_FOR_MASK) !== 0) wake(words, given.before, given.permits);
  return true;
}
