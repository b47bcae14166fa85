/** `Lock`: mutual exclusion that any thread may end. The algorithm and its invariants are in mutex.ts. */
import {
  agent,
  at,
  AsyncWaiters,
  FLAGS_WORD,
  NotHeldError,
  registerKind,
  sharedInstances,
  timeoutOf,
  type AsyncWaitOptions,
  type Member,
  type MemoryOptions,
  type Place,
  type TimeoutOptions,
  type Kind,
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
  MUTEX_BYTES,
  orphan,
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
import { ScopedLock } from './scoped-lock.js';

/** Options of a lock. */
export interface LockOptions extends MemoryOptions {
  /** An acquire that would close a cycle of waiting threads throws `DeadlockError`. Default: false. */
  readonly detectDeadlock?: boolean | undefined;
}

const ACQUIRED = /* @__PURE__ */ Promise.resolve(true);

/**
 * Makes sure that only one thread at a time is between `acquire` and `release`. Python:
 * [`threading.Lock`](https://docs.python.org/3/library/threading.html#lock-objects).
 *
 * Any thread may release it, not only the one that acquired it, and it is not re-entrant: a thread
 * that acquires it twice waits for somebody to release it. What the holder wrote before `release` is
 * visible to the next holder after its `acquire`.
 *
 * Fairness: a newcomer may overtake waiters, but one that has waited a millisecond is served before newcomers.
 *
 * Differences from Python: times are in milliseconds; a lock whose holder died throws
 * `AbandonedError` instead of hanging, until someone calls `recover`.
 *
 * @example
 * ```ts
 * import { Lock } from '@x/lock';
 *
 * const lock = new Lock();
 * let balance = 100;
 * lock.with(() => {
 *   balance -= 30;
 * });
 * console.log(balance, lock.locked());   // 70 false
 * ```
 */
export class Lock extends ScopedLock {
  /** Bytes that a lock needs in a buffer of yours. */
  static readonly BYTES: number = MUTEX_BYTES;

  readonly #waiters: AsyncWaiters<undefined>;

  /**
   * Makes a free lock, or attaches to the one that is in `buffer` already.
   *
   * @throws LayoutError if the memory is misaligned, too small, or holds something else
   */
  constructor(options: LockOptions | Place = {}) {
    super(LOCK_KIND, options, (words) => {
      if ('detectDeadlock' in options && options.detectDeadlock === true) words[FLAGS_WORD] = DETECT_BIT;
    });
    const { member, words } = this;
    this.#waiters = new AsyncWaiters<undefined>(words, SEQ_WORD, {
      attempt: () => takeForLoop(member, words, this.#waiters.size > 1),
      announce: (_request, starving) => announceLoop(words, starving),
      forward: () => {
        retractGrant(words, GRANT_LOOP);
      },
      inspect: () => {
        inspect(words);
      },
    });
    agent().farewells.add(orphanLocks);
  }

  /**
   * Acquires the lock; blocks this thread while another holds it.
   *
   * @param options `timeout` in milliseconds; `0` tries once
   * @returns true once it is held; false if the time was over before
   * @throws RangeError, TypeError for a wrong timeout; AbandonedError if the holder died;
   * BlockingNotAllowedError on a thread that may not block, if it would have to wait; DeadlockError
   * if detection is on and the wait would close a cycle
   */
  acquire(options?: TimeoutOptions): boolean {
    if (options === undefined && Atomics.compareExchange(this.words, STATE_WORD, 0, this.member.id) === 0)
      return true;
    return this.#acquireSlow(options);
  }

  /** Acquires the lock if it is free, and never waits. Returns whether it is held now. */
  tryAcquire(): boolean {
    return (
      Atomics.compareExchange(this.words, STATE_WORD, 0, this.member.id) === 0 ||
      tryTake(this.member, this.words)
    );
  }

  /**
   * Acquires the lock without ever blocking this thread. Waiters of one thread are served in order.
   * A pending acquire keeps the process alive.
   *
   * @returns true once it is held; false if the time was over before
   * @throws (rejects) the signal's reason if it fires; AbandonedError if the holder died
   * @example
   * ```ts
   * import { Lock } from '@x/lock';
   *
   * const lock = new Lock();
   * if (await lock.acquireAsync({ timeout: 100 })) lock.release();
   * ```
   */
  acquireAsync(options?: AsyncWaitOptions): Promise<boolean> {
    if (
      options === undefined &&
      this.#waiters.size === 0 &&
      Atomics.compareExchange(this.words, STATE_WORD, 0, this.member.id) === 0
    ) {
      return ACQUIRED;
    }
    return this.#waiters.wait(undefined, options);
  }

  /**
   * Releases the lock and wakes one waiting thread, if any, and the event loops that wait.
   *
   * @throws NotHeldError if nobody holds it; AbandonedError if its holder died
   */
  release(): void {
    const { id } = this.member;
    if (Atomics.compareExchange(this.words, STATE_WORD, id, 0) !== id) {
      giveUp(this.member, this.words, this.name);
    }
    this.#waiters.poke();
  }

  /**
   * Releases the lock unless another thread holds it by now: the body may have lost it, for one by a wait on
   * a condition that could not take it back.
   *
   * @internal
   */
  override endScope(): void {
    const { member, words } = this;
    const state = Atomics.load(words, STATE_WORD);
    if ((state & OWNER_MASK) !== member.id) {
      checkOwner(member, words, state, true);
      throw new NotHeldError(`${this.name} is not held by this thread any more; it was released before`);
    }
    this.release();
  }

  /** Whether somebody holds it at this moment. */
  locked(): boolean {
    return isHeld(Atomics.load(this.words, STATE_WORD));
  }

  /**
   * Takes the lock over from a holder that died, so that the data it protects can be repaired.
   *
   * @throws NotHeldError if the lock is not abandoned
   */
  recover(): void {
    if (!takeOver(this.member, this.words)) {
      throw new NotHeldError(`${this.name} is not abandoned; recover() is for a lock whose holder died`);
    }
  }

  /** @internal */
  protected describeState(): string {
    const state = Atomics.load(this.words, STATE_WORD);
    const owner = ownerOf(this.words);
    const held = (state & ABANDONED_BIT) !== 0 ? 'abandoned' : isHeld(state) ? 'locked' : 'unlocked';
    const by = owner === undefined ? '' : ` owner=${this.member.realm.name(owner) ?? owner}`;
    return `${held}${by} waiters=${this.sleepers + this.#waiters.size}`;
  }

  #acquireSlow(options: TimeoutOptions | undefined): boolean {
    return take(this.member, this.words, timeoutOf(options));
  }
}

/** How it travels; see `Kind`. @internal */
export const LOCK_KIND: Kind = /* @__PURE__ */ registerKind<Lock>(() => ({
  kind: 1,
  name: 'Lock',
  version: 1,
  bytes: MUTEX_BYTES,
  module: import.meta.url,
  revive: (memory, name) => new Lock(at(memory, name)),
}));

/** Python: a thread may end with a lock held, and any other thread may release it. */
function orphanLocks(member: Member): void {
  for (const primitive of sharedInstances()) {
    if (primitive instanceof Lock) orphan(member.id, primitive.memory.words);
  }
}
