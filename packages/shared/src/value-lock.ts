/**
 * The lock under which a shared value changes: the futex mutex of Drepper ("Futexes are tricky", mutex 2)
 * with the owner in the word.
 *
 * What it protects is whole at every moment (heap.ts), so a lock whose owner was killed is simply
 * taken. Newcomers may overtake; holders are expected to hold it for microseconds.
 *
 * Invariants:
 * - L1. While a thread sleeps on LOCK, CONTENDED is set or a notify is on its way to a sleeper: who has
 *   slept takes the lock with CONTENDED set, and nobody sleeps, or leaves, without having set it.
 * - L2. While a loop waits on SEQ and LOCK is owned, ASYNC is set, or SEQ has changed since the loop read it.
 */
import { BlockingWait, DeadlockError, isThreadId, Woke, type Member } from '@x/core/primitives';
import { Atomics } from '@x/core/seam';
import { ASYNC_BIT, CONTENDED_BIT, LOCK_WORD, OWNER_MASK, SEQ_WORD } from './layout.js';

/** Takes the lock; blocks while another thread has it. */
export function lock(member: Member, words: Int32Array): void {
  if (Atomics.compareExchange(words, LOCK_WORD, 0, member.id) !== 0) lockSlow(member, words);
}

function lockSlow(member: Member, words: Int32Array): void {
  if ((Atomics.load(words, LOCK_WORD) & OWNER_MASK) === member.id) {
    throw new DeadlockError(
      'the function given to update() changes the same value again; return the new value instead',
    );
  }
  if (tryLock(member, words)) return;
  const wait = new BlockingWait(member, words, Infinity);
  try {
    for (let thorough = false; ;) {
      const state = Atomics.load(words, LOCK_WORD);
      const owner = state & OWNER_MASK;
      if (isFree(member, owner, thorough)) {
        const next = (state & ~OWNER_MASK) | member.id | (wait.slept ? CONTENDED_BIT : 0);
        if (Atomics.compareExchange(words, LOCK_WORD, state, next) === state) return;
        continue;
      }
      if (wait.spin()) continue;
      const announced = state | CONTENDED_BIT;
      if (announced !== state && Atomics.compareExchange(words, LOCK_WORD, state, announced) !== state)
        continue;
      // No lost wake: a release before the exchange makes it fail; one after it sees CONTENDED and changes
      // LOCK, then notifies: the sleeper finds it changed, or is already queued and is woken.
      const woke = wait.sleep(LOCK_WORD, announced, owner);
      if (woke === Woke.INTERRUPTED) throw wait.reason();
      thorough = woke === Woke.SLICE;
    }
  } finally {
    wait.end();
  }
}

/** Takes the lock if nobody has it, and never waits. */
export function tryLock(member: Member, words: Int32Array): boolean {
  for (;;) {
    const state = Atomics.load(words, LOCK_WORD);
    if (!isFree(member, state & OWNER_MASK, false)) return false;
    const next = (state & ~OWNER_MASK) | member.id;
    if (Atomics.compareExchange(words, LOCK_WORD, state, next) === state) return true;
  }
}

/** Marks that an event loop waits. False if the lock may be had by now. */
export function announceLoop(member: Member, words: Int32Array): boolean {
  for (;;) {
    const state = Atomics.load(words, LOCK_WORD);
    if (isFree(member, state & OWNER_MASK, false)) return false;
    const next = state | ASYNC_BIT;
    if (next === state || Atomics.compareExchange(words, LOCK_WORD, state, next) === state) return true;
  }
}

/** Asks the system whether the owner has ended, which the table of threads then knows. */
export function inspectOwner(member: Member, words: Int32Array): void {
  const owner = Atomics.load(words, LOCK_WORD) & OWNER_MASK;
  if (isThreadId(owner)) member.realm.hasEnded(owner);
}

/** Releases the lock. */
export function unlock(words: Int32Array): void {
  const state = Atomics.exchange(words, LOCK_WORD, 0);
  if ((state & ASYNC_BIT) !== 0) {
    Atomics.add(words, SEQ_WORD, 1);
    Atomics.notify(words, SEQ_WORD);
  }
  if ((state & CONTENDED_BIT) !== 0) Atomics.notify(words, LOCK_WORD, 1);
}

function isFree(member: Member, owner: number, thorough: boolean): boolean {
  if (owner === 0) return true;
  if (owner === member.id) return false;
  return thorough ? member.realm.hasEnded(owner) : !member.realm.isAlive(owner);
}
