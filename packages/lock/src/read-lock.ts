/** The side of an `RWLock` for readers. The algorithm and its invariants are in readers.ts. */
import {
  AsyncWaiters,
  BlockingWait,
  DeadlockError,
  FLAGS_WORD,
  NotHeldError,
  timeoutOf,
  Woke,
  type AsyncWaitOptions,
  type Memory,
  type Primitive,
  type TimeoutOptions,
} from '@x/core/primitives';
import { Atomics } from '@x/core/seam';
import {
  checkOwner,
  DETECT_BIT,
  isHeld,
  isTaken,
  OWNER_MASK,
  ownerOf,
  refuse,
  retractGrant,
  STATE_WORD,
} from './mutex.js';
import {
  entryOf,
  exit,
  GATE_WORD,
  isAdmitted,
  isDrained,
  openGate,
  phaseOf,
  readingOf,
  register,
  tryEnter,
  unregister,
} from './readers.js';
import { LockSide } from './scoped-lock.js';

/** One that waits to get in, or is about to. */
interface Waiter {
  /** The phase in which it is registered. */
  phase: number;
}

/** Not registered. */
const NONE = -1;

/**
 * The side of an `RWLock` for readers: any number of them hold it at once, but none beside a writer.
 *
 * A hold belongs to the thread; it is not re-entrant: a thread that reads and acquires it again waits
 * for a writer that waits for that thread.
 */
export class ReadLock extends LockSide {
  readonly #lock: Primitive;
  readonly #memory: Memory;
  readonly #words: Int32Array;
  readonly #waiters: AsyncWaiters<Waiter>;
  #entry = 0;
  /** That of this thread's entry when it was last looked at: all promises wait in this one. */
  #phase = 0;

