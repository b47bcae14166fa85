/**
 * The mutual exclusion under `Lock`, `RLock` and `Condition`: one word that holds the owner.
 *
 * From the futex mutex of Drepper ("Futexes are tricky", mutex 2) with the layout of Linux' robust
 * futexes (owner id low, flags high), and the hand-over to starving waiters of Go's `sync.Mutex`.
 * Ours: a second word for event loops (see `AsyncWaiters` in core), and grants instead of an owner
 * queue, so that no waiter can take the lock with it when it leaves or dies.
 *
 * Fairness: newcomers may overtake, but a waiter that has waited a millisecond asks for a grant, and
 * from then on the lock is passed to waiters only, in the order in which they went to sleep.
 *
 * ```text
 * word  name   bits   meaning
 * 4     STATE  0–25   OWNER: 0 free · 1 GRANT_THREAD · 2 GRANT_LOOP · 3 ORPHAN · else the owner's id
 *              26     CONTENDED: a thread sleeps on STATE, or is about to
 *              27     ASYNC: an event loop waits on SEQ, or is about to
 *              28     STARVING: a sleeping thread has waited long; grant instead of freeing
 *              29     STARVING_ASYNC: the same for an event loop
 *              30     ABANDONED: the owner (still named) died; only recover() helps
 *              31     LOOP_HAD_TURN: the last grant went to a loop; next, threads come first
 * 5     SEQ    event loops wait here; bumped by whoever clears ASYNC
 * 6     DEPTH  how often the owner has acquired it (RLock); negative: the same, in async ownership
 *
 * OWNER         reading
 * 0             free; whoever comes may take it. Flags may be set: waiters were woken and have not come yet
 * GRANT_THREAD  free, but only for a thread that has slept on it (or one that only tries)
 * GRANT_LOOP    free, but only for an event loop that was woken (or one that only tries)
 * ORPHAN        held; its owner has ended in an orderly way. Anyone may release it, as in Python
 * id            held
 * ```
 *
 * Invariants:
 * - M1. STATE changes only by compare-exchange. From free to `id` is the acquire, from `id` the release.
 * - M2. While a thread sleeps on STATE, CONTENDED is set, or a notify is on its way to a sleeper
 *   that will set it again: whoever takes the lock after sleeping sets CONTENDED, whoever leaves after
 *   a notify chose it takes the lock or makes sure that CONTENDED is set.
 * - M3. While a loop waits on SEQ and the lock is held, ASYNC is set, or SEQ has changed since the loop read it.
 * - M4. A grant is claimed, or taken back by whoever made it if there was nobody to wake, or taken by
 *   a sleeper that has seen it unchanged for a whole slice (then its addressee has died), or by one
 *   that would otherwise fail, or taken back by an event loop to which nothing happened for a whole slice.
 *
 * An owner that has ended is found by whoever is about to be refused, and by every sleeper after a slice.
 */
import {
  AbandonedError,
  BlockingWait,
  FLAGS_WORD,
  HEADER_WORDS,
  isThreadId,
  kindOf,
  NotHeldError,
  THREAD_ID_MASK,
  ThreadState,
  UID_WORD,
  Woke,
  type Member,
  type ThreadId,
} from '@x/core/primitives';
import { Atomics } from '@x/core/seam';

export const STATE_WORD = HEADER_WORDS;
export const SEQ_WORD = HEADER_WORDS + 1;
export const DEPTH_WORD = HEADER_WORDS + 2;
export const MUTEX_BYTES = (HEADER_WORDS + 4) * 4;

export const OWNER_MASK = THREAD_ID_MASK;
export const GRANT_THREAD = 1;
export const GRANT_LOOP = 2;
export const ORPHAN = 3;
export const CONTENDED_BIT = 1 << 26;
export const ASYNC_BIT = 1 << 27;
export const STARVING_BIT = 1 << 28;
export const STARVING_ASYNC_BIT = 1 << 29;
export const ABANDONED_BIT = 1 << 30;
export const LOOP_HAD_TURN_BIT = 1 << 31;

