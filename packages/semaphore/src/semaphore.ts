/** `Semaphore`: a number of permits. The algorithm and its invariants are in permits.ts. */
import {
  at,
  AsyncWaiters,
  describe,
  hold,
  holdAsync,
  Primitive,
  registerKind,
  runHeld,
  runHeldAsync,
  timeoutOf,
  type AsyncWaitOptions,
  type Kind,
  type MemoryOptions,
  type Place,
  type TimeoutOptions,
} from '@x/core/primitives';
import { Atomics } from '@x/core/seam';
import { LIMIT_WORD, MAX_VALUE, SEMAPHORE_BYTES, SEQ_WORD, STATE_WORD, valueOf } from './layout.js';
import {
  announceLoop,
  give,
  lookAround,
  take,
  takeAtOnce,
  takeForLoop,
  tryTake,
  withdrawLoop,
  type Claim,
} from './permits.js';

/** How many permits. */
export interface PermitOptions {
  /** A whole number from 1. Default: 1. */
  readonly permits?: number | undefined;
}

/** Options of a blocking acquire. */
export interface AcquireOptions extends PermitOptions, TimeoutOptions {}

/** Options of an async acquire. */
export interface AcquireAsyncOptions extends PermitOptions, AsyncWaitOptions {}

const ACQUIRED = /* @__PURE__ */ Promise.resolve(true);

/**
 * Lets a limited number of threads do something at the same time: `acquire` takes a permit and waits
 * while there is none, `release` gives one back. Python:
 * [`threading.Semaphore`](https://docs.python.org/3/library/threading.html#semaphore-objects).
 *
 * Any thread may release, whether it has acquired or not. What a thread wrote before `release` is
 * visible to whoever gets a permit after it.
 *
 * Fairness: a newcomer may overtake waiters, but one that has waited a millisecond is served before
 * everybody else, however many permits it wants; threads and event loops take turns.
 *
 * Permits that were acquired by `hold` or `with` come back if the thread that holds them is killed;
 * those that were acquired by `acquire` do not, as anybody may release them. Up to 15 threads at a
 * time can hold permits of one semaphore in that way; the permits of a sixteenth are lost if it is killed.
 *
 * Differences from Python: times are in milliseconds; `acquire` takes several permits at once if asked;
 * at most 8,388,607 permits.
 *
 * @example
 * ```ts
 * import { Semaphore } from '@x/semaphore';
 *
 * const connections = new Semaphore(2);
 * connections.acquire();
 * connections.with(() => {
 *   console.log(connections.value, connections.tryAcquire());   // 0 false
 * });
 * connections.release();
 * console.log(connections.value);   // 2
 * ```
 */
export class Semaphore extends Primitive {
  /** Bytes that a semaphore needs in a buffer of yours. */
  static readonly BYTES: number = SEMAPHORE_BYTES;

  /** The most permits that a semaphore can have. */
  static readonly MAX_VALUE: number = MAX_VALUE;

  /** @internal */
  protected static get kind(): Kind {
    return SEMAPHORE_KIND;
  }

  readonly #waiters: AsyncWaiters<Claim>;
  /** The claim for which this event loop may be first in line. */
  #announced: Claim | undefined;

