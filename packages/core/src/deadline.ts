/**
 * Time-outs and deadlines. A deadline is a point on this thread's own `performance.now()` clock:
 * those clocks start at different moments in different threads, so deadlines never enter shared memory.
 */
import { performance } from './seam.js';

/** How long a wait may take. */
export interface TimeoutOptions {
  /** Milliseconds. `undefined` or `Infinity` waits for ever, `0` tries once. */
  readonly timeout?: number | undefined;
}

/** How long an async wait may take, and what ends it early. */
export interface AsyncWaitOptions extends TimeoutOptions {
  /** Ends the wait: the promise rejects with `signal.reason`, and the primitive is as if nobody had waited. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * The time-out as a number from 0 to `Infinity`. Throws on anything the contract does not allow.
 *
 * @example
 * ```ts
 * import { checkTimeout } from '@x/core';
 *
 * console.log(checkTimeout(undefined), checkTimeout(250));   // Infinity 250
 * ```
 */
export function checkTimeout(timeout: number | undefined): number {
  if (timeout === undefined) return Infinity;
  if (typeof timeout !== 'number') {
    throw new TypeError(`timeout must be a number of milliseconds, got ${describe(timeout)}`);
  }
  if (!(timeout >= 0)) {
    throw new RangeError(`timeout must not be negative or NaN, got ${timeout}; omit it to wait for ever`);
  }
  return timeout;
}

/**
 * The time-out that the options of a wait name, checked. A bare number would otherwise wait for ever
 * without a word, as would Python's `acquire(False)`.
 *
 * @throws TypeError, RangeError
 * @example
 * ```ts
 * import { timeoutOf } from '@x/core';
 *
 * console.log(timeoutOf({ timeout: 250 }), timeoutOf(undefined));   // 250 Infinity
 * ```
 */
export function timeoutOf(options: TimeoutOptions | undefined): number {
  if (options === undefined) return Infinity;
  if (typeof options !== 'object' || (options as unknown) === null) {
    throw new TypeError(`options must be an object such as { timeout: 100 }, got ${describe(options)}`);
  }
  return checkTimeout(options.timeout);
}

const SIGNAL_METHODS = ['throwIfAborted', 'addEventListener', 'removeEventListener'] as const;

/**
 * The signal that the options of an async wait name, checked. Throws its reason if it has fired.
 *
 * @example
 * ```ts
 * import { signalOf } from '@x/core';
 *
 * const { signal } = new AbortController();
 * console.log(signalOf({ signal }) === signal, signalOf({}));   // true undefined
 * ```
 */
export function signalOf(options: AsyncWaitOptions | undefined): AbortSignal | undefined {
  const signal = options?.signal;
  if (signal === undefined) return undefined;
  const given = signal as Partial<AbortSignal> | null;
  // All that is called later: what fails in the middle of a wait would leave a waiter behind.
  if (!SIGNAL_METHODS.every((method) => typeof given?.[method] === 'function')) {
    throw new TypeError(`signal must be an AbortSignal, got ${describe(signal)}`);
  }
  signal.throwIfAborted();
  return signal;
}

/**
 * The moment when a wait of `timeout` milliseconds that starts now is over.
 *
 * @example
 * ```ts
 * import { deadlineAfter, remaining } from '@x/core';
 *
 * console.log(remaining(deadlineAfter(60_000)) > 50_000);   // true
 * ```
 */
export function deadlineAfter(timeout: number): number {
  // Infinity needs no clock, and the clock is the larger part of the cost of an uncontended wait.
  return timeout === Infinity ? Infinity : performance.now() + timeout;
}

/**
 * Milliseconds left until the deadline, never negative.
 *
 * @example
 * ```ts
 * import { deadlineAfter, remaining } from '@x/core';
 *
 * console.log(remaining(deadlineAfter(0)), remaining(Infinity));   // 0 Infinity
 * ```
 */
export function remaining(deadline: number): number {
  return deadline === Infinity ? Infinity : Math.max(0, deadline - performance.now());
}

/**
 * A word for the type of a wrong argument, for messages.
 *
 * @example
 * ```ts
 * import { describe } from '@x/core';
 *
 * console.log(describe('ten'), describe(null), describe(new Date()));   // string null an object (Date)
 * ```
 */
export function describe(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value !== 'object') return typeof value;
  const { constructor } = value as { constructor?: { name?: unknown } | null };
  const name = constructor?.name;
  return `an object (${typeof name === 'string' && name !== '' ? name : 'no class'})`;
}
