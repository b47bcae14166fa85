/**
 * A small mutex for event loops and threads, for proving the explorer.
 *
 * The mistake: event loops wait on the word on which threads sleep. A `waitAsync` whose waiter was
 * aborted cannot be withdrawn; it takes the one wake, and nobody passes it on. Done right, event loops
 * wait on a word of their own, and all of them are woken.
 *
 * ```text
 * word  meaning
 * 0     0 free, 1 held, 2 held and a thread may sleep
 * 1     event loops: changes with every unlock
 * ```
 */
import { Atomics } from '@x/core/seam';

export type AsyncMutexMistake = 'an abandoned waiter swallows a wake';

export class SmallAsyncMutex {
  readonly #words: Int32Array;
  readonly #mistake: AsyncMutexMistake | undefined;

  constructor(words: Int32Array, mistake?: AsyncMutexMistake) {
    this.#words = words;
    this.#mistake = mistake;
  }

  lock(): void {
    const words = this.#words;
    for (let taken = 1; ; taken = 2) {
      const before = Atomics.compareExchange(words, 0, 0, taken);
      if (before === 0) return;
      if (before === 2 || Atomics.compareExchange(words, 0, 1, 2) !== 0) Atomics.wait(words, 0, 2);
    }
  }

  /** True once it is locked, false if the signal fired before. */
  async lockAsync(signal: AbortSignal): Promise<boolean> {
    const words = this.#words;
    const word = this.#mistake === undefined ? 1 : 0;
    const aborted = new Promise<'aborted'>((resolve) => {
      signal.addEventListener('abort', () => {
        resolve('aborted');
      });
    });
    while (!signal.aborted) {
      const seen = Atomics.load(words, 1);
      const before = Atomics.compareExchange(words, 0, 0, 2);
      if (before === 0) return true;
      if (before === 1 && Atomics.compareExchange(words, 0, 1, 2) === 0) continue;
      const wait = Atomics.waitAsync(words, word, word === 1 ? seen : 2);
      if (wait.async) await Promise.race([wait.value, aborted]);
    }
    return false;
  }

  unlock(): void {
    const words = this.#words;
    const before = Atomics.exchange(words, 0, 0);
    Atomics.add(words, 1, 1);
    Atomics.notify(words, 1);
    if (before === 2) Atomics.notify(words, 0, 1);
  }
}
