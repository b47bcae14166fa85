/** Deadlock detection for the whole process. */
import { DETECT_WORD, home } from '@x/core/primitives';
import { Atomics } from '@x/core/seam';

/**
 * Switches deadlock detection on or off for every lock of the process, in all threads, for waits that
 * begin from now on. With it, a wait that closes a cycle of threads throws `DeadlockError` in exactly
 * one of them. Uncontended acquires cost the same.
 *
 * @returns what it was before
 * @example
 * ```ts
 * import { setDeadlockDetection } from '@x/lock';
 *
 * const before = setDeadlockDetection(true);
 * console.log(before, setDeadlockDetection(before));   // false true
 * ```
 */
export function setDeadlockDetection(on: boolean): boolean {
  return Atomics.exchange(home().realm.words, DETECT_WORD, on ? 1 : 0) !== 0;
}
