/**
 * Waiting for the end of a thread, on the status word of its record. The end is published by one
 * compare-exchange of that word, then everyone who sleeps on it is notified; a sleeper either finds
 * the word changed or is woken. Threads that die without publishing it are found within a slice.
 */
import {
  AsyncWaiters,
  BlockingWait,
  endChildren,
  STATUS_WORD,
  ThreadState,
  Woke,
  type Member,
  type ThreadId,
} from '@x/core';
import { THREAD_KIND } from './kinds.js';
import { wardOf } from './wards.js';

/** How often a blocked joiner looks whether the thread still lives. */
const LOOK_MS = 100;

/** Whether the thread has ended; finds and marks one that was killed, also while every event loop is blocked. */
export function hasEnded(member: Member, ident: ThreadId): boolean {
  const { realm } = member;
  if (!realm.isAlive(ident)) return true;
  const ward = wardOf(ident);
  // A thread says how it ended, then that it ended: so what it said has come before its end is noticed.
  if (!realm.hasEnded(ident) && !ward?.isGone()) return false;
  realm.end(ident, ThreadState.DEAD);
  endChildren(realm, ident);
  return true;
}

/** Blocks until the thread has ended: true, or until the time is over: false. */
export function awaitEnd(member: Member, ident: ThreadId, timeout: number): boolean {
  if (hasEnded(member, ident)) return true;
  if (timeout === 0) return false;
  const { realm } = member;
  const { words } = realm;
  const index = realm.base(ident) + STATUS_WORD;
  const wait = new BlockingWait(member, words, timeout, false, true, { uid: -ident, kind: THREAD_KIND });
  try {
    for (;;) {
      const status = Atomics.load(words, index);
      if (!realm.isAlive(ident)) return true;
      const woke = wait.sleep(index, status, ident, LOOK_MS);
      if (woke === Woke.INTERRUPTED) throw wait.reason();
      if (woke === Woke.SLICE && hasEnded(member, ident)) return true;
      if (woke === Woke.EXPIRED) return hasEnded(member, ident);
    }
  } finally {
    wait.end();
  }
}

/** The promises of this thread's event loop that wait for the end of a thread. */
export function endWaiters(member: Member, ident: ThreadId): AsyncWaiters<undefined> {
  const { realm } = member;
  return new AsyncWaiters<undefined>(
    realm.words,
    realm.base(ident) + STATUS_WORD,
    {
      attempt: () => !realm.isAlive(ident),
      // Nothing to mark: an end always notifies.
      announce: () => realm.isAlive(ident),
      inspect: () => {
        hasEnded(member, ident);
      },
    },
    'any',
  );
}
