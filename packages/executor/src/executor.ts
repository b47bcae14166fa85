/** `ThreadPoolExecutor`: runs functions in a pool of threads. */
import {
  at,
  captureTarget,
  describe,
  encode,
  home,
  Primitive,
  registerKind,
  ThreadStateError,
  type Place,
  type TargetReference,
} from '@x/core';
import { Atomics, setTimeout } from '@x/core/seam';
import { claimArea } from './claim.js';
import { Crew } from './crew.js';
import type { Future } from './future.js';
import {
  BROKEN_BIT,
  FORGOTTEN_BIT,
  MAX_WORD,
  OWNER_WORD,
  POOL_BYTES,
  RETIRE_WORD,
  SHUTDOWN_BIT,
  STATE_WORD,
  WorkerMode,
} from './layout.js';
import { checkMapOptions, Results, type MapOptions, type Source } from './map.js';
import {
  checkCount,
  checkOptions,
  checkTask,
  type ShutdownOptions,
  type TaskDescription,
  type TaskFunction,
  type ThreadPoolExecutorOptions,
} from './options.js';
import { Pool } from './pool.js';
import { recordIn } from './roles.js';
import { Submitter } from './submitter.js';
import { TargetNumbers } from './targets.js';
import type { TaskOptions } from './task.js';

/** What an executor is doing at a moment. */
export interface ExecutorStats {
  /** Workers that exist. */
  readonly workers: number;
  /** Those of them that wait for a task. */
  readonly idle: number;
  /** Those that run one. */
  readonly busy: number;
  /** How many workers there may be. */
  readonly maxWorkers: number;
  /** Tasks that no worker has begun. */
  readonly pending: number;
}

/** The pool of an executor. @internal */
export let poolOf: (executor: ThreadPoolExecutor) => Pool;

/** Another thread is about to get the executor, and may submit before this one does. */
let handOut: (executor: ThreadPoolExecutor) => void;

/** Executors that nobody can use any more let their workers go. */
const forgotten = new FinalizationRegistry<Pool>((pool) => {
  pool.mark(FORGOTTEN_BIT);
});

/**
 * Runs functions in a pool of threads. Python:
 * [`concurrent.futures.ThreadPoolExecutor`](https://docs.python.org/3/library/concurrent.futures.html#threadpoolexecutor).
 *
 * Tasks are begun in the order in which they were submitted. An async function occupies its worker until it has settled.
 * Workers are started when there is a task and none is idle; idle ones cost no processor time and do not keep the
 * process alive, pending tasks do. The process ends by itself when no task is left.
 *
 * It can be passed to its own tasks and to other threads; they submit to the same workers, each for itself. The workers end
 * with the thread that made the executor.
 *
 * Differences from Python: times are in milliseconds; a worker that dies is replaced, and only the task
 * that it ran fails; a task that waits for a task of the same full pool gets a `DeadlockError` instead of hanging.
 *
 * @example
 * ```ts
 * import { ThreadPoolExecutor } from '@x/executor';
 *
 * using executor = new ThreadPoolExecutor({ maxWorkers: 4 });
 * const square = (n: number) => n * n;
 * console.log(executor.submit(square, 12).result());   // 144
 * console.log([...executor.map(square, [1, 2, 3])]);   // [ 1, 4, 9 ]
 * ```
 */
export class ThreadPoolExecutor extends Primitive {
  readonly #pool: Pool;
  readonly #crew: Crew | undefined;
  #numbers: TargetNumbers | undefined;
  #submitter: Submitter | undefined;

  static {
    poolOf = (executor) => executor.#pool;
    handOut = (executor) => {
      // Others may use it when this thread has none any more.
      forgotten.unregister(executor);
      const { member, owner } = executor.#pool;
      if (member.id === owner) void executor.#crew?.listen();
    };
  }

