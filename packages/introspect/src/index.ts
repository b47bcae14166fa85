/**
 * Looking at the threads of this process.
 *
 * @packageDocumentation
 */
export { fromShared, ThreadingError, ThreadStateError, toShared, type SharedMessage } from '@x/core';
export type { ThreadHandle } from '@x/thread';
export { activeCount, currentThread, enumerate, getIdent, getNativeId, mainThread } from './threads.js';
