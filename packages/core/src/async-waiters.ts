/**
 * Parking an event loop: the waiters of one primitive in one thread, none of which may block it.
 *
 * The loop sleeps on the primitive's sequence word, never on the word on which threads sleep:
 * an `Atomics.waitAsync` cannot be withdrawn, so an abandoned one would absorb a `notify(…, 1)` that
 * was meant for a sleeping thread. Here all loops are woken together, and each has at most one
 * outstanding `waitAsync` per primitive, however many promises wait; a waiter that leaves is removed
 * from a local set and leaves no trace in shared memory.
 *
 * Why no wake is lost: `arm` reads the sequence word, then announces itself in the primitive's state
 * (a compare-exchange that fails if the state has changed), then waits for the sequence to differ.
 * Whoever changes the state after the announcement sees it, bumps the sequence and notifies; so
 * `waitAsync` finds the sequence changed, or is already queued and is woken.
 */
import { onAbort } from './abort.js';
import { agent, type Agent } from './agent.js';
import { STARVING_AFTER_MS } from './blocking-wait.js';
import { signalOf, timeoutOf, type AsyncWaitOptions } from './deadline.js';
import { Atomics, clearTimeout, performance, queueMicrotask, setTimeout } from './seam.js';

/** What a primitive does for its async waiters. `R` is what one waiter asks for. */
export interface AsyncHost<R> {
  /** Takes what the waiter asks for if it is there. An error it throws rejects that waiter. */
  attempt(request: R): boolean;
  /**
   * Marks in shared memory that a loop waits, so that the next change bumps the sequence word.
   * False if `attempt` may succeed by now; then nothing needs to be marked.
   *
   * @param starving the waiter has waited long enough that newcomers should stand back for it
   */
  announce(request: R, starving: boolean): boolean;
  /** Passes on what this loop was woken for, since nobody waits here any more. */
  forward?(): void;
  /** Looks for a dead owner and the like. Called after each slice in which nothing happened. */
  inspect?(): void;
  /** Gives back what a waiter had reserved, when it leaves without having got it. */
  withdraw?(request: R): void;
}

interface AsyncWaiter<R> {
  readonly request: R;
  readonly since: number;
  readonly resolve: (got: boolean) => void;
  readonly reject: (reason: unknown) => void;
  timer: unknown;
  unlisten: (() => void) | undefined;
  /** Whether the host is being asked for it at this moment. */
  asking: boolean;
  /** Its signal, if that has fired meanwhile. */
  abortedBy: AbortSignal | undefined;
}

/** The longest delay that a timer takes; a longer one would fire at once. */
const TIMER_MAX_MS = 2 ** 31 - 1;

/**
 * The waiters of one primitive in one event loop, served in the order in which they came.
 *
 * Waiting does not block the thread. A waiter that leaves (time-out, abort) takes nothing with it: a wake that was
 * meant for it goes to the next one, or through `forward` to another thread.
 *
 * @example
 * ```ts no-run
 * const waiters = new AsyncWaiters<undefined>(words, SEQUENCE, {
 *   attempt: () => Atomics.load(words, STATE) === OPEN,
 *   announce: () => Atomics.compareExchange(words, STATE, SHUT, WAITED_FOR) !== OPEN,
 * }, 'any');
 * await waiters.wait(undefined, { timeout: 1000 });
 * ```
 */
export class AsyncWaiters<R> {
  readonly #words: Int32Array;
  readonly #sequence: number;
  readonly #host: AsyncHost<R>;
  readonly #agent: Agent = agent();
  // Insertion order is the order of service; removal from the middle is constant time.
  readonly #waiters = new Set<AsyncWaiter<R>>();
  readonly #strict: boolean;
  #armed = false;
  #poked = false;

  /**
   * @param sequence index of the primitive's sequence word
   * @param order `fifo`: while the first waiter cannot be served, nobody behind it is;
   * `any`: each waiter is tried on its own
   */
  constructor(words: Int32Array, sequence: number, host: AsyncHost<R>, order: 'fifo' | 'any' = 'fifo') {
    this.#words = words;
    this.#sequence = sequence;
    this.#host = host;
    this.#strict = order === 'fifo';
  }

  /** How many promises wait in this thread. */
  get size(): number {
    return this.#waiters.size;
  }

