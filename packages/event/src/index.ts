/**
 * Events between threads.
 *
 * @packageDocumentation
 */
export {
  BlockingNotAllowedError,
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
export { Event } from './event.js';
export { fromShared } from './sharing.js';
