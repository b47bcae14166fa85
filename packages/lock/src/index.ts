/**
 * Locks between threads.
 *
 * @packageDocumentation
 */
export {
  AbandonedError,
  BlockingNotAllowedError,
  DeadlockError,
  LayoutError,
  NotHeldError,
  ThreadingError,
  TimeoutError,
  toShared,
  TransferError,
  type AsyncWaitOptions,
  type FromShared,
  type MemoryOptions,
  type SharedMessage,
  type TimeoutOptions,
} from '@x/core/primitives';
export { Condition } from './condition.js';
export { setDeadlockDetection } from './detection.js';
export { Lock, type LockOptions } from './lock.js';
export type { ReadLock } from './read-lock.js';
export { RLock } from './rlock.js';
export { RWLock } from './rwlock.js';
export type { LockLike } from './scoped-lock.js';
export type { WriteLock } from './write-lock.js';
export { fromShared } from './sharing.js';
