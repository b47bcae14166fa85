/**
 * Parking a thread: one blocking wait, from the first sleep to its end.
 *
 * The thread sleeps on the primitive's own word with `Atomics.wait`. It sleeps in slices: after each
 * it looks again, which refreshes the note in its thread record and gives the caller the chance to
 * find a dead owner. A slice is never needed for a wake that was sent; it is the safety net for
 * threads that die between publishing a change and notifying, and for deadlocks.
 *
 * Why a time-out does not swallow a wake: the engine removes the sleeper from its list under a lock,
 * so `Atomics.wait` returns 'timed-out' only if no `notify` has chosen this sleeper.
 */
import { agent, type Agent } from './agent.js';
import { confirmDeadlock, type WaitEdge } from './deadlock.js';
import { deadlineAfter } from './deadline.js';
import { BlockingNotAllowedError } from './errors.js';
import type { Member } from './member.js';
import type { ThreadId } from './realm/realm.js';
import { runtime } from './runtime/index.js';
import { Atomics, performance } from './seam.js';
import { kindOf, UID_WORD } from './words.js';

/** Why a sleep ended. */
export const Woke = {
  /** A notify chose this sleeper: it now owns that wake, and must use it or pass it on. */
  NOTIFIED: 0,
  /** The word no longer had the expected value; nothing was consumed. */
  CHANGED: 1,
  /** The slice is over; look at the owner, then go on. Nothing was consumed. */
  SLICE: 2,
  /** The deadline has passed. Nothing was consumed. */
  EXPIRED: 3,
  /** This thread's signal has fired: leave, then throw `reason()`. Nothing was consumed. */
  INTERRUPTED: 4,
} as const;
export type Woke = (typeof Woke)[keyof typeof Woke];

/** A sleeper that has waited this long asks to be served before newcomers, as in Go's mutex. */
export const STARVING_AFTER_MS = 1;

/** Readings of the clock between two looks of a spinning thread; see ARCHITECTURE.md, "Spinning". */
const PAUSE_READINGS = 16;

/** What a wait is for, where that is not a primitive: the end of a thread, say. Its uid is negative. */
export interface WaitSubject {
  /** What the thread's record says that it waits for: a primitive's number, or a negative one for something else. */
  readonly uid: number;
  /** Number of the kind, for dumps. */
  readonly kind: number;
}

/**
 * One blocking wait of this thread: made before the first sleep, ended in a `finally`.
 *
 * It computes the deadline once, sleeps in slices, and keeps the note in the thread's record by which dumps and
 * deadlock detection see what the thread waits for.
 *
 * @example
 * ```ts no-run
 * const wait = new BlockingWait(this.member, this.words, timeout);
 * try {
 *   while (!this.take()) {
 *     // Announced by a compare-exchange that fails if the state has changed.
 *     if (wait.sleep(STATE, WAITED_FOR, owner) === Woke.EXPIRED) return false;
 *   }
 *   return true;
 * } finally {
 *   wait.end();
 * }
 * ```
 */
export class BlockingWait {
  /** When the wait is over, on this thread's clock. */
  readonly deadline: number;
  /** Whether this thread has been in the queue of sleepers. Set before it looks again. */
  slept = false;
  readonly #agent: Agent;
  readonly #member: Member;
  readonly #words: Int32Array;
  readonly #detect: boolean;
  readonly #interruptible: boolean;
  readonly #subject: WaitSubject | undefined;
  #began = 0;
  /** Number of this wait in the thread's record. */
  #epoch = 0;
  #spun = 0;
  #suspicion: readonly WaitEdge[] | undefined;

