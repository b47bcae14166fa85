/** `Future`: the result of a task, which may not be there yet. */
import {
  checkTimeout,
  describe,
  KIND,
  LayoutError,
  registerKind,
  TimeoutError,
  timeoutOf,
  TransferError,
  type CancelledError,
  type Kind,
  type TimeoutOptions,
} from '@x/core';

/** How a task is to be cancelled. */
export interface CancelOptions {
  /** Also a task that runs already: its signal fires first, then its worker is replaced. Default: false. */
  readonly running?: boolean | undefined;
  /** Milliseconds between the signal and the end of the worker. Default: 100. */
  readonly grace?: number | undefined;
}

/** What a future asks of the task behind it. @internal */
export interface FutureTask {
  /** Whether a worker has it. */
  isRunning(): boolean;
  cancel(options: CancelOptions): boolean;
  /** Blocks until the future is settled, or the time is over. */
  block(timeout: number): void;
  /** Settles the future now if its result is there. */
  refresh(): void;
}

type Callback<T> = (future: Future<T>) => unknown;

const enum State {
  PENDING,
  FULFILLED,
  FAILED,
  CANCELLED,
}

/** What `keep` was called with. */
let resolveLast: ((value: never) => void) | undefined;
let rejectLast: ((error: unknown) => void) | undefined;

/** For `new Promise`, so that no function has to be made for each. */
const keep = (resolve: (value: never) => void, reject: (error: unknown) => void): void => {
  resolveLast = resolve;
  rejectLast = reject;
};

/** Settles futures; not for users. @internal */
export let settle: {
  fulfil(future: Future<unknown>, value: unknown): void;
  fail(future: Future<unknown>, error: unknown): void;
  cancel(future: Future<unknown>, error: CancelledError): void;
  /** Calls back before the future's own callbacks, without being one of them. */
  watch(future: Future<unknown>, watcher: () => void): () => void;
  create(task: FutureTask): Future<unknown>;
  /** The task behind a future; undefined for anything else. */
  taskOf(future: unknown): FutureTask | undefined;
  failed(future: Future<unknown>): boolean;
};

/**
 * The result of a task that was submitted to an executor. Python:
 * [`concurrent.futures.Future`](https://docs.python.org/3/library/concurrent.futures.html#future-objects).
 *
 * It belongs to the thread that submitted the task: there it can be waited for by blocking (`result`), or
 * by its event loop (`await`). A future that failed and that nobody looks at is silent, as in Python.
 *
 * Differences from Python: it can be awaited; a task that runs can be cancelled, too; times are in milliseconds.
 *
 * @example
 * ```ts
 * import { ThreadPoolExecutor } from '@x/executor';
 *
 * const executor = new ThreadPoolExecutor({ maxWorkers: 2 });
 * const future = executor.submit((base: number, power: number) => base ** power, 323, 2);
 * console.log(future.result());   // 104329
 * console.log(await future);   // 104329
 * ```
 */
export class Future<T> implements PromiseLike<T> {
  readonly #task: FutureTask;
  #state: State = State.PENDING;
  #value: unknown;
  #callbacks: Callback<T>[] | undefined;
  #watchers: Set<() => void> | undefined;
  #promise: Promise<T> | undefined;
  #resolve: ((value: T) => void) | undefined;
  #reject: ((error: unknown) => void) | undefined;

  static {
    settle = {
      fulfil: (future, value) => {
        future.#settle(State.FULFILLED, value);
      },
      fail: (future, error) => {
        future.#settle(State.FAILED, error);
      },
      cancel: (future, error) => {
        future.#settle(State.CANCELLED, error);
      },
      watch: (future, watcher) => future.#watch(watcher),
      create: (task) => new Future(task),
      taskOf: (future) =>
        typeof future === 'object' && future !== null && #task in future ? future.#task : undefined,
      failed: (future) => future.#state === State.FAILED,
    };
  }

  private constructor(task: FutureTask) {
    this.#task = task;
  }

