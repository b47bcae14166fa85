/** Builtins of Node that are loaded when they are needed, and never by an import of this package. */

type WorkerThreads = typeof import('node:worker_threads');

let loaded: WorkerThreads | undefined;

/**
 * `node:worker_threads`. In a main thread that has no workers yet its first use costs some two
 * milliseconds, as much as everything else that an import of a lock does.
 */
export function workerThreads(): WorkerThreads {
  return (loaded ??= globalThis.process.getBuiltinModule('node:worker_threads'));
}
