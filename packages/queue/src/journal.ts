/**
 * The redo log that makes an operation on the queue happen as a whole or not at all, whenever its
 * thread is killed.
 *
 * Inside the latch an operation changes nothing that counts. It writes new items into free memory,
 * and into the log which words shall get which values. One store of COMMIT makes all of it happen;
 * then the words are given their values.
 *
 * - J1. A word that counts changes only by `apply`, so between a commit and the next all of them say
 *   what COMMIT's log says, or are about to.
 * - J2. Applying a log twice is the same as applying it once. So whoever takes the latch from a dead
 *   thread applies the last log again: if that thread had committed, this completes its operation, and
 *   if not, nothing has changed since.
 * - J3. The two logs take turns, so a thread that dies while it fills a log leaves the last one intact.
 */
import { Atomics } from '@x/core/seam';
import { COMMIT_WORD, LOG_ENTRIES, LOG_WORD } from './layout.js';

export class Journal {
  /** The whole queue; replaced when it grows. */
  words: Int32Array;
  #base = 0;
  #entries = 0;
  #parity = 0;

  constructor(words: Int32Array) {
    this.words = words;
  }

  /** Begins an operation; an earlier one that was not committed is as if it had never been. */
  begin(): void {
    this.#parity = ~this.words[COMMIT_WORD]! & 1;
    this.#base = LOG_WORD + this.#parity * LOG_ENTRIES * 2;
    this.#entries = 0;
  }

  /** Gives a word a new value, once the operation is committed. */
  set(index: number, value: number): void {
    const at = this.#base + this.#entries++ * 2;
    this.words[at] = index;
    this.words[at + 1] = value;
  }

  /** The word as it will be after the operation, as far as it is known by now. */
  read(index: number): number {
    const { words } = this;
    for (let at = this.#base + (this.#entries - 1) * 2; at >= this.#base; at -= 2) {
      if (words[at] === index) return words[at + 1]!;
    }
    return words[index]!;
  }

  /** Makes the operation happen. */
  commit(): void {
    Atomics.store(this.words, COMMIT_WORD, (this.#entries << 1) | this.#parity);
    this.apply();
  }

  /** Gives the words the values of the last commit. */
  apply(): void {
    const { words } = this;
    const commit = Atomics.load(words, COMMIT_WORD);
    let at = LOG_WORD + (commit & 1) * LOG_ENTRIES * 2;
    for (const end = at + (commit >>> 1) * 2; at < end; at += 2) words[words[at]!] = words[at + 1]!;
  }
}
