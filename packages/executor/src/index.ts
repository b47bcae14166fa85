/**
 * A pool of threads, and futures.
 *
 * @packageDocumentation
 */
export {
  BlockingNotAllowedError,
  BrokenExecutorError,
  CancelledError,
  DeadlockError,
  fromShared,
  LayoutError,
  ShutdownError,
  targetsFrom,
  TargetError,
  ThreadingError,
  ThreadStateError,
  TimeoutError,
  toShared,
  TransferError,
  type AsyncWaitOptions,
  type FromShared,
  type SharedMessage,
  type Targets,
  type TimeoutOptions,
  type WorkerFactory,
} from '@x/core';
export { ThreadPoolExecutor, type ExecutorStats } from './executor.js';
export { Future, type CancelOptions } from './future.js';
export { Results, type MapOptions, type Source } from './map.js';
export {
  type ShutdownOptions,
  type TaskDescription,
  type TaskFunction,
  type ThreadPoolExecutorOptions,
} from './options.js';
export { transfer } from './transfer.js';
export {
  asCompleted,
  wait,
  waitAsync,
  type AsyncWaitForOptions,
  type ReturnWhen,
  type WaitOptions,
  type WaitResult,
} from './waiting.js';