  /**
   * Waits until `attempt(request)` succeeds: true, or until the time is over: false. Rejects with the
   * signal's reason, also if it had fired before and no wait would be needed; not if an attempt fires it and succeeds.
   */
  wait(request: R, options: AsyncWaitOptions | undefined): Promise<boolean> {
    let timeout: number;
    let signal: AbortSignal | undefined;
    try {
      timeout = timeoutOf(options);
      signal = signalOf(options);
      if (!(this.#strict && this.#waiters.size > 0) && this.#host.attempt(request))
        return Promise.resolve(true);
      if (timeout === 0) {
        this.#host.withdraw?.(request);
        return Promise.resolve(false);
      }
    } catch (error) {
      const reason = error as Error;
      return Promise.reject(reason);
    }
    return new Promise<boolean>((resolve, reject) => {
      const waiter: AsyncWaiter<R> = {
        request,
        since: performance.now(),
        resolve,
        reject,
        timer: undefined,
        unlisten: undefined,
        asking: false,
        abortedBy: undefined,
      };
      this.#add(waiter, timeout, signal);
    });
  }

  /** Serves waiters soon after a change that this thread made itself, without the way through the sequence word. */
  poke(): void {
    if (this.#waiters.size === 0 || this.#poked) return;
    this.#poked = true;
    queueMicrotask(() => {
      this.#poked = false;
      this.serve();
      if (this.#waiters.size > 0) this.#arm();
    });
  }

  #add(waiter: AsyncWaiter<R>, timeout: number, signal: AbortSignal | undefined): void {
    if (signal) {
      // First: what is no signal after all throws here, and nobody waits yet.
      waiter.unlisten = onAbort(signal, () => {
        if (waiter.asking) waiter.abortedBy = signal;
        else this.#abort(waiter, signal);
      });
    }
    this.#waiters.add(waiter);
    this.#agent.keepAlive.add();
    if (timeout !== Infinity) this.#startTimer(waiter, timeout);
    this.#arm();
  }

  #startTimer(waiter: AsyncWaiter<R>, timeout: number): void {
    waiter.timer = setTimeout(
      () => {
        if (timeout > TIMER_MAX_MS) {
          this.#startTimer(waiter, timeout - TIMER_MAX_MS);
          return;
        }
        this.#leave(waiter);
        waiter.resolve(false);
      },
      Math.min(timeout, TIMER_MAX_MS),
    );
  }

  #remove(waiter: AsyncWaiter<R>): void {
    // What an attempt calls back may have ended it already.
    if (!this.#waiters.delete(waiter)) return;
    if (waiter.timer !== undefined) clearTimeout(waiter.timer);
    waiter.unlisten?.();
    this.#agent.keepAlive.remove();
  }

  #leave(waiter: AsyncWaiter<R>): void {
    this.#remove(waiter);
    this.#host.withdraw?.(waiter.request);
    // The one behind may ask for less than the one that left.
    this.poke();
  }

  /**
   * Serves those that can be served, now. Needed only by a primitive that has to know who has got
   * something before it lets the next one wait; their promises resolve later, as always.
   */
  serve(): void {
    for (const waiter of this.#waiters) {
      let got: boolean;
      try {
        got = this.#ask(waiter, () => this.#host.attempt(waiter.request));
      } catch (error) {
        this.#remove(waiter);
        waiter.reject(error);
        continue;
      }
      if (got) {
        this.#remove(waiter);
        waiter.resolve(true);
      } else if (waiter.abortedBy) {
        this.#abort(waiter, waiter.abortedBy);
      } else if (this.#strict) {
        return;
      }
    }
  }

  /** What it calls back may fire the waiter's signal: then the waiter leaves afterwards, unless it has got what it asked for. */
  #ask(waiter: AsyncWaiter<R>, question: () => boolean): boolean {
    const outer = waiter.asking;
    waiter.asking = true;
    try {
      return question();
    } finally {
      waiter.asking = outer;
    }
  }

  #abort(waiter: AsyncWaiter<R>, signal: AbortSignal): void {
    this.#leave(waiter);
    waiter.reject(signal.reason);
  }

  #arm(): void {
    while (!this.#armed && this.#waiters.size > 0) {
      const sequence = Atomics.load(this.#words, this.#sequence);
      if (!this.#announceAll()) {
        this.serve();
        continue;
      }
      const wait = Atomics.waitAsync(this.#words, this.#sequence, sequence, this.#agent.slice);
      if (!wait.async) {
        this.serve();
        continue;
      }
      this.#armed = true;
      void wait.value.then((result) => {
        this.#wake(result);
      });
    }
  }

  #announceAll(): boolean {
    const now = performance.now();
    for (const waiter of this.#waiters) {
      const starving = now - waiter.since >= STARVING_AFTER_MS;
      try {
        if (!this.#ask(waiter, () => this.#host.announce(waiter.request, starving))) return false;
        // Served next, it leaves.
        if (waiter.abortedBy) return false;
      } catch {
        // Whatever is wrong, `attempt` says it to the waiter that it concerns.
        return false;
      }
      if (this.#strict) break;
    }
    return true;
  }

  #wake(result: 'ok' | 'timed-out'): void {
    this.#armed = false;
    if (result === 'timed-out' && this.#waiters.size > 0) this.#host.inspect?.();
    this.serve();
    if (this.#waiters.size > 0) this.#arm();
    else this.#host.forward?.();
  }
}
