/**
 * What a primitive is made of, in one file that holds nothing else: shared words, parking, deadlines, the codec, errors.
 * Most of `@x/core`, under the same names, without what runs functions in other threads; so it is imported faster.
 *
 * @packageDocumentation
 */
export { onAbort } from './abort.js';
export {
  agent,
  createAgent,
  enter,
  exchangeAgent,
  home,
  join,
  leave,
  SLICE_MS,
  SPINS,
  type Agent,
} from './agent.js';
export { AsyncWaiters, type AsyncHost } from './async-waiters.js';
export { BlockingWait, STARVING_AFTER_MS, Woke, type WaitSubject } from './blocking-wait.js';
export { registerClass, registeredName, type ClassCodec } from './codec/classes.js';
export { decode, isWire } from './codec/decode.js';
export { encode } from './codec/encode.js';
export { registerErrorClass } from './codec/errors.js';
export { keepInstance, findInstance, sharedInstances } from './codec/instances.js';
export { findKind, KIND, kindModules, registerKind, type Kind } from './codec/kinds.js';
export { codecModule } from './codec/module.js';
export { fromShared, fromSharedOf, toShared, type FromShared, type SharedMessage } from './codec/sharing.js';
export type { Wire } from './codec/wire.js';
export {
  checkTimeout,
  deadlineAfter,
  describe,
  remaining,
  signalOf,
  timeoutOf,
  type AsyncWaitOptions,
  type TimeoutOptions,
} from './deadline.js';
export { confirmDeadlock, describeCycle, findCycle, readEdge, waitNote, type WaitEdge } from './deadlock.js';
export {
  AbandonedError,
  BlockingNotAllowedError,
  BrokenBarrierError,
  BrokenExecutorError,
  CancelledError,
  DeadlockError,
  InvalidStateError,
  LayoutError,
  NotHeldError,
  QueueEmptyError,
  QueueFullError,
  QueueShutDownError,
  ShutdownError,
  TargetError,
  ThreadStateError,
  ThreadingError,
  TimeoutError,
  TransferError,
} from './errors.js';
export { KeepAlive } from './keep-alive.js';
export { Member } from './member.js';
export { at, isPlace, Primitive, type Place } from './primitive.js';
export {
  BEGUN_BIT,
  DETECT_WORD,
  FIRST_THREAD_ID,
  FLAGS_WORD as THREAD_FLAGS_WORD,
  HOOK_BIT,
  NEXT_NAME_WORD,
  NEXT_POOL_WORD,
  OUTPUT_WORD,
  ROOM_WORD,
  STARTED_AT_WORD,
  STATUS_WORD,
  TERMINATE_BIT,
  THREAD_ID_MASK,
  THREADS_SEQ_WORD,
  ThreadKind,
  ThreadState,
  WAIT_SINCE_WORD,
} from './realm/layout.js';
export {
  encodeName,
  epochNow,
  isThreadId,
  Realm,
  type ThreadDescription,
  type ThreadId,
} from './realm/realm.js';
export { runtime, type Runtime } from './runtime/index.js';
export { guard, hold, holdAsync, runHeld, runHeldAsync, type Acquirable } from './scoped.js';
export {
  attachMemory,
  claimMemory,
  FLAGS_WORD,
  HEADER_WORDS,
  kindOf,
  REALM_WORD,
  TAG_WORD,
  tagOf,
  UID_WORD,
  type Memory,
  type MemoryOptions,
  type MemoryShape,
} from './words.js';
