/**
 * All packages under one flat name: `import * as threading from '@x/threading'`. A bundler drops what
 * is not used.
 *
 * Two packages have a type called `ShutdownOptions`; here they are `QueueShutdownOptions` and
 * `ExecutorShutdownOptions`.
 *
 * @packageDocumentation
 */

// Errors, and what every package shares. Of `@x/core` only what users of the other packages need.
export {
  AbandonedError,
  BlockingNotAllowedError,
  BrokenBarrierError,
  BrokenExecutorError,
  CancelledError,
  DeadlockError,
  fromShared,
  InvalidStateError,
  LayoutError,
  NotHeldError,
  QueueEmptyError,
  QueueFullError,
  QueueShutDownError,
  registerClass,
  registerErrorClass,
  ShutdownError,
  TargetError,
  targetsFrom,
  ThreadingError,
  ThreadStateError,
  TimeoutError,
  toShared,
  TransferError,
  type AsyncWaitOptions,
  type ClassCodec,
  type FromShared,
  type MemoryOptions,
  type SharedMessage,
  type Targets,
  type TimeoutOptions,
  type WorkerFactory,
} from '@x/core';

// Python's `threading`.
export { Barrier, type BarrierOptions } from '@x/barrier';
export { Event } from '@x/event';
export {
  activeCount,
  currentThread,
  dump,
  enumerate,
  findDeadlocks,
  formatDump,
  getIdent,
  getNativeId,
  mainThread,
  type ThreadDump,
  type ThreadWait,
} from '@x/introspect';
export {
  Condition,
  Lock,
  RLock,
  RWLock,
  setDeadlockDetection,
  type LockLike,
  type LockOptions,
  type ReadLock,
  type WriteLock,
} from '@x/lock';
export {
  BoundedSemaphore,
  Semaphore,
  type AcquireAsyncOptions,
  type AcquireOptions,
  type PermitOptions,
} from '@x/semaphore';
export { AtomicBigInt64, AtomicInt32, SharedValue, type SharedValueOptions } from '@x/shared';
export {
  isMainThread,
  setExcepthook,
  setSpareThreads,
  sleep,
  sleepAsync,
  Thread,
  ThreadHandle,
  ThreadLocal,
  threadWithIdent,
  Timer,
  type ArgsOption,
  type BaseThreadOptions,
  type Excepthook,
  type ExcepthookArgs,
  type ResourceLimits,
  type SleepOptions,
  type Stdio,
  type ThreadOutput,
  type TargetFunction,
  type ThreadOptions,
  type TimerArguments,
} from '@x/thread';

// Python's `queue`.
export {
  BaseQueue,
  LifoQueue,
  PriorityQueue,
  Queue,
  type PriorityQueueOptions,
  type QueueOptions,
  type ShutdownOptions as QueueShutdownOptions,
} from '@x/queue';

// Python's `concurrent.futures`.
export {
  asCompleted,
  Future,
  Results,
  ThreadPoolExecutor,
  transfer,
  wait,
  waitAsync,
  type AsyncWaitForOptions,
  type CancelOptions,
  type ExecutorStats,
  type MapOptions,
  type ReturnWhen,
  type ShutdownOptions as ExecutorShutdownOptions,
  type Source,
  type TaskDescription,
  type TaskFunction,
  type ThreadPoolExecutorOptions,
  type WaitOptions,
  type WaitResult,
} from '@x/executor';
