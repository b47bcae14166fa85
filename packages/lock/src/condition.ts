/** `Condition`: waiting for something to come true. The table of waiters and its invariants are in condition-table.ts. */
import {
  agent,
  AsyncWaiters,
  at,
  BlockingWait,
  deadlineAfter,
  describe,
  LayoutError,
  registerKind,
  remaining,
  signalOf,
  timeoutOf,
  UID_WORD,
  Woke,
  type AsyncWaitOptions,
  type MemoryOptions,
  type Place,
  type TimeoutOptions,
  type Kind,
} from '@x/core/primitives';
import { Atomics } from '@x/core/seam';
import {
  ALL,
  claimNotified,
  CONDITION_BYTES,
  countWaiting,
  desert,
  desertRun,
  enlist,
  enlistInRun,
  isNotified,
  isWaiting,
  leave,
  leaveRun,
  limitOf,
  LOCK_WORD,
  needsReaping,
  notifyWaiters,
  passOn,
  reap,
  SEQ_WORD,
  settle,
  type Run,
} from './condition-table.js';
import { checkHeld, isLock, releaseAll } from './held-lock.js';
import type { Lock } from './lock.js';
import { checkOwner, DEPTH_WORD, giveUp, STATE_WORD, take, tryTake } from './mutex.js';
import { RLock } from './rlock.js';
import { ScopedLock } from './scoped-lock.js';

/** One async waiter. */
interface Waiter {
  readonly run: Run;
  /** It was notified; the table is told once it has the lock again. */
  claimed: boolean;
  /** Set if it was notified when it left for another reason: up to where that may be passed on. */
  limit: number | undefined;
  /** The lock's holder died meanwhile. */
  abandoned: boolean;
}

/**
 * Lets threads wait until another one says that something has changed. Python:
 * [`threading.Condition`](https://docs.python.org/3/library/threading.html#condition-objects).
 *
 * It goes with a lock, an `RLock` of its own or one given to it; several conditions may share one. Its
 * `acquire`, `release` and so on are those of the lock. Waiting gives the lock up, with all its levels,
 * and takes it back before it returns or throws, also after a time-out or an abort.
 *
 * `notify(n)` wakes at most n of those who were waiting, in the order in which they came, and never one
 * that comes later; but once 128 threads wait, the promises of one event loop count as having come together.
 * A waiter that leaves for another reason, or dies, passes its wake on. Unlike with POSIX conditions nobody
 * wakes up without a reason; still, use `waitFor`, since what was waited for may have changed again before
 * the lock is had.
 *
 * Differences from Python: times are in milliseconds; a `Lock` has to be held by the thread that waits or
 * notifies, not just by anyone; a waiter throws `AbandonedError` if the holder of the lock died.
 *
 * @example
 * ```ts
 * import { Condition } from '@x/lock';
 *
 * const condition = new Condition();
 * const items: string[] = [];
 * const consumer = condition.withAsync(async () => {
 *   await condition.waitForAsync(() => items.length > 0);
 *   return items.pop();
 * });
 * await condition.withAsync(() => {
 *   items.push('bread');
 *   condition.notify();
 * });
 * console.log(await consumer);   // bread
 * ```
 */
export class Condition extends ScopedLock {
  /** Bytes that a condition needs in a buffer of yours; its lock is not included. */
  static readonly BYTES: number = CONDITION_BYTES;

  /** The lock that goes with it. */
  readonly lock: Lock | RLock;
  readonly #waiters: AsyncWaiters<Waiter>;
  /** The run that this loop's next waiter joins if nobody comes between. */
  #lastRun: Run | undefined;

