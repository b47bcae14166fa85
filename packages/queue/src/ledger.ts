/**
 * Who has taken items and not marked them done: pairs of a thread's id and a count.
 *
 * A thread that ends in an orderly way closes its account, since another may mark its items done, as
 * in Python; one of a queue object that was collected before stays, and does not count, as far as the end is still
 * known. So an account of a thread that has ended is that of one that was killed or crashed, and
 * its items may never be done. The ledger is small: threads that find no free pair are not accounted for.
 */
import { ThreadState, type Member } from '@x/core';
import type { Journal } from './journal.js';
import { LEDGER_ENTRIES, LEDGER_WORD, SIZE_WORD, UNFINISHED_WORD } from './layout.js';

/** Items that were taken by threads that died, and those threads. */
export interface Lost {
  readonly items: number;
  readonly threads: readonly number[];
}

export class Ledger {
  readonly #journal: Journal;
  readonly #member: Member;
  /** Where this thread's pair was last. */
  #own = LEDGER_WORD;

  constructor(journal: Journal, member: Member) {
    this.#journal = journal;
    this.#member = member;
  }

  /** This thread takes an item. */
  take(): void {
    const { words } = this.#journal;
    const { id } = this.#member;
    let at = this.#own;
    if (words[at] !== id) {
      at = find(words, (thread) => thread === id) || find(words, (_thread, count) => count === 0);
      if (at === 0) return;
      this.#own = at;
      if (words[at] !== id) {
        this.#journal.set(at, id);
        this.#journal.set(at + 1, 1);
        return;
      }
    }
    this.#journal.set(at + 1, words[at + 1]! + 1);
  }

  /** This thread marks an item done: one of its own, or else one that a dead thread had taken. */
  done(): void {
    const { words } = this.#journal;
    const { id, realm } = this.#member;
    let at = this.#own;
    if (words[at] !== id || words[at + 1] === 0) {
      at =
        find(words, (thread, count) => thread === id && count > 0) ||
        find(words, (thread, count) => count > 0 && realm.hasEnded(thread));
      if (at === 0) return;
    }
    this.#journal.set(at + 1, words[at + 1]! - 1);
  }

  /** Closes this thread's account. */
  close(): void {
    const at = find(this.#journal.words, (thread, count) => thread === this.#member.id && count > 0);
    if (at !== 0) this.#journal.set(at + 1, 0);
  }

  /**
   * The items that were taken by threads that died and that nobody has marked done, and those threads.
   *
   * @param thorough whether to ask the system for each thread, which finds one that was killed a moment ago
   */
  abandoned(thorough: boolean): Lost {
    const { words } = this.#journal;
    const { realm } = this.#member;
    const threads: number[] = [];
    let dead = 0;
    let alive = 0;
    find(words, (thread, count) => {
      if (count === 0) return false;
      if (!(thorough ? realm.hasEnded(thread) : !realm.isAlive(thread))) {
        alive += count;
      } else if (realm.state(thread) !== ThreadState.FINISHED) {
        threads.push(thread);
        dead += count;
      }
      return false;
    });
    // Threads may mark each other's items done; what the living may still do is theirs.
    const outstanding = words[UNFINISHED_WORD]! - words[SIZE_WORD]!;
    return { items: Math.max(0, Math.min(dead, outstanding - alive)), threads };
  }
}

/** Index of the first pair that fits, or 0. */
function find(words: Int32Array, fits: (thread: number, count: number) => boolean): number {
  for (let at = LEDGER_WORD; at < LEDGER_WORD + LEDGER_ENTRIES * 2; at += 2) {
    if (fits(words[at]!, words[at + 1]!)) return at;
  }
  return 0;
}
