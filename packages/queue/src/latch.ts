/**
 * The latch around a queue's state: a word with the id of the thread that is inside. It is held for
 * the moment that an operation takes, never while a thread waits for an item or a place.
 *
 * From Drepper's mutex 2 ("Futexes are tricky"), with the owner's id in the word as in Linux' robust
 * futexes. Fairness: none; newcomers overtake, since nobody stays inside for long.
 *
 * - L1. LATCH changes only by compare-exchange, except that the thread inside may store 0.
 * - L2. While a thread sleeps on LATCH, CONTENDED is set, or a notify is on its way to a sleeper that
 *   will set it when it enters.
 * - L3. Whoever finds that the thread inside has ended takes its place, completes or drops what it had
 *   begun (journal.ts), and wakes everybody, since the dead thread may have owed them a wake.
 */
import { agent, runtime, THREAD_ID_MASK, ThreadingError, type Agent, type Member } from '@x/core';
import { Atomics, performance } from '@x/core/seam';
import { LATCH_WORD } from './layout.js';

const CONTENDED_BIT = 1 << 26;
/**
 * Readings of the clock before each look of a thread that spins: the pause of ARCHITECTURE.md, "Spinning", and for the
 * same reason. Looking without a pause moves the queue's memory to the other core and back with every
 * operation; with it the thread that is there gets through several, which took a quarter less time with four putters and
 * four getters on two cores.
 */
const PAUSE_READINGS = 16;
/** Rounds between two looks at the table of threads where sleeping is not allowed. */
const LOOK_EVERY = 4096;

export class Latch {
  readonly #words: Int32Array;
  readonly #member: Member;
  readonly #id: number;
  readonly #agent: Agent = agent();
  readonly #recover: () => void;

  /** @param recover called inside, when the thread that was there before has died */
  constructor(words: Int32Array, member: Member, recover: () => void) {
    this.#words = words;
    this.#member = member;
    this.#id = member.id;
    this.#recover = recover;
  }

  /**
   * Goes inside, as soon as the thread that is there has left.
   *
   * @throws ThreadingError if this thread is inside: a `compare` function used its own queue
   */
  enter(): void {
    if (Atomics.compareExchange(this.#words, LATCH_WORD, 0, this.#id) !== 0) this.#enterSlow();
  }

  leave(): void {
    if (Atomics.compareExchange(this.#words, LATCH_WORD, this.#id, 0) === this.#id) return;
    // L2: a sleeper that announces itself from now on fails to, or finds 0 and does not sleep.
    Atomics.store(this.#words, LATCH_WORD, 0);
    Atomics.notify(this.#words, LATCH_WORD, 1);
  }

  #enterSlow(): void {
    const words = this.#words;
    let spins = this.#agent.spins;
    let rounds = 0;
    let slept = false;
    /** The state seen before a slice in which nothing happened. */
    let unchanged = 0;
    for (;;) {
      const state = Atomics.load(words, LATCH_WORD);
      const inside = state & THREAD_ID_MASK;
      // L2: others may sleep behind a thread that has slept.
      const mine = this.#id | (slept ? CONTENDED_BIT : state & CONTENDED_BIT);
      if (inside === 0) {
        if (Atomics.compareExchange(words, LATCH_WORD, state, mine) === state) return;
        continue;
      }
      if (inside === this.#id) {
        throw new ThreadingError(
          'a compare function must not use its own queue; compare the two items alone',
        );
      }
      if (spins > 0) {
        spins--;
        for (let reading = 0; reading < PAUSE_READINGS; reading++) performance.now();
        continue;
      }
      if (this.#hasEnded(inside, state === unchanged || ++rounds % LOOK_EVERY === 0)) {
        if (Atomics.compareExchange(words, LATCH_WORD, state, mine | CONTENDED_BIT) !== state) continue;
        this.#recover();
        return;
      }
      if (!runtime.canBlock) continue;
      const announced = state | CONTENDED_BIT;
      if (announced !== state && Atomics.compareExchange(words, LATCH_WORD, state, announced) !== state)
        continue;
      // No lost wake: a leaver before the exchange makes it fail; one after it finds CONTENDED, changes
      // LATCH, then notifies: the sleeper finds it changed, or is already queued and is woken.
      const woke = Atomics.wait(words, LATCH_WORD, announced, this.#agent.slice);
      slept ||= woke !== 'not-equal';
      unchanged = woke === 'timed-out' ? announced : 0;
    }
  }

  /** `thorough` asks the system, too. */
  #hasEnded(id: number, thorough: boolean): boolean {
    const { realm } = this.#member;
    return thorough ? realm.hasEnded(id) : !realm.isAlive(id);
  }
}