  /** @internal */
  constructor(lock: Primitive, memory: Memory) {
    super();
    this.#lock = lock;
    this.#memory = memory;
    this.#words = memory.words;
    this.#waiters = new AsyncWaiters<Waiter>(
      memory.words,
      GATE_WORD,
      {
        attempt: (waiter) => this.#attempt(waiter),
        announce: (waiter) => this.#mustWait(waiter),
        inspect: () => this.#freeGrant(),
        withdraw: (waiter) => this.#withdraw(waiter),
      },
      'any',
    );
  }

  /**
   * Gets in to read; blocks this thread while a writer holds the lock or waits for readers to leave.
   *
   * @param options `timeout` in milliseconds; `0` tries once
   * @returns true once it is held; false if the time was over before
   * @throws RangeError, TypeError for a wrong timeout; AbandonedError if a writer died; BlockingNotAllowedError
   * on a thread that may not block, if it would have to wait; DeadlockError if this thread is itself
   * the writer, or if detection finds a cycle; ThreadStateError if there are too many readers
   */
  acquire(options?: TimeoutOptions): boolean {
    const timeout = timeoutOf(options);
    if (timeout === 0) return this.tryAcquire();
    return tryEnter(this.#words, this.#own(), isTaken) || this.#acquireSlow(timeout);
  }

  /** Gets in if no writer holds the lock, and never waits. Returns whether it is held now. */
  tryAcquire(): boolean {
    if (tryEnter(this.#words, this.#own(), isHeld)) return true;
    refuse(this.#memory.member, this.#words);
    return false;
  }

  /**
   * Gets in to read without ever blocking this thread. A pending acquire keeps the process alive.
   *
   * @returns true once it is held; false if the time was over before
   * @throws (rejects) the signal's reason if it fires; AbandonedError if a writer died
   */
  acquireAsync(options?: AsyncWaitOptions): Promise<boolean> {
    // Phases are few: who has been let in is told so before the next one registers.
    const phase = this.#entry && phaseOf(this.#words, this.#entry);
    if (phase !== this.#phase) {
      this.#phase = phase;
      this.#waiters.serve();
    }
    return this.#waiters.wait({ phase: NONE }, options);
  }

  /**
   * Gets out; the last reader wakes the writer that waits, if any.
   *
   * @throws NotHeldError if this thread does not hold it
   */
  release(): void {
    const entry = this.#entry || this.#own();
    if (readingOf(this.#words, entry) === 0) {
      throw new NotHeldError(
        `${String(this)} is not held by this thread; only a thread that reads may release it`,
      );
    }
    exit(this.#words, entry);
  }

  /** Whether anybody reads at this moment. */
  locked(): boolean {
    return !isDrained(this.#words);
  }

  /** Kind, name and state of the lock. */
  override toString(): string {
    return `${String(this.#lock)}.read`;
  }

  /** How many of this thread's promises wait. @internal */
  get waiting(): number {
    return this.#waiters.size;
  }

  /** Serves this thread's waiters soon after a writer of this thread has let go. @internal */
  poke(): void {
    this.#waiters.poke();
  }

  #own(): number {
    return (this.#entry ||= entryOf(this.#memory.member, this.#words));
  }

  #acquireSlow(timeout: number): boolean {
    const words = this.#words;
    const { member } = this.#memory;
    if (timeout === Infinity && ownerOf(words) === member.id) {
      throw new DeadlockError(
        `this thread holds ${String(this.#lock)} for writing, so it cannot wait to read it`,
      );
    }
    const wait = new BlockingWait(member, words, timeout, (words[FLAGS_WORD]! & DETECT_BIT) !== 0);
    const waiter: Waiter = { phase: NONE };
    let leaving: Woke | undefined;
    try {
      this.#waiters.serve();
      for (;;) {
        // W3: read before the look for a writer.
        const gate = Atomics.load(words, GATE_WORD);
        if (this.#enter(waiter)) return true;
        if (leaving === Woke.INTERRUPTED) throw wait.reason();
        if (leaving !== undefined) {
          refuse(member, words);
          return false;
        }
        if (wait.spin()) continue;
        const state = Atomics.load(words, STATE_WORD);
        const woke = wait.sleep(GATE_WORD, gate, state & OWNER_MASK);
        if (woke === Woke.EXPIRED || woke === Woke.INTERRUPTED) leaving = woke;
        if (woke === Woke.SLICE) {
          checkOwner(member, words, Atomics.load(words, STATE_WORD), true);
          if (!isHeld(state) && Atomics.load(words, STATE_WORD) === state) this.#freeGrant();
        }
      }
    } finally {
      this.#withdraw(waiter);
      wait.end();
    }
  }

  /** Gets the waiter in, or leaves it registered with a writer there that will see it (W3). */
  #enter(waiter: Waiter): boolean {
    const words = this.#words;
    for (;;) {
      if (waiter.phase === NONE) {
        if (tryEnter(words, this.#own(), isTaken)) return true;
        waiter.phase = register(words, this.#entry);
      }
      if (this.#mustWait(waiter)) return false;
      const { phase } = waiter;
      waiter.phase = NONE;
      if (!unregister(words, this.#entry, phase)) return true;
    }
  }

  /** Whether the waiter has not been let in and a writer is there. */
  #mustWait({ phase }: Waiter): boolean {
    return !isAdmitted(this.#words, this.#entry, phase) && isTaken(Atomics.load(this.#words, STATE_WORD));
  }

  #attempt(waiter: Waiter): boolean {
    if (this.#enter(waiter)) return true;
    try {
      refuse(this.#memory.member, this.#words);
      return false;
    } catch (error) {
      this.#withdraw(waiter);
      throw error;
    }
  }

  #withdraw(waiter: Waiter): void {
    const { phase } = waiter;
    if (phase === NONE) return;
    waiter.phase = NONE;
    // It was let in at the last moment, and nobody is there any more to use that.
    if (!unregister(this.#words, this.#entry, phase)) exit(this.#words, this.#entry);
  }

  /** Frees a grant whose addressee has died: only writers take grants, and none may be left. */
  #freeGrant(): void {
    const words = this.#words;
    const state = Atomics.load(words, STATE_WORD);
    if (isHeld(state) || !isTaken(state)) return;
    retractGrant(words, state & OWNER_MASK);
    openGate(words, false);
  }
}
