/** `Barrier`: threads that wait for each other. The states and their invariants are in cycle.ts and parties.ts. */
import {
  at,
  AsyncWaiters,
  BlockingWait,
  BrokenBarrierError,
  DeadlockError,
  describe,
  Primitive,
  registerKind,
  timeoutOf,
  Woke,
  type AsyncWaitOptions,
  type MemoryOptions,
  type TargetReference,
  type TimeoutOptions,
  type Kind,
} from '@x/core';
import { Atomics } from '@x/core/seam';
import { Action } from './action.js';
import {
  announce,
  arrive,
  ASYNC_BIT,
  breakCycle,
  breakIfFilling,
  BROKEN,
  complete,
  COMPLETING,
  CONTENDED_BIT,
  countOf,
  cycleOf,
  judge,
  MAX_PARTIES,
  numberOf,
  PARTIES_WORD,
  phaseOf,
  resetCycle,
  SEQ_WORD,
  STATE_WORD,
  Verdict,
  type Arrival,
} from './cycle.js';
import { BARRIER_BYTES, closeSlot, LOOP_BIT, markSlot, missTheDead, openSlot } from './parties.js';

/** Options of a barrier. */
export interface BarrierOptions extends MemoryOptions, TimeoutOptions {
  /**
   * Runs once per cycle, in the thread that arrives last, before anybody is let go. In the thread that
   * made the barrier it may use variables from outside; for the others it is a target like a thread's:
   * a self-contained function, or one of `targetsFrom`.
   */
  readonly action?: (() => unknown) | undefined;
}

/** An async party. */
interface Party extends Arrival {
  index: number;
  arrived: boolean;
  /** Its time was over before it could arrive, since an action was running. */
  late: boolean;
}

/** What the handle carries. */
interface Extra {
  readonly action: TargetReference | undefined;
  readonly timeout: number | undefined;
}

/** What the handle of a barrier carries; set by the class, which alone can see it. */
let extraOf: (barrier: Barrier) => Extra;

/**
 * Lets a fixed number of threads wait for each other: `wait` returns in all of them once the last one
 * has come. It can be used again at once, any number of times. Python:
 * [`threading.Barrier`](https://docs.python.org/3/library/threading.html#barrier-objects).
 *
 * What a party wrote before its `wait` is visible to the action, and to all parties after theirs.
 *
 * A barrier breaks, for all of its parties, if one of them times out, is aborted, is killed while it
 * waits, or if the action throws, or by `abort`. Then every `wait` throws `BrokenBarrierError` until
 * `reset`. Up to 123 threads at a time are noticed when they are killed.
 *
 * Differences from Python: times are in milliseconds; the next cycle may begin before everybody of
 * the last one has woken; `reset` while the action runs does nothing; at most 1023 parties.
 *
 * @example
 * ```ts
 * import { Barrier } from '@x/barrier';
 *
 * const barrier = new Barrier(2, { action: () => console.log('all here') });   // all here
 * const both = await Promise.all([barrier.waitAsync(), barrier.waitAsync()]);
 * console.log(both);   // [ 0, 1 ]
 * ```
 */
export class Barrier extends Primitive {
  /** Bytes that a barrier needs in a buffer of yours. */
  static readonly BYTES: number = BARRIER_BYTES;

