/**
 * Values and numbers that threads share.
 *
 * @packageDocumentation
 */
export {
  BlockingNotAllowedError,
  DeadlockError,
  LayoutError,
  ThreadingError,
  toShared,
  TransferError,
  type AsyncWaitOptions,
  type FromShared,
  type MemoryOptions,
  type SharedMessage,
  type TimeoutOptions,
} from '@x/core/primitives';
export { AtomicBigInt64, AtomicInt32 } from './atomics.js';
export { SharedValue, type SharedValueOptions } from './shared-value.js';
export { fromShared } from './sharing.js';
