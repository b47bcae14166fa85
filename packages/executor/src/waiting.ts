/** Waiting for several futures: `wait`, `waitAsync`, `asCompleted`. */
import {
  deadlineAfter,
  describe,
  onAbort,
  remaining,
  signalOf,
  TimeoutError,
  timeoutOf,
  type AsyncWaitOptions,
  type TimeoutOptions,
} from '@x/core';
import { after } from './alarms.js';
import { Deque } from './deque.js';
import { settle, type Future } from './future.js';
import type { Submitter } from './submitter.js';
import { Task } from './task.js';

/** When a wait for several futures is over. Python: the constants of the same names. */
export type ReturnWhen = 'ALL_COMPLETED' | 'FIRST_COMPLETED' | 'FIRST_EXCEPTION';

/** How to wait for several futures, blocking. */
export interface WaitOptions extends TimeoutOptions {
  /** Default: `ALL_COMPLETED`. */
  readonly returnWhen?: ReturnWhen | undefined;
}

/** How to wait for several futures without blocking. */
export interface AsyncWaitForOptions extends WaitOptions, AsyncWaitOptions {}

/** The futures that are done, and the others. */
export interface WaitResult<F> {
  /** Those that have a result or an error, or were cancelled. */
  readonly done: Set<F>;
  /** Those that are still pending or running. */
  readonly notDone: Set<F>;
}

type AnyFuture = Future<unknown>;

const WHENS: readonly string[] = ['ALL_COMPLETED', 'FIRST_COMPLETED', 'FIRST_EXCEPTION'];

/** How often one who blocks on tasks of several executors looks at the others, in milliseconds. */
const ROUND_MS = 2;

/**
 * Blocks this thread until the futures are done, or the time is over. Python:
 * [`concurrent.futures.wait`](https://docs.python.org/3/library/concurrent.futures.html#concurrent.futures.wait).
 *
 * @param futures of this thread; they may be of several executors
 * @param options `timeout` in milliseconds; `returnWhen`: `ALL_COMPLETED`, `FIRST_COMPLETED`, or `FIRST_EXCEPTION`, which
 * is over as soon as one has failed
 * @returns two sets; after a time-out those that are not done are in `notDone`
 * @throws RangeError, TypeError for wrong arguments; BlockingNotAllowedError on a thread that may not block
 * @example
 * ```ts
 * import { ThreadPoolExecutor, wait } from '@x/executor';
 *
 * using executor = new ThreadPoolExecutor({ maxWorkers: 2 });
 * const futures = [3, 4].map((n) => executor.submit((side: number) => side * side, n));
 * const { done, notDone } = wait(futures);
 * console.log(done.size, notDone.size);   // 2 0
 * ```
 */
export function wait<F extends Future<unknown>>(
  futures: Iterable<F>,
  options: WaitOptions = {},
): WaitResult<F> {
  const timeout = timeoutOf(options);
  const group = new Group(futures, options.returnWhen);
  try {
    if (!group.isOver()) block(group.tasks(), () => group.isOver(), timeout);
    return group.result();
  } finally {
    group.release();
  }
}

/**
 * As `wait`, without blocking this thread.
 *
 * @throws (rejects) the signal's reason if it fires
 * @example
 * ```ts
 * import { ThreadPoolExecutor, waitAsync } from '@x/executor';
 *
 * await using executor = new ThreadPoolExecutor({ maxWorkers: 2 });
 * const futures = [3, 4].map((n) => executor.submit((side: number) => side * side, n));
 * const { done } = await waitAsync(futures, { timeout: 10_000 });
 * console.log(done.size);   // 2
 * ```
 */
export async function waitAsync<F extends Future<unknown>>(
  futures: Iterable<F>,
  options: AsyncWaitForOptions = {},
): Promise<WaitResult<F>> {
  const timeout = timeoutOf(options);
  const signal = signalOf(options);
  const group = new Group(futures, options.returnWhen);
  try {
    if (!group.isOver())
      await untilOver(
        (changed) => (group.changed = changed),
        () => group.isOver(),
        timeout,
        signal,
      );
    return group.result();
  } finally {
    group.release();
  }
}

/**
 * Gives the futures in the order in which they are done; those that are done already come first, each
 * one once. Python: [`as_completed`](https://docs.python.org/3/library/concurrent.futures.html#concurrent.futures.as_completed).
 *
 * `for…of` blocks this thread, `for await` does not.
 *
 * @param options `timeout` in milliseconds from this call; then the iteration throws `TimeoutError`
 * @throws RangeError, TypeError for wrong arguments
 * @example
 * ```ts
 * import { asCompleted, ThreadPoolExecutor } from '@x/executor';
 *
 * using executor = new ThreadPoolExecutor({ maxWorkers: 2 });
 * const slow = executor.submit(() => new Promise<string>((resolve) => setTimeout(resolve, 1000, 'slow')));
 * const fast = executor.submit(() => 'fast');
 * for await (const future of asCompleted([slow, fast])) console.log(future.result());
 * // fast
 * // slow
 * ```
 */
export function asCompleted<F extends Future<unknown>>(
  futures: Iterable<F>,
  options?: TimeoutOptions,
): Iterable<F> & AsyncIterable<F> {
  return new Completed(futures, timeoutOf(options));
}

/** Futures that are waited for together. */
class Group<F extends AnyFuture> {
  changed: (() => void) | undefined;
  readonly #futures: Set<F>;
  readonly #when: ReturnWhen;
  readonly #release: (() => void)[] = [];
  #left: number;
  #failed = false;

