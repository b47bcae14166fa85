/**
 * The seam: the only names by which the algorithms reach shared memory and time.
 *
 * In production builds an import of this module is erased, so that `Atomics.load` in a source file
 * is the engine's own intrinsic. In model tests the testkit substitutes its scheduler, and every
 * atomic operation becomes a scheduling point.
 *
 * @module
 */

/** What a substitute has to provide. */
export interface Seam {
  /** All operations on shared memory. */
  readonly Atomics: typeof globalThis.Atomics;
  /** The clock that deadlines are computed with, in milliseconds. */
  readonly performance: {
    /** Milliseconds since some moment of the past; never goes back. */
    now(): number;
  };
  /** Calls back once, after so many milliseconds. */
  readonly setTimeout: (callback: () => void, ms: number) => unknown;
  /** Takes a timer back. */
  readonly clearTimeout: (handle: unknown) => void;
  /** Calls back before the event loop goes on. */
  readonly queueMicrotask: (callback: () => void) => void;
}

const real: Seam = {
  Atomics: globalThis.Atomics,
  performance: globalThis.performance,
  setTimeout: (callback, ms) => globalThis.setTimeout(callback, ms),
  clearTimeout: (handle) => {
    globalThis.clearTimeout(handle as number);
  },
  queueMicrotask: (callback) => {
    globalThis.queueMicrotask(callback);
  },
};

/** The global `Atomics`, or its substitute. */
export let Atomics: Seam['Atomics'] = real.Atomics;
/** The global `performance`, or its substitute; only `now` may be used. */
export let performance: Seam['performance'] = real.performance;
/** The global `setTimeout`, or its substitute. */
export let setTimeout: Seam['setTimeout'] = real.setTimeout;
/** The global `clearTimeout`, or its substitute. */
export let clearTimeout: Seam['clearTimeout'] = real.clearTimeout;
/** The global `queueMicrotask`, or its substitute. */
export let queueMicrotask: Seam['queueMicrotask'] = real.queueMicrotask;

/** Replaces some of the seam's names; returns a function that puts the real ones back. */
export function substitute(names: Partial<Seam>): () => void {
  ({ Atomics, performance, setTimeout, clearTimeout, queueMicrotask } = { ...real, ...names });
  return () => {
    ({ Atomics, performance, setTimeout, clearTimeout, queueMicrotask } = real);
  };
}
