/** Running the microtask queue to its end, now. */
import { setFlagsFromString } from 'node:v8';

/**
 * Runs all microtasks. Does nothing when called from a microtask; so the search runs from timers.
 *
 * The engine has this as a native function only. Without it, a turn of a virtual event loop would
 * need a turn of the real one, and exploring async code would be a hundred times slower.
 */
export const drainMicrotasks: () => void = (() => {
  setFlagsFromString('--allow-natives-syntax');
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- native syntax exists only in text compiled under the flag
  const drain = new Function('%PerformMicrotaskCheckpoint()') as () => void;
  setFlagsFromString('--no-allow-natives-syntax');
  return drain;
})();
