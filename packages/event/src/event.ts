/**
 * `Event`: a flag that threads wait for.
 *
 * The idea is CPython's `threading.Event` over one futex word. Ours: the word counts how often the
 * flag was set, so that whoever was waiting then is let go even if the flag is cleared before it looks;
 * and a second word for event loops.
 *
 * Fairness: everyone who waits is let go by one `set`, so nobody is before anybody.
 *
 * ```text
 * word  name   bits   meaning
 * 4     STATE  0      SET: the flag is true
 *              1      CONTENDED: a thread sleeps on STATE, or is about to
 *              2      ASYNC: an event loop waits on SEQ, or is about to
 *              3–31   EPOCH: how often the flag was set
 * 5     SEQ    event loops wait here; bumped by whoever clears ASYNC
 *
 * STATE            reading
 * SET              waits succeed at once; CONTENDED and ASYNC are never set beside it
 * 0                not set, nobody waits
 * CONTENDED|ASYNC  not set; whoever sets it has to wake
 * ```
 *
 * Invariants:
 * - E1. STATE changes only by compare-exchange. Setting raises EPOCH and clears both flags of waiters.
 * - E2. A waiter remembers the EPOCH in which it came, and is let go once the flag is set or EPOCH differs.
 * - E3. While a thread sleeps on STATE, or a loop waits on SEQ, its flag is set; or EPOCH has changed and
 *   the notify of all is on its way. If the setter is killed just before it, threads see it within a slice.
 */
import {
  at,
  AsyncWaiters,
  BlockingWait,
  HEADER_WORDS,
  Primitive,
  registerKind,
  timeoutOf,
  Woke,
  type AsyncWaitOptions,
  type MemoryOptions,
  type Place,
  type TimeoutOptions,
  type Kind,
} from '@x/core/primitives';
import { Atomics } from '@x/core/seam';

const STATE_WORD = HEADER_WORDS;
const SEQ_WORD = HEADER_WORDS + 1;
const EVENT_BYTES = (HEADER_WORDS + 2) * 4;

const SET_BIT = 1;
const CONTENDED_BIT = 2;
const ASYNC_BIT = 4;
const EPOCH_SHIFT = 3;
const ONE_EPOCH = 1 << EPOCH_SHIFT;
const EPOCH_MASK = -1 << EPOCH_SHIFT;

/** Whether one who came in `epoch` is let go. */
function isOver(state: number, epoch: number): boolean {
  return (state & SET_BIT) !== 0 || (state & EPOCH_MASK) !== epoch;
}

const WAITED = /* @__PURE__ */ Promise.resolve(true);

/**
 * A flag that any thread may set and clear, and for which others wait. Python:
 * [`threading.Event`](https://docs.python.org/3/library/threading.html#event-objects).
 *
 * One `set` lets everybody go who is waiting at that moment, also if `clear` follows at once. What a
 * thread wrote before `set` is visible to those that it lets go.
 *
 * Differences from Python: times are in milliseconds.
 *
 * @example
 * ```ts
 * import { Event } from '@x/event';
 *
 * const ready = new Event();
 * console.log(ready.wait({ timeout: 10 }));   // false
 * ready.set();
 * console.log(ready.wait(), ready.isSet());   // true true
 * ```
 */
export class Event extends Primitive {
  /** Bytes that an event needs in a buffer of yours. */
  static readonly BYTES: number = EVENT_BYTES;

  readonly #waiters: AsyncWaiters<number>;