  /**
   * Makes an executor. No thread is started yet.
   *
   * @throws RangeError, TypeError for wrong options; TargetError for an initializer that cannot travel
   */
  constructor(options: ThreadPoolExecutorOptions | Place = {}) {
    const checked = isPlace(options) ? undefined : checkOptions(options, ThreadPoolExecutor);
    super(EXECUTOR_KIND, isPlace(options) ? options : { name: checked!.prefix }, (words) => {
      words[MAX_WORD] = checked!.maxWorkers;
      words[RETIRE_WORD] = checked!.maxTasksPerWorker;
      words[OWNER_WORD] = home().id;
    });
    this.#pool = new Pool(this.memory);
    if (checked) {
      this.#crew = new Crew(this.#pool, encode(this), checked);
      forgotten.register(this, this.#pool, this);
    }
  }

  /**
   * Submits a task: `submit(target, ...args)`, or `submit({ target, args, signal, transfer, timeout })`.
   * Never blocks. Arguments are copied at once, so that they may be changed afterwards.
   *
   * @returns the future of the result; an async target's result is what its promise fulfils with
   * @throws ShutdownError after shutdown; BrokenExecutorError if an initializer failed or no worker comes as far as to run a task; TargetError, TransferError if the function or
   * an argument cannot travel; TypeError, RangeError for wrong options
   * @example
   * ```ts
   * import { ThreadPoolExecutor } from '@x/executor';
   *
   * using executor = new ThreadPoolExecutor({ maxWorkers: 2 });
   * const add = (a: number, b: number) => a + b;
   * const one = executor.submit(add, 1, 2);
   * const other = executor.submit({ target: add, args: [3, 4], timeout: 1000 });
   * console.log(one.result() + other.result());   // 10
   * ```
   */
  submit<A extends readonly unknown[], R>(target: TaskFunction<A, R>, ...args: A): Future<Awaited<R>>;
  submit<A extends readonly unknown[], R>(task: TaskDescription<A, R>): Future<Awaited<R>>;
  submit(target: unknown, ...rest: unknown[]): Future<unknown> {
    if (typeof target === 'function') return this.#submit(target, rest, undefined);
    const { target: described, args, options } = checkTask(target);
    return this.#submit(described, args, options);
  }

  /**
   * Calls the target with each item, in the pool. Results come in the order of the items. All items are
   * submitted at once, unless `buffersize` says how many may be ahead of the consumer. The first call that throws ends the
   * iteration with its error; what was not begun by then is cancelled, and also when the iteration is broken off.
   *
   * The result is iterated once, by `for…of`, which blocks, or `for await`, which does not. Python: `Executor.map`.
   *
   * @param items an iterable; an async one needs `for await`
   * @throws RangeError, TypeError for wrong options; as `submit`
   * @example
   * ```ts
   * import { ThreadPoolExecutor } from '@x/executor';
   *
   * using executor = new ThreadPoolExecutor({ maxWorkers: 2 });
   * for await (const power of executor.map((n: number) => 2 ** n, [1, 2, 10], { buffersize: 2 })) {
   *   console.log(power);
   * }
   * // 2
   * // 4
   * // 1024
   * ```
   */
  map<T, R>(target: TaskFunction<[T], R>, items: Source<T>, options?: MapOptions): Results<Awaited<R>> {
    return this.#map(target, items, options, (item) => [item]);
  }

  /** As `map`, with a list of arguments for each call. Python: `itertools.starmap`, in the pool. */
  starmap<A extends readonly unknown[], R>(
    target: TaskFunction<A, R>,
    items: Source<A>,
    options?: MapOptions,
  ): Results<Awaited<R>> {
    return this.#map(target, items, options, (args) => {
      if (!Array.isArray(args))
        throw new TypeError(`starmap needs lists of arguments, got ${describe(args)}`);
      return args;
    });
  }

  /**
   * Takes no more tasks, also from other threads. Tasks that were submitted still run.
   *
   * @param options with `wait`, which is the default, blocks until all tasks and workers have ended; `cancelFutures` cancels those of this
   * thread's tasks that no worker has begun
   * @throws ThreadStateError in a task of this executor, with `wait`; BlockingNotAllowedError on a thread that may not block
   */
  shutdown(options: ShutdownOptions = {}): void {
    const wait = this.#close(options);
    if (!wait) return;
    this.#own().block(() => this.#isOver(), Infinity, undefined, OVER_MS);
  }

  /** As `shutdown`, without blocking this thread: resolves when all tasks and workers have ended. */
  async shutdownAsync(options: ShutdownOptions = {}): Promise<void> {
    if (!this.#close(options)) return;
    const own = this.#own();
    while (!this.#isOver()) {
      await new Promise<void>((resolve) => setTimeout(resolve, OVER_MS));
      own.inspect();
    }
    own.retire();
  }

  /**
   * Changes how many workers there may be. More are started as soon as there is work for them; spare ones end after the
   * task that they run. Never blocks.
   *
   * @throws RangeError for anything but a whole number from 1; ThreadStateError in another thread than the one that made the executor
   */
  resize(maxWorkers: number): void {
    checkCount(maxWorkers, 'maxWorkers');
    if (!this.#crew) {
      throw new ThreadStateError(
        `${this.name} can be resized only by the thread that made it; ask that thread`,
      );
    }
    Atomics.store(this.#pool.words, MAX_WORD, maxWorkers);
    this.#crew.shrink();
    this.#own().attend();
    this.#crew.serve(false);
  }

  /** What the executor is doing at this moment, of all threads. Never blocks. */
  stats(): ExecutorStats {
    const pool = this.#pool;
    const modes = pool.crew().map((record) => pool.modeOf(record));
    return {
      workers: modes.filter((mode) => mode !== WorkerMode.LEAVING).length,
      idle: modes.filter((mode) => mode === WorkerMode.IDLE).length,
      busy: modes.filter((mode) => mode === WorkerMode.BUSY).length,
      maxWorkers: pool.maxWorkers,
      pending: pool.pending(),
    };
  }

  /** For `using`: `shutdown()`. */
  [Symbol.dispose](): void {
    this.shutdown();
  }

  /** For `await using`: `shutdownAsync()`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdownAsync();
  }

  /** @internal */
  protected describeState(): string {
    const { workers, busy, pending, maxWorkers } = this.stats();
    const bits = Atomics.load(this.#pool.words, STATE_WORD);
    const state =
      (bits & BROKEN_BIT) !== 0 ? 'broken' : (bits & SHUTDOWN_BIT) !== 0 ? 'shut down' : 'running';
    return `${state} workers=${workers}/${maxWorkers} busy=${busy} pending=${pending}`;
  }

  #submit(target: unknown, args: readonly unknown[], options: TaskOptions | undefined): Future<unknown> {
    let number = this.#submitter?.recall(target);
    if (number !== undefined) return this.#submitter!.submit(number, args, options);
    // eslint-disable-next-line @typescript-eslint/unbound-method -- only compared with functions on the stack
    const reference = captureTarget(target, { above: ThreadPoolExecutor.prototype.submit });
    number = this.#numberOf(reference);
    const own = this.#own();
    const future = own.submit(number, args, options);
    own.remember(target, number);
    return future;
  }

  #numberOf(reference: TargetReference): number {
    return (this.#numbers ??= new TargetNumbers(this.#pool)).numberOf(reference);
  }

  #map<T, R>(
    target: unknown,
    items: Source<T>,
    options: MapOptions = {},
    argsOf: (item: T) => readonly unknown[],
  ): Results<Awaited<R>> {
    const checked = checkMapOptions(items, options);
    const number = this.#numberOf(captureTarget(target));
    const own = this.#own();
    return new Results<Awaited<R>>(
      (list) =>
        list.length === 1 && checked.chunksize === 1
          ? own.submit(number, argsOf(list[0] as T), { signal: checked.signal })
          : own.submit(
              number,
              list.map((item) => argsOf(item as T)),
              { signal: checked.signal, chunk: true },
            ),
      items,
      checked,
    );
  }

  /** This thread's side of the pool. */
  #own(): Submitter {
    if (this.#submitter) return this.#submitter;
    const area = claimArea(this.#pool);
    if (area === undefined) {
      throw new ThreadStateError(
        `too many threads submit to ${this.name} at once; let some of them end, or use another executor`,
      );
    }
    this.#submitter = new Submitter(this.#pool, area, this.#crew, recordIn(this.#pool));
    this.#crew?.attach(this.#submitter);
    return this.#submitter;
  }

  /** Closes the pool. Returns whether to wait for its end. */
  #close(options: ShutdownOptions): boolean {
    const { wait = true, cancelFutures = false } = options;
    for (const [key, value] of Object.entries({ wait, cancelFutures })) {
      if (typeof value !== 'boolean') throw new TypeError(`${key} must be a boolean, got ${describe(value)}`);
    }
    if (wait && recordIn(this.#pool) !== undefined) {
      throw new ThreadStateError(
        `${this.name} cannot wait for its own worker; call shutdown({ wait: false }) in a task`,
      );
    }
    this.#pool.mark(SHUTDOWN_BIT);
    if (cancelFutures) this.#own().cancelPending();
    return wait;
  }

  /** Whether all of this thread's tasks and all workers have ended. */
  #isOver(): boolean {
    if (this.#submitter && this.#submitter.pending > 0) return false;
    this.#crew?.bury();
    const { realm, owner } = this.#pool;
    // Workers end with the thread that made them, and then nobody buries them.
    return this.#pool.crew().length === 0 || (!this.#crew && realm.hasEnded(owner));
  }
}

/** How often one who waits for the end of an executor looks, in milliseconds. */
const OVER_MS = 2;

const EXECUTOR_KIND = registerKind<ThreadPoolExecutor>(() => ({
  kind: 17,
  name: 'ThreadPoolExecutor',
  version: 1,
  bytes: POOL_BYTES,
  module: import.meta.url,
  extra: (executor) => {
    handOut(executor);
  },
  revive: (memory, name) => new ThreadPoolExecutor(at(memory, name)),
}));

function isPlace(options: object): options is Place {
  return Object.getOwnPropertySymbols(options).length > 0;
}