/** The kind whose holder may end in an orderly way with it held: anyone may release a `Lock`. */
const LOCK_KIND_NUMBER = 1;

/** In a primitive's FLAGS word: its acquires look for deadlocks. */
export const DETECT_BIT = 1;

/** Whether the state is one in which somebody holds the lock. */
export function isHeld(state: number): boolean {
  const owner = state & OWNER_MASK;
  return owner === ORPHAN || isThreadId(owner);
}

/** Takes the lock if it is free or granted, without waiting. Throws `AbandonedError` if its owner has died. */
export function tryTake(member: Member, words: Int32Array): boolean {
  // A grant is fair game: one that waits for nothing must not fail on a lock that nobody holds.
  if (tryTakeUnless(member, words, isHeld)) return true;
  refuse(member, words);
  return false;
}

function tryTakeUnless(member: Member, words: Int32Array, unavailable: (state: number) => boolean): boolean {
  for (;;) {
    const state = Atomics.load(words, STATE_WORD);
    checkOwner(member, words, state, false);
    if (unavailable(state)) return false;
    const next = (state & ~OWNER_MASK) | member.id;
    if (Atomics.compareExchange(words, STATE_WORD, state, next) === state) return true;
  }
}

/**
 * Blocks until the lock is taken: true, or until the time is over: false.
 *
 * @param interruptible whether this thread's signal ends the wait
 */
export function take(member: Member, words: Int32Array, timeout: number, interruptible = true): boolean {
  if (timeout === 0) return tryTake(member, words);
  return tryTakeUnless(member, words, isTaken) || takeSlow(member, words, timeout, interruptible);
}

/** Held, or granted to a waiter: not for a newcomer that is able to wait. */
export function isTaken(state: number): boolean {
  return (state & OWNER_MASK) !== 0;
}

function takeSlow(member: Member, words: Int32Array, timeout: number, interruptible: boolean): boolean {
  const detect = (words[FLAGS_WORD]! & DETECT_BIT) !== 0;
  const wait = new BlockingWait(member, words, timeout, detect, interruptible);
  /** The state that this thread saw before a slice in which nothing happened. */
  let unchanged = 0;
  /** Why the wait has to end; the loop then makes one last round. */
  let leaving: Woke | undefined;
  try {
    for (;;) {
      const state = Atomics.load(words, STATE_WORD);
      checkOwner(member, words, state, unchanged !== 0);
      const owner = state & OWNER_MASK;
      // One that gives up must not fail on a lock that nobody holds: the loop that has the grant may be its own.
      const stale = !isHeld(state) && (state === unchanged || leaving !== undefined);
      if (owner === 0 || (owner === GRANT_THREAD && wait.slept) || stale) {
        // M2: others may sleep behind a thread that has slept.
        let next = (state & ~OWNER_MASK) | member.id | (wait.slept ? CONTENDED_BIT : 0);
        if (owner === GRANT_THREAD && wait.starving) next &= ~STARVING_BIT;
        if (Atomics.compareExchange(words, STATE_WORD, state, next) === state) return true;
        continue;
      }
      if (leaving === undefined && wait.spin()) continue;
      // M2: a leaver that a notify had chosen passes it on by setting CONTENDED, if it was cleared.
      const announced = state | CONTENDED_BIT | (wait.starving && leaving === undefined ? STARVING_BIT : 0);
      if (leaving !== undefined && !wait.slept) return expired(wait, leaving, member, words);
      if (announced !== state && Atomics.compareExchange(words, STATE_WORD, state, announced) !== state)
        continue;
      if (leaving !== undefined) return expired(wait, leaving, member, words);
      // No lost wake: a release before the exchange makes it fail; one after it sees CONTENDED, changes
      // STATE, then notifies: the sleeper finds it changed, or is already queued and is woken.
      const woke = wait.sleep(STATE_WORD, announced, owner);
      unchanged = woke === Woke.SLICE ? announced : 0;
      if (woke === Woke.EXPIRED || woke === Woke.INTERRUPTED) leaving = woke;
    }
  } finally {
    wait.end();
  }
}

