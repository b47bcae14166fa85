/** What `Lock`, `RLock` and `Condition` have in common: the scoped forms, in terms of acquire and release. */
import {
  hold,
  holdAsync,
  Primitive,
  runHeld,
  runHeldAsync,
  type AsyncWaitOptions,
  type TimeoutOptions,
} from '@x/core/primitives';

/** What `Lock`, `RLock`, `Condition` and the two sides of an `RWLock` have in common. */
export interface LockLike {
  /** Acquires it, blocking this thread. Returns whether it is held now. */
  acquire(options?: TimeoutOptions): boolean;
  /** Acquires it if that needs no wait. Returns whether it is held now. */
  tryAcquire(): boolean;
  /** Acquires it without blocking this thread. Resolves with whether it is held now. */
  acquireAsync(options?: AsyncWaitOptions): Promise<boolean>;
  /** Gives it up. Throws `NotHeldError` if it is not held. */
  release(): void;
  /** Whether somebody holds it. */
  locked(): boolean;
  /** Acquires it for a `using` declaration. */
  hold(options?: TimeoutOptions): Disposable;
  /** Acquires it without blocking, for a `using` declaration. */
  holdAsync(options?: AsyncWaitOptions): Promise<Disposable>;
  /** Runs the function while holding it. */
  with<T>(body: () => T): T;
  /** Awaits the function while holding it. */
  withAsync<T>(body: () => T | PromiseLike<T>): Promise<T>;
}

/** A primitive that can be acquired and released. */
export abstract class ScopedLock extends Primitive implements LockLike {
  abstract acquire(options?: TimeoutOptions): boolean;
  abstract tryAcquire(): boolean;
  abstract acquireAsync(options?: AsyncWaitOptions): Promise<boolean>;
  abstract release(): void;
  abstract locked(): boolean;

  /** Acquires it for a `using` declaration; blocks as `acquire`. Throws `TimeoutError` when the time is over. */
  hold(options?: TimeoutOptions): Disposable {
    return hold(this, () => this.endScope(), options);
  }

  /** Acquires it without blocking, for a `using` declaration. Rejects with `TimeoutError` when the time is over. */
  holdAsync(options?: AsyncWaitOptions): Promise<Disposable> {
    return holdAsync(this, () => this.endScope(), options);
  }

  /**
   * Runs the function while holding it; releases it whatever happens. Blocks as `acquire`. Python: `with lock:`.
   *
   * @returns what the function returns
   * @throws what the function throws; TypeError if it returns a promise, whose work would be outside
   */
  with<T>(body: () => T): T {
    return runHeld(this, () => this.endScope(), body);
  }

  /**
   * Awaits the function while holding it; releases it whatever happens. Never blocks this thread.
   *
   * @returns what the function resolves with
   * @throws (rejects) what the function throws or rejects with
   */
  withAsync<T>(body: () => T | PromiseLike<T>): Promise<T> {
    return runHeldAsync(this, () => this.endScope(), body);
  }

  /** Releases what a scope has acquired. @internal */
  endScope(): void {
    this.release();
  }
}

/** One side of a lock that has two; not a primitive of its own. */
export abstract class LockSide implements LockLike {
  abstract acquire(options?: TimeoutOptions): boolean;
  abstract tryAcquire(): boolean;
  abstract acquireAsync(options?: AsyncWaitOptions): Promise<boolean>;
  abstract release(): void;
  abstract locked(): boolean;

  /** Acquires it for a `using` declaration; blocks as `acquire`. Throws `TimeoutError` when the time is over. */
  hold(options?: TimeoutOptions): Disposable {
    return hold(this, () => this.release(), options);
  }

  /** Acquires it without blocking, for a `using` declaration. Rejects with `TimeoutError` when the time is over. */
  holdAsync(options?: AsyncWaitOptions): Promise<Disposable> {
    return holdAsync(this, () => this.release(), options);
  }

  /** Runs the function while holding it; releases it whatever happens. Blocks as `acquire`. */
  with<T>(body: () => T): T {
    return runHeld(this, () => this.release(), body);
  }

  /** Awaits the function while holding it; releases it whatever happens. Never blocks this thread. */
  withAsync<T>(body: () => T | PromiseLike<T>): Promise<T> {
    return runHeldAsync(this, () => this.release(), body);
  }
}