  /**
   * @param words the primitive's words, header first
   * @param timeout milliseconds, already checked
   * @param detect whether this wait takes part in deadlock detection
   * @param interruptible whether this thread's signal ends it. Not where something has to be put back
   * as it was, such as the lock of a condition
   * @param subject what the wait is for, if `words` are not those of a primitive
   */
  constructor(
    member: Member,
    words: Int32Array,
    timeout: number,
    detect = false,
    interruptible = true,
    subject?: WaitSubject,
  ) {
    if (!runtime.canBlock) {
      throw new BlockingNotAllowedError(
        'this thread must not block (it is a browser window); use the method whose name ends in Async',
      );
    }
    this.#agent = agent();
    this.#member = member;
    this.#words = words;
    this.#detect = detect || member.detects;
    this.#interruptible = interruptible;
    this.#subject = subject;
    this.deadline = deadlineAfter(timeout);
  }

  /** Whether newcomers should stand back for this wait. */
  get starving(): boolean {
    return this.slept && performance.now() - this.#began >= STARVING_AFTER_MS;
  }

  /**
   * Pauses for less than a microsecond if this thread has not slept yet and has not spun long enough.
   * True: look again before you sleep. A thread that has slept has waited so long already that a
   * short critical section is not what it waits for.
   */
  spin(): boolean {
    if (this.slept || this.#spun >= this.#agent.spins) return false;
    this.#spun++;
    // Reading the clock is the pause. Unlike an empty loop it takes the same time whether or not this
    // function has been compiled, and unlike a look at the word it leaves the cache line to its owner.
    for (let reading = 0; reading < PAUSE_READINGS; reading++) performance.now();
    return true;
  }

  /**
   * Sleeps while `words[index]` is `expected`.
   *
   * @param owner the thread that the sleeper waits for, 0 if there is no single one
   * @param maxSlice milliseconds after which the caller wants to look again
   */
  sleep(index: number, expected: number, owner: ThreadId, maxSlice = Infinity): Woke {
    const { deadline } = this;
    if (this.#began === 0) this.#begin();
    this.#member.noteLook(owner);
    if (this.#detect && owner !== 0) this.#suspicion = confirmDeadlock(this.#member, this.#suspicion);
    if (this.#isInterrupted()) return Woke.INTERRUPTED;
    const longest = Math.min(maxSlice, this.#agent.slice);
    const slice = this.#detect ? Math.min(DETECTING_SLICE_MS, longest) : longest;
    const left = deadline === Infinity ? Infinity : deadline - performance.now();
    if (left <= 0) return Woke.EXPIRED;
    const result = Atomics.wait(this.#words, index, expected, Math.min(left, slice));
    if (result === 'not-equal') return Woke.CHANGED;
    this.slept = true;
    if (result === 'ok') return Woke.NOTIFIED;
    for (const round of this.#agent.rounds) round();
    // A round may call back someone who waits for something else; this wait's note is gone then.
    if (this.#member.waitEpoch !== this.#epoch) this.#note();
    if (this.#isInterrupted()) return Woke.INTERRUPTED;
    return left <= slice ? Woke.EXPIRED : Woke.SLICE;
  }

  /** Why the thread was interrupted. */
  reason(): unknown {
    return this.#agent.interruption?.();
  }

  /** Ends the wait, however it went. Must be called exactly when `sleep` may have been. */
  end(): void {
    if (this.#began !== 0) this.#member.endWait();
    this.#began = 0;
  }

  #isInterrupted(): boolean {
    return (
      this.#interruptible &&
      this.#agent.interruption !== undefined &&
      this.#member.realm.isInterrupted(this.#member.id)
    );
  }

  #begin(): void {
    // Zero means "not begun"; the clock of a thread can read 0 only at its very first instant.
    this.#began = performance.now() || Number.MIN_VALUE;
    this.#note();
  }

  #note(): void {
    const { uid, kind } = this.#subject ?? { uid: this.#words[UID_WORD]!, kind: kindOf(this.#words) };
    this.#member.beginWait(uid, kind, this.#detect);
    this.#epoch = this.#member.waitEpoch;
  }
}

/** Two looks must fit into the half second in which a deadlock has to be found. */
const DETECTING_SLICE_MS = 100;