function expired(wait: BlockingWait, why: Woke, member: Member, words: Int32Array): false {
  if (why === Woke.INTERRUPTED) throw wait.reason();
  refuse(member, words);
  return false;
}

/** Before a refusal: without this, one who polls with short time-outs would never learn of a death. */
export function refuse(member: Member, words: Int32Array): void {
  checkOwner(member, words, Atomics.load(words, STATE_WORD), true);
}

/** Gives the lock up. The caller has checked that it may; throws `NotHeldError` if nobody holds it. */
export function giveUp(member: Member, words: Int32Array, describe: string): void {
  for (;;) {
    const state = Atomics.load(words, STATE_WORD);
    if ((state & ABANDONED_BIT) !== 0) throw abandoned(member, words, state);
    if (!isHeld(state)) throw new NotHeldError(`${describe} is not held; release it once for each acquire`);
    const grant = chooseGrant(state);
    let next: number;
    if (grant === GRANT_LOOP) {
      next = GRANT_LOOP | LOOP_HAD_TURN_BIT | (state & (CONTENDED_BIT | STARVING_BIT));
    } else if (grant === GRANT_THREAD) {
      next = GRANT_THREAD | (state & (CONTENDED_BIT | STARVING_BIT | ASYNC_BIT | STARVING_ASYNC_BIT));
    } else {
      next = 0;
    }
    if (Atomics.compareExchange(words, STATE_WORD, state, next) !== state) continue;
    wake(words, state, grant);
    return;
  }
}

function chooseGrant(state: number): number {
  const loopWaits = (state & STARVING_ASYNC_BIT) !== 0;
  const threadWaits = (state & STARVING_BIT) !== 0;
  if (loopWaits && !(threadWaits && (state & LOOP_HAD_TURN_BIT) !== 0)) return GRANT_LOOP;
  return threadWaits ? GRANT_THREAD : 0;
}

/** Wakes those that the released state says are waiting. */
function wake(words: Int32Array, released: number, grant: number): void {
  if (grant === GRANT_THREAD) {
    if (Atomics.notify(words, STATE_WORD, 1) === 0) retractGrant(words, GRANT_THREAD);
    return;
  }
  if ((released & ASYNC_BIT) !== 0 || grant === GRANT_LOOP) {
    // M3: the state no longer says ASYNC, so every loop is woken, and announces itself again if need be.
    const woken = wakeLoops(words);
    if (grant === GRANT_LOOP) {
      if (woken === 0) retractGrant(words, GRANT_LOOP);
      return;
    }
  }
  if ((released & CONTENDED_BIT) !== 0) Atomics.notify(words, STATE_WORD, 1);
}

function wakeLoops(words: Int32Array): number {
  Atomics.add(words, SEQ_WORD, 1);
  return Atomics.notify(words, SEQ_WORD);
}

/**
 * Frees a grant that has no addressee (M4): whoever asked for it has left. Someone may have gone to
 * sleep meanwhile, on the grant itself; so one sleeper is woken and finds the lock free.
 */
export function retractGrant(words: Int32Array, grant: number): void {
  for (;;) {
    const state = Atomics.load(words, STATE_WORD);
    if ((state & OWNER_MASK) !== grant) return;
    const waits = grant === GRANT_THREAD ? STARVING_BIT : STARVING_ASYNC_BIT;
    const kept = state & ~(OWNER_MASK | waits | CONTENDED_BIT | ASYNC_BIT);
    // Whose turn it is matters only while somebody starves; a free lock should read 0.
    const next = kept === LOOP_HAD_TURN_BIT ? 0 : kept;
    if (Atomics.compareExchange(words, STATE_WORD, state, next) !== state) continue;
    if ((state & ASYNC_BIT) !== 0) wakeLoops(words);
    if ((state & CONTENDED_BIT) !== 0) Atomics.notify(words, STATE_WORD, 1);
    return;
  }
}

