/**
 * Events between threads.
 *
 * @packageDocumentation
 */
export {
  BlockingNotAllowedError,
  fromShared,
  LayoutError,
  ThreadingError,
  toShared,
  TransferError,
  type AsyncWaitOptions,
  type MemoryOptions,
  type SharedMessage,
  type TimeoutOptions,
} from '@x/core/primitives';
export { Event } from './event.js';
