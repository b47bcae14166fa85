/**
 * Semaphores between threads.
 *
 * @packageDocumentation
 */
export {
  BlockingNotAllowedError,
  LayoutError,
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
export { BoundedSemaphore } from './bounded-semaphore.js';
export { Semaphore, type AcquireAsyncOptions, type AcquireOptions, type PermitOptions } from './semaphore.js';
export { fromShared } from './sharing.js';
