/** The side of an `RWLock` for writers. The algorithm and its invariants are in mutex.ts and readers.ts. */
import {
  agent,
  AsyncWaiters,
  BlockingWait,
  deadlineAfter,
  DeadlockError,
  FLAGS_WORD,
  NotHeldError,
  readEdge,
  remaining,
  signalOf,
  timeoutOf,
  Woke,
  type AsyncWaitOptions,
  type Memory,
  type Primitive,
  type ThreadId,
  type TimeoutOptions,
} from '@x/core/primitives';
import { Atomics } from '@x/core/seam';
import {
  ABANDONED_BIT,
  announceLoop,
  checkOwner,
  DETECT_BIT,
  giveUp,
  GRANT_LOOP,
  inspect,
  isHeld,
  OWNER_MASK,
  ownerOf,
  retractGrant,
  SEQ_WORD,
  STATE_WORD,
  take,
  takeForLoop,
  takeOver,
  tryTake,
} from './mutex.js';
import { admit, DRAIN_WORD, isDrained, openGate, readers, reclaim } from './readers.js';
import { LockSide } from './scoped-lock.js';

/**
 * The side of an `RWLock` for writers: one holds it at a time, with no reader beside it.
 *
 * Only the thread that acquired it may release it. It is not re-entrant, and a reader cannot become a writer.
 */
export class WriteLock extends LockSide {
  readonly #lock: Primitive;
  readonly #memory: Memory;
  readonly #words: Int32Array;
  /** Those who wait for the mutex. */
  readonly #waiters: AsyncWaiters<undefined>;
  /** The one that has the mutex and waits for readers to leave, if that is an async one of this thread. */
  readonly #drainer: AsyncWaiters<undefined>;
  readonly #onRelease: () => void;
  /** An async acquire of this thread has the mutex, but not yet the lock: nobody may release that. */
  #draining = false;