  /**
   * Makes a semaphore, or attaches to the one that is in `buffer` already, which then keeps its value.
   *
   * @param value permits that are free at first; a whole number from 0
   * @throws TypeError, RangeError for a wrong value; LayoutError if the memory is misaligned, too
   * small, or holds something else
   */
  constructor(value = 1, options: MemoryOptions | Place = {}) {
    checkCount(value, 'value', 0);
    super(new.target.kind, options, (words) => {
      words[STATE_WORD] = value;
      words[LIMIT_WORD] = new.target.limitFor(value);
    });
    const { member, words } = this;
    let seen = 0;
    this.#waiters = new AsyncWaiters<Claim>(words, SEQ_WORD, {
      attempt: (claim) => takeForLoop(member, words, claim),
      announce: (claim, starving) => {
        this.#announced = claim;
        return announceLoop(member, words, claim, starving);
      },
      withdraw: (claim) => {
        if (this.#announced === claim) withdrawLoop(member, words);
      },
      inspect: () => {
        lookAround(member, words, seen);
        seen = Atomics.load(words, STATE_WORD);
      },
    });
  }

  /** The most permits that may be free, for a semaphore that begins with `value`. @internal */
  protected static limitFor(_value: number): number {
    return MAX_VALUE;
  }

  /** How many permits are free at this moment. */
  get value(): number {
    return valueOf(Atomics.load(this.words, STATE_WORD));
  }

  /**
   * Takes permits; blocks this thread while there are too few.
   *
   * @param options `permits`, default 1; `timeout` in milliseconds, `0` tries once
   * @returns true once it has them, all of them; false, with none taken, if the time was over before
   * @throws RangeError, TypeError for wrong options, and for more permits than there can ever be;
   * BlockingNotAllowedError on a thread that may not block, if it would have to wait; this thread's
   * own signal's reason, if that fires meanwhile
   */
  acquire(options?: AcquireOptions): boolean {
    if (options === undefined && takeAtOnce(this.words, 1)) return true;
    return this.#acquire(options, false) !== undefined;
  }

  /**
   * Takes permits if they are free, and never waits. Fails also while a waiter that is first in line
   * wants more than there are: those are being gathered for it.
   *
   * @returns whether it has them now
   * @throws RangeError, TypeError as `acquire`
   */
  tryAcquire(options?: PermitOptions): boolean {
    if (options === undefined && takeAtOnce(this.words, 1)) return true;
    timeoutOf(options as TimeoutOptions | undefined);
    return tryTake(this.member, this.words, this.#claim(options, false));
  }

  /**
   * Takes permits without ever blocking this thread. Waiters of one thread are served in order. A
   * pending acquire keeps the process alive.
   *
   * @returns true once it has them; false, with none taken, if the time was over before
   * @throws (rejects) RangeError, TypeError as `acquire`; the signal's reason if it fires
   * @example
   * ```ts
   * import { Semaphore } from '@x/semaphore';
   *
   * const semaphore = new Semaphore(0);
   * setTimeout(() => semaphore.release(3), 10);
   * console.log(await semaphore.acquireAsync({ permits: 3, timeout: 1000 }));   // true
   * ```
   */
  acquireAsync(options?: AcquireAsyncOptions): Promise<boolean> {
    if (options === undefined && this.#waiters.size === 0 && takeAtOnce(this.words, 1)) return ACQUIRED;
    return this.#acquirePlain(options);
  }

  /**
   * Gives permits back and wakes those who can use them.
   *
   * @param n how many; a whole number from 1
   * @throws RangeError, TypeError for a wrong number, and RangeError, with nothing changed, if there
   * would be more permits than there may be
   */
  release(n = 1): void {
    checkCount(n, 'n', 1);
    this.#release(n);
  }

  /**
   * Takes permits for a `using` declaration; blocks this thread while there are too few. They come back
   * at the end of the block, or if this thread is killed in it.
   *
   * @throws TimeoutError when the time is over; otherwise as `acquire`
   */
  hold(options?: AcquireOptions): Disposable {
    const use = this.#guarded();
    return hold(use, use.release, options);
  }

  /**
   * Takes permits without blocking, for a `using` declaration.
   *
   * @throws (rejects) TimeoutError when the time is over; otherwise as `acquireAsync`
   */
  holdAsync(options?: AcquireAsyncOptions): Promise<Disposable> {
    const use = this.#guarded();
    return holdAsync(use, use.release, options);
  }

  /**
   * Runs the function while holding permits; gives them back whatever happens. Python: `with semaphore:`.
   *
   * @throws what the function throws; otherwise as `acquire`
   */
  with<T>(body: () => T, options?: PermitOptions): T {
    const use = this.#guarded(options);
    return runHeld(use, use.release, body);
  }

  /**
   * Awaits the function while holding permits; gives them back whatever happens. Never blocks this thread.
   *
   * @throws (rejects) what the function throws; otherwise as `acquireAsync`
   */
  withAsync<T>(body: () => T | PromiseLike<T>, options?: PermitOptions): Promise<T> {
    const use = this.#guarded(options);
    return runHeldAsync(use, use.release, body);
  }

  /** The state as Python's `repr` shows it. @internal */
  protected describeState(): string {
    return `value=${this.describeValue()} waiters=${this.sleepers + this.#waiters.size}`;
  }

  /** @internal */
  protected describeValue(): string {
    return `${this.value}`;
  }

  /** This semaphore as one guard uses it, which gives back exactly what it has taken. */
  #guarded(options?: AcquireOptions & AcquireAsyncOptions) {
    let claim: Claim | undefined;
    return {
      acquire: (given: AcquireOptions | undefined = options) =>
        (claim = this.#acquire(given, true)) !== undefined,
      acquireAsync: async (given: AcquireAsyncOptions | undefined = options) =>
        (claim = await this.#acquireAsync(given, true)) !== undefined,
      release: () => {
        this.#release(claim!.permits, claim);
      },
      toString: () => this.toString(),
    };
  }

  #acquire(options: AcquireOptions | undefined, guarded: boolean): Claim | undefined {
    const timeout = timeoutOf(options);
    const claim = this.#claim(options, guarded);
    return take(this.member, this.words, claim, timeout) ? claim : undefined;
  }

  async #acquirePlain(options: AcquireAsyncOptions | undefined): Promise<boolean> {
    timeoutOf(options);
    return this.#waiters.wait(this.#claim(options, false), options);
  }

  async #acquireAsync(
    options: AcquireAsyncOptions | undefined,
    guarded: boolean,
  ): Promise<Claim | undefined> {
    timeoutOf(options);
    const claim = this.#claim(options, guarded);
    return (await this.#waiters.wait(claim, options)) ? claim : undefined;
  }

  #claim(options: PermitOptions | undefined, guarded: boolean): Claim {
    const permits = options?.permits ?? 1;
    checkCount(permits, 'permits', 1);
    const limit = this.words[LIMIT_WORD]!;
    // As in Python, a bounded semaphore of none may be waited for.
    if (permits > Math.max(limit, 1)) {
      throw new RangeError(
        `${this.name} never has more than ${limit} permits, so ${permits} cannot be acquired`,
      );
    }
    return { permits, guarded, tracked: false };
  }

  #release(permits: number, claim?: Claim): void {
    if (!give(this.member, this.words, permits, claim)) {
      const limit = this.words[LIMIT_WORD]!;
      throw new RangeError(
        `releasing ${permits} would leave ${this.name} with more than its ${limit} permits; release once for each acquire`,
      );
    }
    this.#waiters.poke();
  }
}

function checkCount(value: unknown, what: string, least: number): void {
  if (typeof value !== 'number') throw new TypeError(`${what} must be a number, got ${describe(value)}`);
  if (!Number.isInteger(value) || value < least || value > MAX_VALUE) {
    throw new RangeError(`${what} must be a whole number from ${least} to ${MAX_VALUE}, got ${value}`);
  }
}

/** How it travels; see `Kind`. @internal */
export const SEMAPHORE_KIND: Kind = /* @__PURE__ */ registerKind<Semaphore>(() => ({
  kind: 5,
  name: 'Semaphore',
  version: 1,
  bytes: SEMAPHORE_BYTES,
  module: import.meta.url,
  revive: (memory, name) => new Semaphore(0, at(memory, name)),
}));
