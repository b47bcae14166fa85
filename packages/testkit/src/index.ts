/**
 * Helpers for the tests of this repository.
 *
 * @packageDocumentation
 */
export { Checkpoints } from './checkpoints.js';
export { dump, dumpThreads, dumpWords } from './dump.js';
export { parcelsOf } from './parcels.js';
export { random, type Random } from './random.js';
export {
  EXPIRES_MS,
  LONG,
  NEVER_MS,
  PATIENCE_MS,
  pause,
  POLL_MS,
  scaled,
  SHORT_MS,
  STUCK_MS,
  TIME_SCALE,
} from './time.js';
export { sleepersOn, until, untilSleeping, untilWords, type Watched } from './until.js';
export { watch } from './watch.js';
export { startWorker, untilAsyncWaiting, type StartOptions, type TestWorker } from './worker-harness.js';
export type { WorkerKit } from './worker-protocol.js';
