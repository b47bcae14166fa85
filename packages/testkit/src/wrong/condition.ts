/**
 * A small condition variable for proving the explorer. Word 0 is the word on which waiters sleep;
 * with the mistake it never changes, so a notify that comes between unlock and sleep is lost.
 */
import { Atomics } from '@x/core/seam';
import type { SmallMutex } from './mutex.js';

export type ConditionMistake = 'its wait word is constant';

export class SmallCondition {
  readonly #words: Int32Array;
  readonly #mutex: SmallMutex;
  readonly #mistake: ConditionMistake | undefined;

  constructor(words: Int32Array, mutex: SmallMutex, mistake?: ConditionMistake) {
    this.#words = words;
    this.#mutex = mutex;
    this.#mistake = mistake;
  }

  /** Unlocks the mutex, waits for a notify, locks it again. May return without a notify. */
  wait(): void {
    const seen = Atomics.load(this.#words, 0);
    this.#mutex.unlock();
    Atomics.wait(this.#words, 0, seen);
    this.#mutex.lock();
  }

  notify(): void {
    if (this.#mistake === undefined) Atomics.add(this.#words, 0, 1);
    Atomics.notify(this.#words, 0, 1);
  }
}
