/** `RLock`: a lock that its owner may acquire again. The algorithm and its invariants are in mutex.ts. */
import {
  at,
  AsyncWaiters,
  DeadlockError,
  FLAGS_WORD,
  NotHeldError,
  registerKind,
  timeoutOf,
  type AsyncWaitOptions,
  type Place,
  type TimeoutOptions,
  type Kind,
} from '@x/core/primitives';
import { Atomics } from '@x/core/seam';
import type { LockOptions } from './lock.js';
import {
  ABANDONED_BIT,
  announceLoop,
  checkOwner,
  DEPTH_WORD,
  DETECT_BIT,
  giveUp,
  GRANT_LOOP,
  inspect,
  isHeld,
  MUTEX_BYTES,
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

/** DEPTH of a lock that an async acquire holds: negative, so that it never re-enters. */
const HELD_ASYNC = -1;

/**
 * A lock that the thread which holds it may acquire again; it is free after as many releases. Python:
 * [`threading.RLock`](https://docs.python.org/3/library/threading.html#rlock-objects).
 *
 * A blocking acquire belongs to the thread, and re-enters. An async acquire is an ownership of its
 * own, which never re-enters: two async tasks of one thread exclude each other. Only the thread that
 * holds it may release it.
 *
 * Fairness: as `Lock`. Differences from Python: times are in milliseconds; a lock whose holder ended
 * or died throws `AbandonedError` instead of hanging, until someone calls `recover`.
 *
 * @example
 * ```ts
 * import { RLock } from '@x/lock';
 *
 * const lock = new RLock();
 * const inner = () => lock.with(() => 'inside twice');
 * console.log(lock.with(inner), lock.locked());   // inside twice false
 * ```
 */
export class RLock extends ScopedLock {
  /** Bytes that a lock needs in a buffer of yours. */
  static readonly BYTES: number = MUTEX_BYTES;

  readonly #waiters: AsyncWaiters<undefined>;

  /**
   * Makes a free lock, or attaches to the one that is in `buffer` already.
   *
   * @throws LayoutError if the memory is misaligned, too small, or holds something else
   */
  constructor(options: LockOptions | Place = {}) {
    super(RLOCK_KIND, options, (words) => {
      if ('detectDeadlock' in options && options.detectDeadlock === true) words[FLAGS_WORD] = DETECT_BIT;
    });
    const { member, words } = this;
    this.#waiters = new AsyncWaiters<undefined>(words, SEQ_WORD, {
      attempt: () => {
        if (!takeForLoop(member, words, this.#waiters.size > 1)) return false;
        words[DEPTH_WORD] = HELD_ASYNC;
        return true;
      },
      announce: (_request, starving) => announceLoop(words, starving),
      forward: () => {
        retractGrant(words, GRANT_LOOP);
      },
      inspect: () => {
        inspect(words);
      },
    });
  }

  /**
   * Acquires the lock, or enters it once more if this thread holds it; blocks while another holds it.
   *
   * @param options `timeout` in milliseconds; `0` tries once
   * @returns true once it is held; false if the time was over before
   * @throws RangeError, TypeError for a wrong timeout; AbandonedError if the holder died;
   * BlockingNotAllowedError on a thread that may not block, if it would have to wait; DeadlockError
   * if the wait could never end: an async task of this same thread holds it, or detection finds a cycle
   */
  acquire(options?: TimeoutOptions): boolean {
    const { words, member } = this;
    if (options === undefined && Atomics.compareExchange(words, STATE_WORD, 0, member.id) === 0) {
      words[DEPTH_WORD] = 1;
      return true;
    }
    const timeout = timeoutOf(options);
    if (this.#reenter()) return true;
    if (timeout === Infinity && ownerOf(words) === member.id) {
      throw new DeadlockError(
        `${this.name} is held by an async task of this thread, which cannot go on while the thread blocks; use acquireAsync()`,
      );
    }
    if (!take(member, words, timeout)) return false;
    words[DEPTH_WORD] = 1;
    return true;
  }

  /** Acquires the lock if it is free or held by this thread, and never waits. Returns whether it is held now. */
  tryAcquire(): boolean {
    if (this.#reenter()) return true;
    if (!tryTake(this.member, this.words)) return false;
    this.words[DEPTH_WORD] = 1;
    return true;
  }

  /**
   * Acquires the lock for one async task, without ever blocking this thread. Does not re-enter.
   *
   * @returns true once it is held; false if the time was over before
   * @throws (rejects) the signal's reason if it fires; AbandonedError if the holder died
   */
  acquireAsync(options?: AsyncWaitOptions): Promise<boolean> {
    return this.#waiters.wait(undefined, options);
  }

  /**
   * Undoes one acquire; the last one wakes a waiter.
   *
   * @throws NotHeldError if this thread does not hold it; AbandonedError if its holder died
   */
  release(): void {
    const { words, member } = this;
    const state = Atomics.load(words, STATE_WORD);
    if ((state & OWNER_AND_ABANDONED) !== member.id) {
      checkOwner(member, words, state, true);
      throw new NotHeldError(`${this.name} is not held by this thread; only its owner may release it`);
    }
    // Plain access: only the owner reads or writes DEPTH, and the exchanges on STATE order owners.
    const depth = words[DEPTH_WORD]!;
    if (depth > 1 || depth < HELD_ASYNC) {
      words[DEPTH_WORD] = depth > 0 ? depth - 1 : depth + 1;
      return;
    }
    if (Atomics.compareExchange(words, STATE_WORD, member.id, 0) !== member.id)
      giveUp(member, words, this.name);
    this.#waiters.poke();
  }

  /** Whether somebody holds it at this moment. */
  locked(): boolean {
    return isHeld(Atomics.load(this.words, STATE_WORD));
  }

  /**
   * Takes the lock over from a holder that died or ended, so that the data it protects can be repaired.
   *
   * @throws NotHeldError if the lock is not abandoned
   */
  recover(): void {
    if (!takeOver(this.member, this.words)) {
      throw new NotHeldError(`${this.name} is not abandoned; recover() is for a lock whose holder died`);
    }
    this.words[DEPTH_WORD] = 1;
  }

  /** @internal */
  protected describeState(): string {
    const state = Atomics.load(this.words, STATE_WORD);
    const owner = ownerOf(this.words);
    const held = (state & ABANDONED_BIT) !== 0 ? 'abandoned' : isHeld(state) ? 'locked' : 'unlocked';
    const by = owner === undefined ? '' : ` owner=${this.member.realm.name(owner) ?? owner}`;
    const count = isHeld(state) ? Math.abs(this.words[DEPTH_WORD]!) : 0;
    return `${held}${by} count=${count} waiters=${this.sleepers + this.#waiters.size}`;
  }

  /** Enters once more if a blocking acquire of this thread holds the lock. */
  #reenter(): boolean {
    const { words, member } = this;
    if ((Atomics.load(words, STATE_WORD) & OWNER_AND_ABANDONED) !== member.id) return false;
    const depth = words[DEPTH_WORD]!;
    if (depth <= HELD_ASYNC) return false;
    words[DEPTH_WORD] = depth + 1;
    return true;
  }
}

const OWNER_AND_ABANDONED = OWNER_MASK | ABANDONED_BIT;

/** How it travels; see `Kind`. @internal */
export const RLOCK_KIND: Kind = /* @__PURE__ */ registerKind<RLock>(() => ({
  kind: 2,
  name: 'RLock',
  version: 1,
  bytes: MUTEX_BYTES,
  module: import.meta.url,
  revive: (memory, name) => new RLock(at(memory, name)),
}));
