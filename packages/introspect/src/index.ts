/**
 * Looking at the threads of this process.
 *
 * @packageDocumentation
 */
export {
  BlockingNotAllowedError,
  fromShared,
  ThreadingError,
  ThreadStateError,
  toShared,
  type FromShared,
  type SharedMessage,
} from '@x/core';
export { ThreadHandle } from '@x/thread';
export { dump, findDeadlocks, formatDump, type ThreadDump, type ThreadWait } from './waits.js';
export { activeCount, currentThread, enumerate, getIdent, getNativeId, mainThread } from './threads.js';