  static {
    extraOf = (barrier) => ({ action: barrier.#action?.reference, timeout: barrier.#timeout });
  }

  readonly #action: Action | undefined;
  readonly #timeout: number | undefined;
  readonly #waiters: AsyncWaiters<Party>;
  /** Whether this thread is running the action. */
  #acting = false;
  /** Async parties of this thread, and their slot while there are any. */
  #inside = 0;
  #slot = 0;

  /**
   * Makes a barrier, or attaches to the one that is in `buffer` already, which then keeps its number of parties.
   *
   * @param parties how many have to come; a whole number from 1
   * @param options `action`; `timeout` in milliseconds is the default for every `wait`
   * @throws TypeError, RangeError for wrong arguments; LayoutError if the memory is misaligned, too
   * small, or holds something else
   */
  constructor(parties: number, options: BarrierOptions = {}) {
    if (typeof parties !== 'number')
      throw new TypeError(`parties must be a number, got ${describe(parties)}`);
    if (!Number.isInteger(parties) || parties < 1 || parties > MAX_PARTIES) {
      throw new RangeError(`parties must be a whole number from 1 to ${MAX_PARTIES}, got ${parties}`);
    }
    timeoutOf(options);
    const action = options.action === undefined ? undefined : new Action(options.action, Barrier);
    super(BARRIER_KIND, options, (words) => {
      words[PARTIES_WORD] = parties;
    });
    this.#action = action;
    this.#timeout = options.timeout;
    const { member, words } = this;
    this.#waiters = new AsyncWaiters<Party>(
      words,
      SEQ_WORD,
      {
        attempt: (party) => (party.arrived ? this.#isThrough(party) : this.#arriveAsync(party)),
        announce: (party) => this.#announce(party),
        inspect: () => {
          missTheDead(member, words);
        },
      },
      'any',
    );
  }

  /** How many have to come. */
  get parties(): number {
    return this.words[PARTIES_WORD]!;
  }

  /** How many wait at this moment; 0 if it is broken. */
  get nWaiting(): number {
    const state = Atomics.load(this.words, STATE_WORD);
    return phaseOf(state) === BROKEN ? 0 : countOf(state);
  }

  /** Whether it is broken. */
  get broken(): boolean {
    return phaseOf(Atomics.load(this.words, STATE_WORD)) === BROKEN;
  }

  /**
   * Blocks this thread until all parties have come. The last one runs the action, and does not wait.
   *
   * @param options `timeout` in milliseconds, instead of the barrier's own; `0` breaks it unless this is the last party
   * @returns which party this was, from 0 for the first to come
   * @throws BrokenBarrierError if the barrier is broken or breaks, also by this party's own time-out; what
   * the action throws; RangeError, TypeError for a wrong timeout; BlockingNotAllowedError on a thread
   * that may not block, if it would have to wait; DeadlockError inside the action
   */
  wait(options?: TimeoutOptions): number {
    timeoutOf(options);
    const timeout = options?.timeout ?? this.#timeout ?? Infinity;
    if (this.#acting) {
      throw new DeadlockError(
        `the action of ${this.name} waits for ${this.name}, which waits for the action`,
      );
    }
    const { words, member } = this;
    let wait: BlockingWait | undefined;
    const slot = openSlot(words, member.id);
    try {
      for (;;) {
        const state = Atomics.load(words, STATE_WORD);
        if (phaseOf(state) === BROKEN) throw this.#isBroken();
        if (phaseOf(state) === COMPLETING) {
          this.#sleepWhileActing(state);
          continue;
        }
        const index = countOf(state);
        const isLast = index + 1 >= this.parties;
        // Where blocking is not allowed this throws, before anything has changed.
        if (!isLast) wait ??= new BlockingWait(member, words, timeout);
        const cycle = cycleOf(state);
        const number = numberOf(words, state);
        if (number === undefined) continue;
        markSlot(words, slot, cycle);
        if (!arrive(words, state, CONTENDED_BIT)) continue;
        if (isLast) this.#complete(cycle);
        else this.#sleepUntilThrough(wait!, { cycle, number });
        return index;
      }
    } finally {
      wait?.end();
      closeSlot(words, slot);
    }
  }

  /**
   * Waits until all parties have come, without ever blocking this thread; several parties may be in one
   * thread. A pending wait keeps the process alive.
   *
   * @returns which party this was, from 0 for the first to come
   * @throws (rejects) BrokenBarrierError as `wait`; the signal's reason if it fires, which breaks the
   * barrier for the others; what the action throws; RangeError, TypeError for wrong options
   * @example
   * ```ts
   * import { Barrier } from '@x/barrier';
   *
   * const barrier = new Barrier(2);
   * const alone = barrier.waitAsync({ timeout: 10 });
   * await alone.catch((error) => console.log(error.name, barrier.broken));   // BrokenBarrierError true
   * ```
   */
  async waitAsync(options?: AsyncWaitOptions): Promise<number> {
    timeoutOf(options);
    const signal = options?.signal;
    const timeout = options?.timeout ?? this.#timeout;
    const party: Party = { index: -1, cycle: 0, number: 0, arrived: false, late: false };
    this.#inside++;
    try {
      let through = await this.#waiters.wait(party, { timeout, signal });
      while (!through) {
        // The time is over. As in Python, it ends nothing while the action runs: then all have come.
        party.late = true;
        if (party.arrived) {
          const verdict = breakIfFilling(this.words, party);
          if (verdict === Verdict.PASSED) break;
          if (verdict === Verdict.BROKEN) throw this.#isBroken();
        }
        through = await this.#waiters.wait(party, { signal });
      }
      return party.index;
    } catch (error) {
      if (party.arrived) breakIfFilling(this.words, party);
      throw error;
    } finally {
      if (--this.#inside === 0) {
        closeSlot(this.words, this.#slot);
        this.#slot = 0;
      }
    }
  }

  /**
   * Makes the barrier as new: those who wait get `BrokenBarrierError`, and a broken one is whole again.
   * While the action runs, everybody has come and nothing is left to reset.
   */
  reset(): void {
    if (phaseOf(Atomics.load(this.words, STATE_WORD)) === COMPLETING) missTheDead(this.member, this.words);
    resetCycle(this.words);
  }

  /** Breaks the barrier: those who wait, and those who come, get `BrokenBarrierError`, until `reset`. */
  abort(): void {
    for (;;) {
      const state = Atomics.load(this.words, STATE_WORD);
      if (phaseOf(state) === BROKEN) return;
      breakCycle(this.words, cycleOf(state));
    }
  }

  /** The state as Python's `repr` shows it. @internal */
  protected describeState(): string {
    return this.broken ? 'broken' : `waiters=${this.nWaiting}/${this.parties}`;
  }

  #isBroken(): BrokenBarrierError {
    return new BrokenBarrierError(
      `${this.name} is broken: a party left it, its action threw, or it was aborted or reset; call reset() to use it again`,
    );
  }

  /** Runs the action, as the last party of a COMPLETING cycle, and lets the others go. */
  #complete(cycle: number): void {
    if (this.#action) {
      this.#acting = true;
      try {
        this.#action.run();
      } catch (error) {
        breakCycle(this.words, cycle);
        throw error;
      } finally {
        this.#acting = false;
      }
    }
    if (!complete(this.words, cycle)) throw this.#isBroken();
  }

  /** Sleeps through somebody's action, whatever the time-out, as in Python. */
  #sleepWhileActing(state: number): void {
    const wait = new BlockingWait(this.member, this.words, Infinity);
    try {
      if (!announce(this.words, state, CONTENDED_BIT)) return;
      const woke = wait.sleep(STATE_WORD, state | CONTENDED_BIT, 0);
      if (woke === Woke.INTERRUPTED) throw wait.reason();
      if (woke === Woke.SLICE) missTheDead(this.member, this.words);
    } finally {
      wait.end();
    }
  }

