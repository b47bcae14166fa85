/** What executors and tasks are told, and the checks of it. */
import { captureTarget, checkTimeout, describe, home, NEXT_POOL_WORD } from '@x/core';
import { Atomics } from '@x/core/seam';
import type { CrewOptions } from './crew.js';
import { availableParallelism } from './parallelism.js';
import { MAX_RECORDS } from './sizes.js';
import type { TaskOptions } from './task.js';

/** A function that runs in another thread: one of yours, or one from `targetsFrom`. */
export type TaskFunction<A extends readonly unknown[], R> = (...args: A) => R;

/** Options of an executor. */
export interface ThreadPoolExecutorOptions {
  /** How many workers there are at most. They are started when they are needed. Default: as many as the machine has cores. */
  readonly maxWorkers?: number | undefined;
  /** Workers are called `prefix_0`, `prefix_1`, … Default: `ThreadPoolExecutor-N`. */
  readonly threadNamePrefix?: string | undefined;
  /** A target that each worker calls before its first task. If it throws, the pool is broken. */
  readonly initializer?: ((...args: never[]) => unknown) | undefined;
  /** Arguments of the initializer. */
  readonly initargs?: readonly unknown[] | undefined;
  /** Tasks after which a worker is replaced by a fresh one. Default: never. */
  readonly maxTasksPerWorker?: number | undefined;
}

/** A task with all that can be said of it. */
export interface TaskDescription<A extends readonly unknown[], R> {
  /** The function to run. */
  readonly target: TaskFunction<A, R>;
  /** Its arguments. */
  readonly args?: A | undefined;
  /** Cancels the task when it fires, also while it runs; see `Future.cancel`. */
  readonly signal?: AbortSignal | undefined;
  /** What is moved to the worker instead of copied: `ArrayBuffer`s, and in the thread that made the executor also `MessagePort`s and the like. */
  readonly transfer?: readonly unknown[] | undefined;
  /** Milliseconds that the task may run. Then its signal fires, its worker is replaced, and the future fails with `TimeoutError`. */
  readonly timeout?: number | undefined;
}

/** How an executor is shut down. */
export interface ShutdownOptions {
  /** Whether to wait until all tasks and workers have ended. Default: true. */
  readonly wait?: boolean | undefined;
  /** Whether to cancel the tasks that no worker has begun. Default: false. */
  readonly cancelFutures?: boolean | undefined;
}

/** Options of an executor that were checked. */
export interface CheckedOptions extends CrewOptions {
  readonly maxWorkers: number;
  readonly maxTasksPerWorker: number;
}

/**
 * Checks the options of an executor.
 *
 * @param constructor the function that the user has called
 */
export function checkOptions(
  options: ThreadPoolExecutorOptions,
  constructor: new (...args: never[]) => unknown,
): CheckedOptions {
  if (typeof options !== 'object' || (options as unknown) === null) {
    throw new TypeError(`options must be an object such as { maxWorkers: 4 }, got ${describe(options)}`);
  }
  const {
    maxWorkers = availableParallelism(),
    maxTasksPerWorker,
    threadNamePrefix,
    initializer,
    initargs = [],
  } = options;
  checkCount(maxWorkers, 'maxWorkers');
  if (maxTasksPerWorker !== undefined) checkCount(maxTasksPerWorker, 'maxTasksPerWorker', 2 ** 31 - 1);
  if (threadNamePrefix !== undefined && typeof threadNamePrefix !== 'string') {
    throw new TypeError(`threadNamePrefix must be a string, got ${describe(threadNamePrefix)}`);
  }
  if (!Array.isArray(initargs)) throw new TypeError(`initargs must be an array, got ${describe(initargs)}`);
  return {
    maxWorkers,
    maxTasksPerWorker: maxTasksPerWorker ?? 0,
    initializer:
      initializer === undefined
        ? undefined
        : captureTarget(initializer, { above: constructor, what: 'initializer' }),
    initargs,
    prefix: threadNamePrefix ?? `ThreadPoolExecutor-${Atomics.add(home().realm.words, NEXT_POOL_WORD, 1)}`,
  };
}

/** Checks a number of workers, or of tasks. */
export function checkCount(value: number, what: string, most = MAX_RECORDS - 1): void {
  if (typeof value !== 'number') throw new TypeError(`${what} must be a number, got ${describe(value)}`);
  if (!Number.isSafeInteger(value) || value < 1 || value > most) {
    throw new RangeError(`${what} must be a whole number from 1 to ${most}, got ${value}`);
  }
}

/** Checks a task that was described. */
export function checkTask(task: unknown): {
  target: unknown;
  args: readonly unknown[];
  options: TaskOptions;
} {
  if (typeof task !== 'object' || task === null) {
    throw new TypeError(`submit needs a function or { target, args }, got ${describe(task)}`);
  }
  const {
    target,
    args = [],
    signal,
    transfer = [],
    timeout,
  } = task as TaskDescription<readonly unknown[], unknown>;
  if (!Array.isArray(args)) throw new TypeError(`args must be an array, got ${describe(args)}`);
  if (!Array.isArray(transfer)) throw new TypeError(`transfer must be an array, got ${describe(transfer)}`);
  checkTimeout(timeout);
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw new TypeError(`signal must be an AbortSignal, got ${describe(signal)}`);
  }
  return { target, args, options: { signal, transfer, timeout } };
}
