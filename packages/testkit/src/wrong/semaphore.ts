/**
 * A small weighted semaphore for proving the explorer. Word 0 holds the free permits; who needs more
 * sleeps on it. Waiters ask for different numbers, so a release must wake all of them: the one that
 * it wakes may ask for more than there is, while the one behind it could go on.
 */
import { Atomics } from '@x/core/seam';

export type SemaphoreMistake = 'wakes one waiter whatever it asks for';

export class SmallSemaphore {
  readonly #words: Int32Array;
  readonly #mistake: SemaphoreMistake | undefined;

  constructor(words: Int32Array, mistake?: SemaphoreMistake) {
    this.#words = words;
    this.#mistake = mistake;
  }

  acquire(permits: number): void {
    for (;;) {
      const free = Atomics.load(this.#words, 0);
      if (free < permits) Atomics.wait(this.#words, 0, free);
      else if (Atomics.compareExchange(this.#words, 0, free, free - permits) === free) return;
    }
  }

  release(permits: number): void {
    Atomics.add(this.#words, 0, permits);
    Atomics.notify(this.#words, 0, this.#mistake === undefined ? Infinity : 1);
  }
}