  /** @internal */
  constructor(lock: Primitive, memory: Memory, onRelease: () => void) {
    super();
    this.#lock = lock;
    this.#memory = memory;
    this.#words = memory.words;
    this.#onRelease = onRelease;
    const { member, words } = memory;
    const freed = (): void => {
      openGate(words, false);
    };
    this.#waiters = new AsyncWaiters<undefined>(words, SEQ_WORD, {
      attempt: () => {
        if (!takeForLoop(member, words, this.#waiters.size > 1)) return false;
        this.#draining = true;
        return true;
      },
      announce: (_request, starving) => announceLoop(words, starving),
      forward: () => {
        retractGrant(words, GRANT_LOOP);
        freed();
      },
      inspect: () => {
        inspect(words);
        freed();
      },
    });
    this.#drainer = new AsyncWaiters<undefined>(words, DRAIN_WORD, {
      attempt: () => isDrained(words),
      announce: () => !isDrained(words),
      inspect: () => reclaim(member, words),
    });
  }

  /**
   * Acquires the lock for writing; blocks this thread while another writes or anybody reads.
   *
   * @param options `timeout` in milliseconds; `0` tries once
   * @returns true once it is held; false if the time was over before
   * @throws RangeError, TypeError for a wrong timeout; AbandonedError if a writer died; BlockingNotAllowedError
   * on a thread that may not block, if it would have to wait; DeadlockError if this thread reads or
   * writes under the lock itself, or if detection finds a cycle
   */
  acquire(options?: TimeoutOptions): boolean {
    const timeout = timeoutOf(options);
    if (timeout === 0) return this.tryAcquire();
    const { member } = this.#memory;
    const words = this.#words;
    if (timeout === Infinity) this.#checkOutside();
    const deadline = deadlineAfter(timeout);
    if (!take(member, words, timeout)) return false;
    return this.#afterDrain(() => isDrained(words) || this.#drain(remaining(deadline)));
  }

  /** Acquires the lock for writing if nobody holds it, and never waits. Returns whether it is held now. */
  tryAcquire(): boolean {
    const { member } = this.#memory;
    const words = this.#words;
    // Looked at first, so that readers are not kept out for a try that fails anyway.
    if (!isDrained(words) && !(reclaim(member, words) && isDrained(words))) {
      checkOwner(member, words, Atomics.load(words, STATE_WORD), true);
      return false;
    }
    return tryTake(member, words) && this.#afterDrain(() => isDrained(words));
  }

  /**
   * Acquires the lock for writing without ever blocking this thread. Waiters of one thread are served
   * in order. A pending acquire keeps the process alive.
   *
   * @returns true once it is held; false if the time was over before
   * @throws (rejects) the signal's reason if it fires; AbandonedError if a writer died
   */
  async acquireAsync(options?: AsyncWaitOptions): Promise<boolean> {
    const timeout = timeoutOf(options);
    const signal = signalOf(options);
    const deadline = deadlineAfter(timeout);
    // Over both waits, or this thread might be taken for idle between them.
    const { keepAlive } = agent();
    keepAlive.add();
    let owner = false;
    let drained = false;
    try {
      owner = await this.#waiters.wait(undefined, { timeout, signal });
      if (!owner) return false;
      drained = await this.#drainer.wait(undefined, { timeout: remaining(deadline), signal });
      if (!drained) {
        // A dead reader must not make the wait fail, nor every one that is shorter than a slice.
        reclaim(this.#memory.member, this.#words);
        drained = isDrained(this.#words);
      }
      return drained;
    } finally {
      if (owner) this.#draining = false;
      if (owner && !drained) this.#letGo();
      keepAlive.remove();
    }
  }

  /**
   * Releases the lock: lets in everyone who waits to read, else wakes a writer.
   *
   * @throws NotHeldError if this thread does not hold it; AbandonedError if its holder died
   */
  release(): void {
    const { member } = this.#memory;
    const words = this.#words;
    const state = Atomics.load(words, STATE_WORD);
    if ((state & (OWNER_MASK | ABANDONED_BIT)) !== member.id || this.#draining) {
      checkOwner(member, words, state, true);
      throw new NotHeldError(`${String(this)} is not held by this thread; only its owner may release it`);
    }
    this.#letGo();
  }

  /** Whether somebody writes at this moment. */
  locked(): boolean {
    return isHeld(Atomics.load(this.#words, STATE_WORD)) && isDrained(this.#words);
  }

  /**
   * Takes the lock over from a writer that died, so that the data it protects can be repaired. If that
   * one was still waiting for readers to leave, blocks until they have left; there is nothing to repair then.
   *
   * @throws NotHeldError if the lock is not abandoned; DeadlockError if this thread reads, whom it would wait for
   */
  recover(): void {
    const { member } = this.#memory;
    if (!takeOver(member, this.#words, () => this.#checkOutside())) {
      throw new NotHeldError(`${String(this)} is not abandoned; recover() is for a lock whose writer died`);
    }
    this.#afterDrain(() => isDrained(this.#words) || this.#drain(Infinity));
  }

  /** Kind, name and state of the lock. */
  override toString(): string {
    return `${String(this.#lock)}.write`;
  }

  /** How many of this thread's promises wait. @internal */
  get waiting(): number {
    return this.#waiters.size + this.#drainer.size;
  }

  /** Throws if this thread holds either side, so that its wait for others to leave would never end. */
  #checkOutside(): void {
    const { id } = this.#memory.member;
    if (ownerOf(this.#words) !== id && !readers(this.#words).includes(id)) return;
    throw new DeadlockError(
      `this thread holds ${String(this.#lock)} itself, so it cannot wait to write; release it first`,
    );
  }

  /** Lets go of the mutex again unless the readers have left. */
  #afterDrain(drain: () => boolean): boolean {
    let drained = false;
    try {
      drained = drain();
    } finally {
      if (!drained) this.#letGo();
    }
    return drained;
  }

  /** Blocks until nobody reads. The caller has the mutex, so that nobody new comes in (W1). */
  #drain(timeout: number): boolean {
    const { member } = this.#memory;
    const words = this.#words;
    const wait = new BlockingWait(member, words, timeout, (words[FLAGS_WORD]! & DETECT_BIT) !== 0);
    try {
      for (;;) {
        // Read before the look at the readers: one that leaves after the look changes it.
        const drain = Atomics.load(words, DRAIN_WORD);
        const inside = readers(words);
        if (inside.length === 0) return true;
        const woke = wait.sleep(DRAIN_WORD, drain, this.#culprit(inside));
        if (woke === Woke.INTERRUPTED) throw wait.reason();
        // Also at the end: a dead reader must not make the wait fail.
        if (woke === Woke.SLICE || woke === Woke.EXPIRED) reclaim(member, words);
        if (woke === Woke.EXPIRED) return isDrained(words);
      }
    } finally {
      wait.end();
    }
  }

  /** Of those who read, the one to name as whom this thread waits for: one that waits itself closes a cycle. */
  #culprit(inside: readonly ThreadId[]): ThreadId {
    const { realm } = this.#memory.member;
    return inside.find((id) => readEdge(realm, id) !== undefined) ?? inside[0]!;
  }

  #letGo(): void {
    const words = this.#words;
    const admitted = admit(words);
    giveUp(this.#memory.member, words, this.#lock.name);
    openGate(words, admitted);
    this.#waiters.poke();
    this.#onRelease();
  }
}
