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
  readonly Atomics: typeof globalThis.Atomics;
  readonly performance: { now(): number };
  readonly setTimeout: (callback: () => void, ms: number) => unknown;
  readonly clearTimeout: (handle: unknown) => void;
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

export let Atomics: Seam['Atomics'] = real.Atomics;
export let performance: Seam['performance'] = real.performance;
export let setTimeout: Seam['setTimeout'] = real.setTimeout;
export let clearTimeout: Seam['clearTimeout'] = real.clearTimeout;
export let queueMicrotask: Seam['queueMicrotask'] = real.queueMicrotask;

/** Replaces some of the seam's names; returns a function that puts the real ones back. */
export function substitute(names: Partial<Seam>): () => void {
  ({ Atomics, performance, setTimeout, clearTimeout, queueMicrotask } = { ...real, ...names });
  return () => {
    ({ Atomics, performance, setTimeout, clearTimeout, queueMicrotask } = real);
  };
}
