/**
 * Looking again and again before a sleep, as long as that pays.
 *
 * A look that finds nothing for SPIN_MS has cost as much as a sleep and a wake would have. When several in a row were in
 * vain, because tasks are long or come seldom, or because whoever is waited for needs this very core, a
 * thread sleeps at once, and only tries again now and then.
 */
import { Atomics, performance } from '@x/core/seam';
import type { Pool } from './pool.js';

/** How long a thread looks before it sleeps, in milliseconds. See ARCHITECTURE.md, "Executor". */
const SPIN_MS = 0.05;
/** So many times in vain, and it sleeps at once. */
const IN_VAIN = 4;
/** Every so many sleeps it tries again. */
const TRY_AGAIN = 8;

/** What one thread has learned about one kind of wait. */
export class Spinner {
  readonly #pool: Pool;
  #inVain = 0;
  #sleeps = 0;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** Whether to look at all before this sleep. To be followed by `learn`. */
  pays(): boolean {
    if (!this.#pool.maySpin()) return false;
    return this.#inVain < IN_VAIN || ++this.#sleeps % TRY_AGAIN === 0;
  }

  /** Says whether looking has saved the sleep. */
  learn(found: boolean): void {
    this.#inVain = found ? 0 : this.#inVain + 1;
  }

  /** Looks until there is something, but not for long. */
  spin(look: () => boolean): boolean {
    if (!this.pays()) return false;
    const until = performance.now() + SPIN_MS;
    do {
      if (look()) {
        this.learn(true);
        return true;
      }
    } while (performance.now() < until);
    this.learn(false);
    return false;
  }
}

/** Looks until a word has changed that is about to be, but not for long. */
export function spinWhile(pool: Pool, index: number, value: number): void {
  if (!pool.maySpin()) return;
  const until = performance.now() + SPIN_MS;
  while (Atomics.load(pool.words, index) === value && performance.now() < until);
}