  constructor(futures: Iterable<F>, when: ReturnWhen = 'ALL_COMPLETED') {
    if (!WHENS.includes(when)) {
      throw new RangeError(
        `returnWhen must be 'ALL_COMPLETED', 'FIRST_COMPLETED' or 'FIRST_EXCEPTION', got ${when}`,
      );
    }
    this.#futures = checked(futures);
    this.#when = when;
    this.#left = this.#futures.size;
    for (const future of this.#futures) {
      this.#release.push(
        settle.watch(future, () => {
          this.#left--;
          if (settle.failed(future)) this.#failed = true;
          this.changed?.();
        }),
      );
    }
  }

  isOver(): boolean {
    if (this.#left === 0) return true;
    if (this.#when === 'FIRST_COMPLETED') return this.#left < this.#futures.size;
    return this.#when === 'FIRST_EXCEPTION' && this.#failed;
  }

  tasks(): Task[] {
    return tasksOf(this.#futures);
  }

  result(): WaitResult<F> {
    const done = new Set<F>();
    const notDone = new Set<F>();
    for (const future of this.#futures) (future.done() ? done : notDone).add(future);
    return { done, notDone };
  }

  release(): void {
    for (const release of this.#release) release();
  }
}

/** A future in something that is not thenable. */
interface Box<F> {
  readonly future: F;
}

class Completed<F extends AnyFuture> implements Iterable<F>, AsyncIterable<F> {
  readonly #waiting: Set<F>;
  readonly #ready = new Deque<F>();
  readonly #release: (() => void)[] = [];
  readonly #deadline: number;
  readonly #total: number;
  #changed: (() => void) | undefined;

  constructor(futures: Iterable<F>, timeout: number) {
    this.#waiting = checked(futures);
    this.#total = this.#waiting.size;
    this.#deadline = deadlineAfter(timeout);
    for (const future of [...this.#waiting]) {
      this.#release.push(
        settle.watch(future, () => {
          this.#waiting.delete(future);
          this.#ready.push(future);
          this.#changed?.();
        }),
      );
    }
  }

  *[Symbol.iterator](): Generator<F, void, undefined> {
    try {
      for (;;) {
        for (let future = this.#ready.shift(); future; future = this.#ready.shift()) yield future;
        if (this.#waiting.size === 0) return;
        const over = (): boolean => this.#ready.size > 0;
        if (!block(tasksOf(this.#waiting), over, remaining(this.#deadline))) throw this.#late();
      }
    } finally {
      this.#abandon();
    }
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<F> {
    // The `yield` of an async generator awaits what it gives: of a future there would come out the result.
    const boxes = this.#boxes();
    const unbox = async (step: Promise<IteratorResult<Box<F>, void>>): Promise<IteratorResult<F, void>> => {
      const { done, value } = await step;
      return done ? { done, value: undefined } : { done: false, value: value.future };
    };
    const iterator: AsyncIterableIterator<F> = {
      next: () => unbox(boxes.next()),
      return: () => unbox(boxes.return()),
      [Symbol.asyncIterator]: () => iterator,
    };
    return iterator;
  }

  async *#boxes(): AsyncGenerator<Box<F>, void, undefined> {
    try {
      for (;;) {
        for (let future = this.#ready.shift(); future; future = this.#ready.shift()) yield { future };
        if (this.#waiting.size === 0) return;
        const over = (): boolean => this.#ready.size > 0;
        const left = remaining(this.#deadline);
        if (!(await untilOver((changed) => (this.#changed = changed), over, left))) throw this.#late();
      }
    } finally {
      this.#abandon();
    }
  }

  #late(): TimeoutError {
    return new TimeoutError(`${this.#waiting.size} (of ${this.#total}) futures were not done in time`);
  }

  #abandon(): void {
    for (const release of this.#release) release();
  }
}

function checked<F extends AnyFuture>(futures: Iterable<F>): Set<F> {
  if (typeof futures !== 'object' || !(Symbol.iterator in Object(futures))) {
    throw new TypeError(`an iterable of futures is needed, got ${describe(futures)}`);
  }
  const set = new Set(futures);
  for (const future of set) {
    if (!settle.taskOf(future))
      throw new TypeError(`an iterable of futures is needed, it holds ${describe(future)}`);
  }
  return set;
}

function tasksOf(futures: Iterable<AnyFuture>): Task[] {
  const tasks: Task[] = [];
  for (const future of futures) {
    const task = settle.taskOf(future);
    if (task instanceof Task && !task.settled) tasks.push(task);
  }
  return tasks;
}

/** Blocks until the condition holds, which depends on the tasks: true, or until the time is over: false. */
function block(tasks: readonly Task[], isOver: () => boolean, timeout: number): boolean {
  const submitters = [...new Set<Submitter>(tasks.map((task) => task.submitter))];
  const [first, ...others] = submitters;
  if (!first) return isOver();
  if (others.length === 0) return first.block(isOver, timeout, tasks[0]);
  // Tasks of several executors: this thread can sleep on one of them only.
  const over = (): boolean => {
    for (const other of others) other.tend();
    return isOver();
  };
  return first.block(over, timeout, undefined, ROUND_MS);
}

/** Resolves with true when the condition holds, which is looked at after each change; with false when the time is over. */
function untilOver(
  onChange: (changed: () => void) => void,
  isOver: () => boolean,
  timeout: number,
  signal?: AbortSignal,
): Promise<boolean> {
  return new Promise<boolean>((resolve, reject) => {
    let stop: (() => void) | undefined;
    let unlisten: (() => void) | undefined;
    const end = (): void => {
      stop?.();
      unlisten?.();
      onChange(() => undefined);
    };
    if (timeout !== Infinity) {
      stop = after(timeout, () => {
        end();
        resolve(false);
      });
    }
    if (signal) {
      unlisten = onAbort(signal, () => {
        end();
        reject(signal.reason as Error);
      });
    }
    onChange(() => {
      if (!isOver()) return;
      end();
      resolve(true);
    });
  });
}