  /** Sleeps until the cycle in which this thread has arrived is over. */
  #sleepUntilThrough(wait: BlockingWait, arrival: Arrival): void {
    const { words } = this;
    const { cycle } = arrival;
    for (;;) {
      const state = Atomics.load(words, STATE_WORD);
      const verdict = judge(words, arrival);
      if (verdict === Verdict.PASSED) return;
      if (verdict === Verdict.BROKEN) throw this.#isBroken();
      if (wait.spin()) continue;
      if (!announce(words, state, CONTENDED_BIT)) continue;
      // No lost wake (B3). An end before the flag was set makes the exchange fail; one after it sees the
      // flag, changes STATE, then notifies: the sleeper finds it changed, or is already queued and is woken.
      const woke = wait.sleep(STATE_WORD, state | CONTENDED_BIT, 0);
      if (woke === Woke.SLICE) missTheDead(this.member, words);
      if (woke !== Woke.EXPIRED && woke !== Woke.INTERRUPTED) continue;
      const left = breakIfFilling(words, arrival);
      if (left === Verdict.PASSED) return;
      if (woke === Woke.INTERRUPTED) throw wait.reason();
      if (left === Verdict.BROKEN) throw this.#isBroken();
      // All have come, and somebody runs the action.
      const now = Atomics.load(words, STATE_WORD);
      if (cycleOf(now) === cycle && phaseOf(now) === COMPLETING) this.#sleepWhileActing(now);
    }
  }

  #isThrough(party: Party): boolean {
    const verdict = judge(this.words, party);
    if (verdict === Verdict.BROKEN) throw this.#isBroken();
    return verdict === Verdict.PASSED;
  }

  /** An async party's arrival. False while it has to wait, for the action or for others. */
  #arriveAsync(party: Party): boolean {
    const { words } = this;
    for (;;) {
      const state = Atomics.load(words, STATE_WORD);
      if (phaseOf(state) === BROKEN) throw this.#isBroken();
      if (phaseOf(state) === COMPLETING) return false;
      const number = numberOf(words, state);
      if (number === undefined) continue;
      party.cycle = cycleOf(state);
      party.number = number;
      party.index = countOf(state);
      if (this.#slot === 0) this.#slot = openSlot(words, this.member.id | LOOP_BIT);
      markSlot(words, this.#slot, party.cycle);
      if (!arrive(words, state, ASYNC_BIT)) continue;
      party.arrived = true;
      if (party.index + 1 >= this.parties) {
        this.#complete(party.cycle);
        return true;
      }
      if (party.late && breakIfFilling(words, party) === Verdict.BROKEN) throw this.#isBroken();
      return false;
    }
  }

  /** Marks that this loop waits for a change. False if there has been one. */
  #announce(party: Party): boolean {
    const { words } = this;
    for (;;) {
      const state = Atomics.load(words, STATE_WORD);
      const waits = party.arrived ? judge(words, party) === Verdict.WAITING : phaseOf(state) === COMPLETING;
      if (!waits) return false;
      if (announce(words, state, ASYNC_BIT)) return true;
    }
  }
}

/** How it travels; see `Kind`. @internal */
export const BARRIER_KIND: Kind = /* @__PURE__ */ registerKind<Barrier>(() => ({
  kind: 8,
  name: 'Barrier',
  version: 1,
  bytes: BARRIER_BYTES,
  module: import.meta.url,
  extra: (barrier) => extraOf(barrier),
  revive: (memory, name, extra) => {
    const { action, timeout } = (extra ?? {}) as Partial<Extra>;
    // The reference stands for the function: `Action` tells them apart.
    return new Barrier(1, { ...at(memory, name), action: action as (() => unknown) | undefined, timeout });
  },
}));
