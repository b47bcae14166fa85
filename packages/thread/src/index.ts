/**
 * Threads, timers, variables of a thread.
 *
 * @packageDocumentation
 */
export {
  AbandonedError,
  BlockingNotAllowedError,
  DeadlockError,
  fromShared,
  LayoutError,
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
export { setExcepthook, type Excepthook, type ExcepthookArgs } from './excepthook.js';
export { ThreadLocal } from './local.js';
export { isMainThread } from './main-thread.js';
export type { Stdio, ThreadOutput } from './messages.js';
export type {
  ArgsOption,
  BaseThreadOptions,
  ResourceLimits,
  TargetFunction,
  ThreadOptions,
} from './options.js';
export { setSpareThreads } from './reserve.js';
export { sleep, sleepAsync, type SleepOptions } from './sleep.js';
export { Thread } from './thread.js';
export { ThreadHandle, threadWithIdent } from './thread-handle.js';
export { Timer, type TimerArguments } from './timer.js';
