/**
 * A small mutex for proving the explorer, with mistakes that can be switched on.
 *
 * ```text
 * word  bits  meaning
 * 0     0     HELD
 *       1     CONTENDED: a thread sleeps on this word, or is about to
 * ```
 */
import { Atomics } from '@x/core/seam';

const STATE = 0;
const HELD = 1;
const CONTENDED = 2;

export type MutexMistake =
  /** A waiter whose time is over clears CONTENDED on its way out, as if it had been the only one. */
  | 'forgets the contended flag on time-out'
  /** The unlocker wakes a sleeper first, and frees the mutex afterwards. */
  | 'notifies before it stores'
  /** Looks whether it is free, then stores, in two steps. */
  | 'takes it in two steps';

export class SmallMutex {
  readonly #words: Int32Array;
  readonly #mistake: MutexMistake | undefined;

  constructor(words: Int32Array, mistake?: MutexMistake) {
    this.#words = words;
    this.#mistake = mistake;
  }

  /** Blocks until it is taken: true, or until a sleep of `timeout` milliseconds has ended: false. */
  lock(timeout = Infinity): boolean {
    const words = this.#words;
    let taken = HELD;
    for (;;) {
      const state = Atomics.load(words, STATE);
      if ((state & HELD) === 0) {
        if (this.#mistake === 'takes it in two steps') {
          Atomics.store(words, STATE, state | taken);
          return true;
        }
        if (Atomics.compareExchange(words, STATE, state, state | taken) === state) return true;
        continue;
      }
      const announced = state | CONTENDED;
      if (announced !== state && Atomics.compareExchange(words, STATE, state, announced) !== state) continue;
      const woke = Atomics.wait(words, STATE, announced, timeout);
      // One that has slept may have others behind it.
      taken = HELD | CONTENDED;
      if (woke !== 'timed-out') continue;
      if (this.#mistake === 'forgets the contended flag on time-out') Atomics.and(words, STATE, ~CONTENDED);
      return false;
    }
  }

  unlock(): void {
    const words = this.#words;
    if (this.#mistake === 'notifies before it stores') {
      if ((Atomics.load(words, STATE) & CONTENDED) !== 0) Atomics.notify(words, STATE, 1);
      Atomics.store(words, STATE, 0);
      return;
    }
    if ((Atomics.exchange(words, STATE, 0) & CONTENDED) !== 0) Atomics.notify(words, STATE, 1);
  }
}
