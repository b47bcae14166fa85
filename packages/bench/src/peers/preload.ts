/**
 * What `multithreading` takes for granted and Node 20 lacks: it reads `navigator.hardwareConcurrency` when it is
 * loaded, and calls `Promise.withResolvers`. Loaded with `--import` in processes that measure it and, since workers
 * inherit that, in all their workers; on later Nodes it does nothing.
 */
import { availableParallelism } from 'node:os';

interface Lacking {
  navigator?: { hardwareConcurrency: number };
}

const lacking = globalThis as unknown as Lacking;
if (lacking.navigator === undefined) {
  Object.defineProperty(globalThis, 'navigator', {
    configurable: true,
    value: { hardwareConcurrency: availableParallelism() },
  });
}

const constructor = Promise as unknown as { withResolvers?: unknown };
constructor.withResolvers ??= function withResolvers() {
  let resolve!: (value: unknown) => void;
  let reject!: (reason: unknown) => void;
  const promise = new Promise((accept, refuse) => {
    resolve = accept;
    reject = refuse;
  });
  return { promise, resolve, reject };
};