  /**
   * Blocks this thread until the task has ended, and gives what it returned.
   *
   * What the task wrote to shared memory is visible afterwards.
   *
   * @param options `timeout` in milliseconds; `0` only looks
   * @returns the task's result
   * @throws what the task threw; TimeoutError if the time is over before; CancelledError if it was cancelled;
   * BrokenExecutorError if its worker died; DeadlockError in a task of the same pool, when every worker waits like that;
   * BlockingNotAllowedError on a thread that may not block, if it would have to wait
   */
  result(options?: TimeoutOptions): T {
    this.#await(options);
    if (this.#state === State.FULFILLED) return this.#value as T;
    throw this.#value;
  }

  /**
   * Blocks this thread until the task has ended, and gives the error that it threw, or `undefined` if it threw none.
   *
   * @param options `timeout` in milliseconds
   * @throws TimeoutError if the time is over before; CancelledError if it was cancelled
   */
  exception(options?: TimeoutOptions): unknown {
    this.#await(options);
    if (this.#state === State.CANCELLED) throw this.#value;
    return this.#state === State.FAILED ? this.#value : undefined;
  }

  /** Whether the task has returned, thrown, or was cancelled. Never blocks. */
  done(): boolean {
    this.#refresh();
    return this.#state !== State.PENDING;
  }

  /** Whether a worker runs the task at this moment. */
  running(): boolean {
    this.#refresh();
    return this.#state === State.PENDING && this.#task.isRunning();
  }

  /** Whether the task was cancelled. */
  cancelled(): boolean {
    this.#refresh();
    return this.#state === State.CANCELLED;
  }

  /**
   * Cancels the task if no worker has begun it; then it never runs. Never blocks.
   *
   * With `running: true` also a task that runs: `currentThread().signal` fires in it, which ends its
   * blocking waits, and if it has not ended after `grace` milliseconds its worker is terminated and
   * replaced. The future is cancelled at once; no other task is touched.
   *
   * @returns whether the task is cancelled now, or was before
   * @throws TypeError, RangeError for a wrong `grace`
   * @example
   * ```ts
   * import { ThreadPoolExecutor } from '@x/executor';
   *
   * using executor = new ThreadPoolExecutor({ maxWorkers: 1 });
   * const endless = executor.submit(() => {
   *   for (;;);
   * });
   * console.log(endless.cancel({ running: true, grace: 10 }), endless.cancelled());   // true true
   * ```
   */
  cancel(options: CancelOptions = {}): boolean {
    if (options.grace !== undefined) checkTimeout(options.grace);
    this.#refresh();
    if (this.#state !== State.PENDING) return this.#state === State.CANCELLED;
    return this.#task.cancel(options);
  }

  /**
   * Calls the function with this future once it is settled, in this thread: at once if it is settled
   * already, else in a turn of the event loop or inside a blocking call of this package. Callbacks are
   * called in the order in which they were added. One that throws stops nobody else; it is reported on the console.
   *
   * @throws TypeError if it is not a function
   */
  addDoneCallback(callback: (future: Future<T>) => unknown): void {
    if (typeof callback !== 'function') {
      throw new TypeError(`addDoneCallback needs a function, got ${describe(callback)}`);
    }
    this.#refresh();
    if (this.#state === State.PENDING) (this.#callbacks ??= []).push(callback);
    else this.#call(callback);
  }

  /** For `await`: fulfils with the task's result, rejects with its error. Never blocks. */
  then<A = T, B = never>(
    onFulfilled?: ((value: T) => A | PromiseLike<A>) | null,
    onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.#asPromise().then(onFulfilled, onRejected);
  }

  /** As `then` with only the second function. */
  catch<B = never>(onRejected?: ((reason: unknown) => B | PromiseLike<B>) | null): Promise<T | B> {
    return this.#asPromise().catch(onRejected);
  }

  /** Calls the function when the future is settled, whichever way. */
  finally(onFinally?: (() => void) | null): Promise<T> {
    return this.#asPromise().finally(onFinally);
  }

  /** Kind and state, as Python's `repr` shows them. */
  toString(): string {
    const state = this.done() ? NAMES[this.#state] : this.running() ? 'running' : 'pending';
    return `<Future ${state}>`;
  }

  /** A future stays where its task was submitted; see `Kind`. @internal */
  get [KIND](): Kind {
    return FUTURE_KIND;
  }

  /** What `console.log` shows in Node. @internal */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }

  #refresh(): void {
    if (this.#state === State.PENDING) this.#task.refresh();
  }

  #await(options: TimeoutOptions | undefined): void {
    const timeout = timeoutOf(options);
    if (this.#state !== State.PENDING) return;
    this.#task.block(timeout);
    // TypeScript takes the state for what it was before the call.
    if ((this.#state as State) === State.PENDING) {
      throw new TimeoutError(`the task did not end within ${timeout} ms; wait longer, or cancel it`);
    }
  }

  #asPromise(): Promise<T> {
    if (this.#promise) return this.#promise;
    if (this.#state === State.PENDING) {
      this.#promise = new Promise<T>(keep);
      this.#resolve = resolveLast as ((value: T) => void) | undefined;
      this.#reject = rejectLast;
      // They would keep the promise, and its value, until the next one.
      resolveLast = rejectLast = undefined;
      return this.#promise;
    }
    const fulfilled = this.#state === State.FULFILLED;
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- what the task threw, whatever it is
    return (this.#promise = fulfilled ? Promise.resolve(this.#value as T) : Promise.reject(this.#value));
  }

  #watch(watcher: () => void): () => void {
    if (this.#state !== State.PENDING) {
      watcher();
      return () => undefined;
    }
    const watchers = (this.#watchers ??= new Set());
    watchers.add(watcher);
    return () => watchers.delete(watcher);
  }

  #settle(state: State, value: unknown): void {
    if (this.#state !== State.PENDING) return;
    this.#state = state;
    this.#value = value;
    if (this.#resolve) {
      if (state === State.FULFILLED) this.#resolve(value as T);
      else this.#reject!(value);
      this.#resolve = this.#reject = undefined;
    }
    if (this.#watchers) {
      for (const watcher of this.#watchers) watcher();
      this.#watchers = undefined;
    }
    const callbacks = this.#callbacks;
    if (callbacks) {
      this.#callbacks = undefined;
      for (const callback of callbacks) this.#call(callback);
    }
  }

  #call(callback: Callback<T>): void {
    try {
      callback(this);
    } catch (error) {
      console.error('exception calling callback for', this.toString(), error);
    }
  }
}

const NAMES: Readonly<Record<State, string>> = {
  [State.PENDING]: 'pending',
  [State.FULFILLED]: 'finished returned',
  [State.FAILED]: 'finished raised',
  [State.CANCELLED]: 'cancelled',
};

const FUTURE_KIND = registerKind<Future<unknown>>(() => ({
  kind: 18,
  name: 'Future',
  version: 1,
  bytes: 0,
  module: import.meta.url,
  extra() {
    throw new TransferError(
      'a Future belongs to the thread that submitted its task and cannot travel; pass its result, or submit in the other thread',
    );
  },
  make() {
    throw new LayoutError('the message is damaged: it holds a Future');
  },
  revive() {
    throw new LayoutError('the message is damaged: it holds a Future');
  },
}));
