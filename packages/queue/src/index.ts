/**
 * Queues between threads.
 *
 * @packageDocumentation
 */
export {
  AbandonedError,
  BlockingNotAllowedError,
  LayoutError,
  QueueEmptyError,
  QueueFullError,
  QueueShutDownError,
  TargetError,
  ThreadingError,
  toShared,
  TransferError,
  type AsyncWaitOptions,
  type FromShared,
  type MemoryOptions,
  type SharedMessage,
  type TimeoutOptions,
} from '@x/core';
export { BaseQueue } from './base-queue.js';
export { LifoQueue } from './lifo-queue.js';
export type { QueueOptions, ShutdownOptions } from './options.js';
export { PriorityQueue, type PriorityQueueOptions } from './priority-queue.js';
export { Queue } from './queue.js';
export { fromShared } from './sharing.js';