  /**
   * Makes an event whose flag is false, or attaches to the one that is in `buffer` already.
   *
   * @throws LayoutError if the memory is misaligned, too small, or holds something else
   */
  constructor(options: MemoryOptions | Place = {}) {
    super(EVENT_KIND, options);
    const { words } = this;
    this.#waiters = new AsyncWaiters<number>(
      words,
      SEQ_WORD,
      {
        attempt: (epoch) => isOver(Atomics.load(words, STATE_WORD), epoch),
        announce: (epoch) => {
          for (;;) {
            const state = Atomics.load(words, STATE_WORD);
            if (isOver(state, epoch)) return false;
            const next = state | ASYNC_BIT;
            if (next === state || Atomics.compareExchange(words, STATE_WORD, state, next) === state)
              return true;
          }
        },
      },
      'any',
    );
  }

  /** Whether the flag is true at this moment. */
  isSet(): boolean {
    return (Atomics.load(this.words, STATE_WORD) & SET_BIT) !== 0;
  }

  /** Makes the flag true and lets everybody go who waits for it. */
  set(): void {
    const { words } = this;
    for (;;) {
      const state = Atomics.load(words, STATE_WORD);
      if ((state & SET_BIT) !== 0) return;
      const next = ((state & EPOCH_MASK) + ONE_EPOCH) | SET_BIT;
      if (Atomics.compareExchange(words, STATE_WORD, state, next) !== state) continue;
      if ((state & ASYNC_BIT) !== 0) {
        Atomics.add(words, SEQ_WORD, 1);
        Atomics.notify(words, SEQ_WORD);
      }
      if ((state & CONTENDED_BIT) !== 0) Atomics.notify(words, STATE_WORD);
      return;
    }
  }

  /** Makes the flag false: from now on, those who come wait until it is set again. */
  clear(): void {
    const { words } = this;
    for (;;) {
      const state = Atomics.load(words, STATE_WORD);
      if ((state & SET_BIT) === 0) return;
      // Without flags of waiters beside SET, nobody has to be told.
      if (Atomics.compareExchange(words, STATE_WORD, state, state & ~SET_BIT) === state) return;
    }
  }

  /**
   * Blocks this thread until the flag is true.
   *
   * @param options `timeout` in milliseconds; `0` looks once
   * @returns true once the flag has been set; false if the time was over before
   * @throws RangeError, TypeError for a wrong timeout; BlockingNotAllowedError on a thread that may
   * not block, if it would have to wait; this thread's own signal's reason, if that fires meanwhile
   */
  wait(options?: TimeoutOptions): boolean {
    const timeout = timeoutOf(options);
    const state = Atomics.load(this.words, STATE_WORD);
    if ((state & SET_BIT) !== 0) return true;
    return timeout !== 0 && this.#waitSlow(state & EPOCH_MASK, timeout);
  }

  /**
   * Waits until the flag is true, without ever blocking this thread. A pending wait keeps the process alive.
   *
   * @returns true once the flag has been set; false if the time was over before
   * @throws (rejects) RangeError, TypeError for wrong options; the signal's reason if it fires
   * @example
   * ```ts
   * import { Event } from '@x/event';
   *
   * const ready = new Event();
   * setTimeout(() => {
   *   ready.set();
   *   ready.clear();
   * }, 10);
   * console.log(await ready.waitAsync(), ready.isSet());   // true false
   * ```
   */
  waitAsync(options?: AsyncWaitOptions): Promise<boolean> {
    const state = Atomics.load(this.words, STATE_WORD);
    if (options === undefined && (state & SET_BIT) !== 0) return WAITED;
    return this.#waiters.wait(state & EPOCH_MASK, options);
  }

  /** The state as Python's `repr` shows it. @internal */
  protected describeState(): string {
    return `${this.isSet() ? 'set' : 'unset'} waiters=${this.sleepers + this.#waiters.size}`;
  }

  #waitSlow(epoch: number, timeout: number): boolean {
    const { words } = this;
    const wait = new BlockingWait(this.member, words, timeout);
    let leaving: Woke | undefined;
    try {
      for (;;) {
        const state = Atomics.load(words, STATE_WORD);
        if (isOver(state, epoch)) return true;
        if (leaving === Woke.INTERRUPTED) throw wait.reason();
        if (leaving === Woke.EXPIRED) return false;
        const announced = state | CONTENDED_BIT;
        if (announced !== state && Atomics.compareExchange(words, STATE_WORD, state, announced) !== state)
          continue;
        // No lost wake (E3). A set before the exchange makes it fail; one after it sees CONTENDED, changes
        // STATE, then notifies: the sleeper finds it changed, or is already queued and is woken.
        const woke = wait.sleep(STATE_WORD, announced, 0);
        if (woke === Woke.EXPIRED || woke === Woke.INTERRUPTED) leaving = woke;
      }
    } finally {
      wait.end();
    }
  }
}

/** How it travels; see `Kind`. @internal */
export const EVENT_KIND: Kind = /* @__PURE__ */ registerKind<Event>(() => ({
  kind: 7,
  name: 'Event',
  version: 1,
  bytes: EVENT_BYTES,
  module: import.meta.url,
  revive: (memory, name) => new Event(at(memory, name)),
}));
