/** The scoped forms, in terms of acquire and release. */
import type { AsyncWaitOptions, TimeoutOptions } from './deadline.js';
import { TimeoutError } from './errors.js';

/** Whatever can be acquired and released. */
export interface Acquirable<O extends TimeoutOptions, A extends AsyncWaitOptions> {
  /** Blocks until it is acquired; false after a time-out. */
  acquire(options?: O): boolean;
  /** Resolves once it is acquired, with false after a time-out, without blocking. */
  acquireAsync(options?: A): Promise<boolean>;
}

/**
 * A held resource for `using`: disposing it releases, once.
 *
 * @example
 * ```ts
 * import { guard } from '@x/core';
 *
 * const held = guard(() => console.log('released'));
 * held[Symbol.dispose]();
 * held[Symbol.dispose]();
 * // released
 * ```
 */
export function guard(release: () => void): Disposable {
  let held = true;
  return {
    [Symbol.dispose]() {
      if (!held) return;
      held = false;
      release();
    },
  };
}

/**
 * Acquires, blocking, for a `using` declaration. Throws `TimeoutError` when the time is over.
 *
 * @example
 * ```ts
 * import { hold } from '@x/core';
 * import { Lock } from '@x/lock';
 *
 * const lock = new Lock();
 * {
 *   using held = hold(lock, () => lock.release(), { timeout: 1000 });
 *   console.log(lock.locked());   // true
 * }
 * console.log(lock.locked());   // false
 * ```
 */
export function hold<O extends TimeoutOptions>(
  resource: Acquirable<O, never>,
  release: () => void,
  options: O | undefined,
): Disposable {
  if (!resource.acquire(options)) throw timedOut(resource, options);
  return guard(release);
}

/**
 * Acquires without blocking, for a `using` declaration. Rejects with `TimeoutError` when the time is over.
 *
 * @example
 * ```ts
 * import { holdAsync } from '@x/core';
 * import { Lock } from '@x/lock';
 *
 * const lock = new Lock();
 * {
 *   using held = await holdAsync(lock, () => lock.release(), { timeout: 1000 });
 *   console.log(lock.locked());   // true
 * }
 * console.log(lock.locked());   // false
 * ```
 */
export async function holdAsync<A extends AsyncWaitOptions>(
  resource: Acquirable<never, A>,
  release: () => void,
  options: A | undefined,
): Promise<Disposable> {
  if (!(await resource.acquireAsync(options))) throw timedOut(resource, options);
  return guard(release);
}

/**
 * Acquires, blocking, runs the function and releases, whatever it does.
 *
 * @example
 * ```ts
 * import { runHeld } from '@x/core';
 * import { Lock } from '@x/lock';
 *
 * const lock = new Lock();
 * console.log(runHeld(lock, () => lock.release(), () => lock.locked()));   // true
 * console.log(lock.locked());   // false
 * ```
 */
export function runHeld<T>(
  resource: Acquirable<TimeoutOptions, never>,
  release: () => void,
  body: () => T,
): T {
  if (typeof body !== 'function') throw new TypeError('with() needs a function');
  // One that takes options of its own may have had a time-out among them.
  if (!resource.acquire()) throw timedOut(resource, undefined);
  let result: T;
  try {
    result = body();
  } catch (error) {
    releaseAfter(release);
    throw error;
  }
  release();
  if (typeof (result as PromiseLike<unknown> | undefined)?.then === 'function') {
    throw new TypeError(
      'the function given to with() returned a promise, which is not inside any more; use withAsync()',
    );
  }
  return result;
}

/**
 * Acquires without blocking, awaits the function and releases, whatever it does.
 *
 * @example
 * ```ts
 * import { runHeldAsync } from '@x/core';
 * import { Lock } from '@x/lock';
 *
 * const lock = new Lock();
 * console.log(await runHeldAsync(lock, () => lock.release(), async () => lock.locked()));   // true
 * console.log(lock.locked());   // false
 * ```
 */
export async function runHeldAsync<T>(
  resource: Acquirable<never, AsyncWaitOptions>,
  release: () => void,
  body: () => T | PromiseLike<T>,
): Promise<T> {
  if (typeof body !== 'function') throw new TypeError('withAsync() needs a function');
  if (!(await resource.acquireAsync())) throw timedOut(resource, undefined);
  let result: T;
  try {
    result = await body();
  } catch (error) {
    releaseAfter(release);
    throw error;
  }
  release();
  return result;
}

/** Releases after an error, which says more than that there was nothing to release any more. */
function releaseAfter(release: () => void): void {
  try {
    release();
  } catch {
    // The caller throws the error that came first.
  }
}

function timedOut(resource: { toString(): string }, options: TimeoutOptions | undefined): TimeoutError {
  return new TimeoutError(
    `${resource.toString()} was not to be had within ${options?.timeout ?? 'the given'} ms`,
  );
}