  /**
   * Makes a condition, or attaches to the one that is in `buffer` already, which must go with the same lock.
   *
   * @param lock a `Lock` or `RLock`; by default an `RLock` of its own
   * @throws TypeError if `lock` is neither; LayoutError if the memory is misaligned, too small, or holds
   * something else or a condition with another lock
   */
  constructor(lock: Lock | RLock = new RLock(), options: MemoryOptions | Place = {}) {
    if (!isLock(lock))
      throw new TypeError(`the lock of a condition must be a Lock or an RLock, got ${describe(lock)}`);
    const uid = lock.memory.words[UID_WORD]!;
    const initialise = (words: Int32Array): void => {
      words[LOCK_WORD] = uid;
    };
    // In the realm of its lock, which need not be the one that new primitives of this thread belong to.
    super(CONDITION_KIND, options, initialise, lock.memory.member);
    const { words } = this;
    if (words[LOCK_WORD] !== uid) {
      throw new LayoutError(
        `this condition goes with another lock than ${lock.name}; pass the one it was made with`,
      );
    }
    this.lock = lock;
    this.#waiters = new AsyncWaiters<Waiter>(words, SEQ_WORD, {
      attempt: (waiter) => this.#attempt(waiter),
      announce: ({ run }) => !isNotified(words, run),
      inspect: () => {
        try {
          this.#tend();
        } catch {
          // Abandoned: each waiter is told by its attempt, which follows.
        }
      },
      withdraw: (waiter) => {
        this.#withdraw(waiter);
      },
    });
  }

  /** Acquires the lock; see `Lock.acquire` and `RLock.acquire`. Blocks this thread while another holds it. */
  acquire(options?: TimeoutOptions): boolean {
    return this.lock.acquire(options);
  }

  /** Acquires the lock if it is free, and never waits. Returns whether it is held now. */
  tryAcquire(): boolean {
    return this.lock.tryAcquire();
  }

  /** Acquires the lock without ever blocking this thread. Resolves with whether it is held now. */
  acquireAsync(options?: AsyncWaitOptions): Promise<boolean> {
    return this.lock.acquireAsync(options);
  }

  /** Releases the lock. Throws `NotHeldError` if it is not held. */
  release(): void {
    this.lock.release();
  }

  /** @internal */
  override endScope(): void {
    this.lock.endScope();
  }

  /** Whether somebody holds the lock at this moment. */
  locked(): boolean {
    return this.lock.locked();
  }

  /** Takes the lock over from a holder that died. Throws `NotHeldError` if it is not abandoned. */
  recover(): void {
    this.lock.recover();
  }

  /**
   * Gives the lock up, blocks this thread until it is notified, and takes the lock back.
   *
   * @param options `timeout` in milliseconds, not counting the time to get the lock back
   * @returns true if it was notified; false if the time was over before
   * @throws NotHeldError if this thread does not hold the lock; RangeError, TypeError for a wrong timeout;
   * BlockingNotAllowedError on a thread that may not block; ThreadStateError if too many wait already.
   * AbandonedError if the lock's holder died, DeadlockError if taking it back closes a cycle: then, and
   * only then, the lock is not held afterwards
   */
  wait(options?: TimeoutOptions): boolean {
    const timeout = timeoutOf(options);
    checkHeld(this.lock);
    const { member, words } = this;
    const wait = new BlockingWait(member, words, timeout);
    const entry = enlist(member, words);
    let woke: Woke;
    try {
      const levels = releaseAll(this.lock);
      woke = this.#sleep(wait, entry);
      // Not to be interrupted: the caller is going to release it.
      take(this.lock.memory.member, this.lock.memory.words, Infinity, false);
      this.lock.memory.words[DEPTH_WORD] = levels;
    } catch (error) {
      desert(member, words, entry);
      throw error;
    } finally {
      wait.end();
    }
    const limit = limitOf(words, entry);
    // Before the entry is empty: if this thread is killed between the two, one too many is woken, not one too few.
    if (woke === Woke.INTERRUPTED && limit !== undefined) passOn(words, limit);
    leave(words, entry);
    if (woke === Woke.INTERRUPTED) throw wait.reason();
    // Also one whose time was over has been notified, if that happened before it had the lock again.
    return limit !== undefined;
  }

  /**
   * Gives the lock up, waits until it is notified without blocking this thread, and takes the lock back,
   * which is then held in async ownership with as many levels as before.
   *
   * The lock has to be held by this thread, by `acquire` or `acquireAsync`. It is given up before this
   * method returns. A pending wait keeps the process alive.
   *
   * @returns true if it was notified; false if the time was over before
   * @throws (rejects) NotHeldError if this thread does not hold the lock; the signal's reason if it fires, with
   * the lock held again; ThreadStateError if too many wait already; AbandonedError if the lock's holder
   * died: then, and only then, the lock is not held afterwards
   */
  async waitAsync(options?: AsyncWaitOptions): Promise<boolean> {
    const timeout = timeoutOf(options);
    const signal = signalOf(options);
    checkHeld(this.lock);
    // Whoever was notified leaves the run before another one joins it: a notify is not for those who come later.
    this.#waiters.serve();
    const run = enlistInRun(this.member, this.words, this.#lastRun);
    this.#lastRun = run;
    const levels = Math.abs(releaseAll(this.lock));
    return this.#waitForNotify({ run, claimed: false, limit: undefined, abandoned: false }, levels, {
      timeout,
      signal,
    });
  }

  /**
   * Waits until the predicate holds, blocking; it is called with the lock held. Python: `wait_for`.
   *
   * @returns what the predicate returned last: something false if the time was over before
   * @throws as `wait`; TypeError if the predicate returns a promise
   */
  waitFor<T>(predicate: () => T, options?: TimeoutOptions): T {
    const timeout = timeoutOf(options);
    checkPredicate(predicate);
    checkHeld(this.lock);
    const deadline = deadlineAfter(timeout);
    for (;;) {
      const result = predicate();
      if (typeof (result as Partial<PromiseLike<unknown>> | undefined | null)?.then === 'function') {
        throw new TypeError(
          'the predicate returned a promise, which is true whatever becomes of it; use waitForAsync()',
        );
      }
      const left = remaining(deadline);
      if (result || left === 0) return result;
      this.wait({ timeout: left });
    }
  }

  /**
   * Waits until the predicate holds, without blocking this thread; it is called with the lock held and may be async.
   *
   * @returns what the predicate returned last: something false if the time was over before
   * @throws (rejects) as `waitAsync`
   */
  async waitForAsync<T>(predicate: () => T | PromiseLike<T>, options?: AsyncWaitOptions): Promise<T> {
    const timeout = timeoutOf(options);
    const signal = signalOf(options);
    checkPredicate(predicate);
    checkHeld(this.lock);
    const deadline = deadlineAfter(timeout);
    for (;;) {
      const result = await predicate();
      const left = remaining(deadline);
      if (result || left === 0) return result;
      await this.waitAsync({ timeout: left, signal });
    }
  }

  /**
   * Wakes up to n of those who wait, in the order in which they came. They go on once this thread releases the lock.
   *
   * @throws NotHeldError if this thread does not hold the lock; RangeError if n is not a whole number from 0
   */
  notify(n = 1): void {
    if (typeof n !== 'number') throw new TypeError(`n must be a number of waiters, got ${describe(n)}`);
    if (!Number.isInteger(n) || n < 0) throw new RangeError(`n must be a whole number from 0, got ${n}`);
    checkHeld(this.lock);
    notifyWaiters(this.member, this.words, Math.min(n, ALL));
  }

  /**
   * Wakes all who wait. They go on one after the other, as they get the lock.
   *
   * @throws NotHeldError if this thread does not hold the lock
   */
  notifyAll(): void {
    this.notify(ALL);
  }

  /** @internal */
  protected describeState(): string {
    return `${String(this.lock)} waiters=${countWaiting(this.words)}`;
  }

  #sleep(wait: BlockingWait, entry: number): Woke {
    for (;;) {
      if (!isWaiting(this.member, this.words, entry)) return Woke.NOTIFIED;
      const woke = wait.sleep(entry, this.member.id, 0);
      if (woke === Woke.EXPIRED || woke === Woke.INTERRUPTED) return woke;
      if (woke === Woke.SLICE) this.#tend();
    }
  }

  async #waitForNotify(waiter: Waiter, levels: number, options: AsyncWaitOptions): Promise<boolean> {
    const { words } = this;
    // Over the whole wait, or this thread might be taken for idle between its two parts.
    const { keepAlive } = agent();
    keepAlive.add();
    let held = false;
    try {
      let failure: { readonly error: unknown } | undefined;
      try {
        await this.#waiters.wait(waiter, options);
      } catch (error) {
        if (waiter.abandoned) throw error;
        failure = { error };
      }
      await this.lock.acquireAsync();
      held = true;
      this.lock.memory.words[DEPTH_WORD] = -levels;
      if (!failure) return waiter.claimed;
      // Before it is settled: if this thread is killed between the two, one too many is woken, not one too few.
      if (waiter.limit !== undefined) passOn(words, waiter.limit);
      throw failure.error;
    } finally {
      if (waiter.claimed) {
        if (held) settle(words, waiter.run);
        else this.#desert(waiter.run);
      }
      keepAlive.remove();
    }
  }

  /** Claims what the waiter was notified for. Throws if the lock's holder died: nobody may be left to notify. */
  #attempt(waiter: Waiter): boolean {
    if (claimNotified(this.words, waiter.run)) {
      waiter.claimed = true;
      return true;
    }
    const { member, words } = this.lock.memory;
    try {
      checkOwner(member, words, Atomics.load(words, STATE_WORD), false);
      return false;
    } catch (error) {
      waiter.abandoned = true;
      this.#withdraw(waiter);
      throw error;
    }
  }

  #desert(run: Run): void {
    desertRun(this.words, run);
    // Another one of the run may have it now.
    this.#waiters.poke();
  }

  #withdraw(waiter: Waiter): void {
    waiter.limit = leaveRun(this.words, waiter.run);
    waiter.claimed = waiter.limit !== undefined;
  }

  /** What a waiter does after a slice in which nothing happened: looks for threads that died. */
  #tend(): void {
    const { member, words } = this.lock.memory;
    checkOwner(member, words, Atomics.load(words, STATE_WORD), true);
    if (!needsReaping(this.member, this.words) || !tryTake(member, words)) return;
    reap(this.member, this.words, true);
    giveUp(member, words, this.lock.name);
  }
}

function checkPredicate(predicate: unknown): void {
  if (typeof predicate !== 'function') {
    throw new TypeError(`the predicate must be a function, got ${describe(predicate)}`);
  }
}

/** How it travels; see `Kind`. @internal */
export const CONDITION_KIND: Kind = /* @__PURE__ */ registerKind<Condition>(() => ({
  kind: 3,
  name: 'Condition',
  version: 1,
  bytes: CONDITION_BYTES,
  module: import.meta.url,
  extra: (condition) => condition.lock,
  revive: (memory, name, lock) => {
    if (!isLock(lock)) throw new LayoutError('the message is damaged: a condition without its lock');
    return new Condition(lock, at(memory, name));
  },
}));
