/**
 * Barriers between threads.
 *
 * @packageDocumentation
 */
export {
  BlockingNotAllowedError,
  BrokenBarrierError,
  DeadlockError,
  LayoutError,
  TargetError,
  targetsFrom,
  ThreadingError,
  toShared,
  TransferError,
  type AsyncWaitOptions,
  type FromShared,
  type MemoryOptions,
  type SharedMessage,
  type Targets,
  type TimeoutOptions,
} from '@x/core';
export { Barrier, type BarrierOptions } from './barrier.js';
export { fromShared } from './sharing.js';