/** An event loop's try, after it was woken. */
export function takeForLoop(member: Member, words: Int32Array, othersWaitHere: boolean): boolean {
  for (;;) {
    const state = Atomics.load(words, STATE_WORD);
    const owner = state & OWNER_MASK;
    if (owner !== 0 && owner !== GRANT_LOOP) {
      checkOwner(member, words, state, true);
      return false;
    }
    const next = (state & ~OWNER_MASK) | member.id | (othersWaitHere ? ASYNC_BIT : 0);
    if (Atomics.compareExchange(words, STATE_WORD, state, next) === state) return true;
  }
}

/** Marks that an event loop waits. False if the lock may be had by now. */
export function announceLoop(words: Int32Array, starving: boolean): boolean {
  for (;;) {
    const state = Atomics.load(words, STATE_WORD);
    const owner = state & OWNER_MASK;
    if (owner === 0 || owner === GRANT_LOOP || (state & ABANDONED_BIT) !== 0) return false;
    const next = state | ASYNC_BIT | (starving ? STARVING_ASYNC_BIT : 0);
    if (next === state || Atomics.compareExchange(words, STATE_WORD, state, next) === state) return true;
  }
}

/** What an event loop does after a slice in which nothing happened. */
export function inspect(words: Int32Array): void {
  // A grant to a thread lasts microseconds. If its addressee was killed and only loops wait, nobody
  // else would ever free it; and taking back a grant that is alive costs its addressee no more than its turn.
  retractGrant(words, GRANT_THREAD);
}

/** Throws if the lock is abandoned; marks it so if its owner has died. `thorough` asks the system, too. */
export function checkOwner(member: Member, words: Int32Array, state: number, thorough: boolean): void {
  if ((state & ABANDONED_BIT) !== 0) throw abandoned(member, words, state);
  const owner = state & OWNER_MASK;
  if (!isThreadId(owner) || owner === member.id) return;
  const { realm } = member;
  if (thorough ? !realm.hasEnded(owner) : realm.isAlive(owner)) return;
  if (kindOf(words) === LOCK_KIND_NUMBER && realm.state(owner) === ThreadState.FINISHED) {
    orphan(owner, words);
    return;
  }
  const next = owner | ABANDONED_BIT;
  if (Atomics.compareExchange(words, STATE_WORD, state, next) !== state) return;
  // Everyone who waits has to learn of it.
  wakeLoops(words);
  Atomics.notify(words, STATE_WORD);
  throw abandoned(member, words, next);
}

function abandoned(member: Member, words: Int32Array, state: number): AbandonedError {
  const owner = state & OWNER_MASK;
  return new AbandonedError(
    `the lock #${words[UID_WORD]} was held by thread ${member.realm.name(owner) ?? ''} (${owner}) when it died; ` +
      'call recover(), repair the data, then release()',
  );
}

/**
 * Takes an abandoned lock over. False if it is not abandoned.
 *
 * @param check throws if the caller must not take it over; it then stays abandoned
 */
export function takeOver(member: Member, words: Int32Array, check?: () => void): boolean {
  try {
    checkOwner(member, words, Atomics.load(words, STATE_WORD), true);
    return false;
  } catch {
    const state = Atomics.load(words, STATE_WORD);
    if ((state & ABANDONED_BIT) === 0) return false;
    check?.();
    return Atomics.compareExchange(words, STATE_WORD, state, member.id) === state;
  }
}

/** Lets anyone release a lock whose owner ends, or has ended, in an orderly way. */
export function orphan(owner: ThreadId, words: Int32Array): void {
  for (;;) {
    const state = Atomics.load(words, STATE_WORD);
    if ((state & (OWNER_MASK | ABANDONED_BIT)) !== owner) return;
    const next = (state & ~OWNER_MASK) | ORPHAN;
    // Sleepers compare the whole word; a changed owner needs no wake, they look again within a slice.
    if (Atomics.compareExchange(words, STATE_WORD, state, next) === state) return;
  }
}

/** The owner, if a thread holds the lock. */
export function ownerOf(words: Int32Array): ThreadId | undefined {
  const owner = Atomics.load(words, STATE_WORD) & OWNER_MASK;
  return isThreadId(owner) ? owner : undefined;
}
