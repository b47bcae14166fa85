/** The lock of a condition: that it is held, and how it is given up. */
import { NotHeldError } from '@x/core/primitives';
import { Atomics } from '@x/core/seam';
import { Lock } from './lock.js';
import { ABANDONED_BIT, checkOwner, DEPTH_WORD, OWNER_MASK, STATE_WORD } from './mutex.js';
import { RLock } from './rlock.js';

export function isLock(value: unknown): value is Lock | RLock {
  return value instanceof Lock || value instanceof RLock;
}

/** Throws `NotHeldError` if another thread has the lock, or nobody; `AbandonedError` if its holder died. */
export function checkHeld(lock: Lock | RLock): void {
  const { member, words } = lock.memory;
  const state = Atomics.load(words, STATE_WORD);
  if ((state & (OWNER_MASK | ABANDONED_BIT)) === member.id) return;
  checkOwner(member, words, state, true);
  throw new NotHeldError(`${lock.name} is not held by this thread; acquire it before you wait or notify`);
}

/** Gives the lock up with all its levels; returns how many, negative in async ownership. */
export function releaseAll(lock: Lock | RLock): number {
  const { words } = lock.memory;
  const levels = words[DEPTH_WORD]!;
  words[DEPTH_WORD] = Math.sign(levels);
  lock.release();
  return levels;
}
