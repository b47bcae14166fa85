/** Node, and its builtins, which are loaded when they are needed and never by an import of this package. */

type WorkerThreads = typeof import('node:worker_threads');

/** Node's `process`; undefined elsewhere. Builtins come from it, so that bundles for browsers hold no `node:` import. */
export function nodeProcess(): NodeJS.Process | undefined {
  const process = globalThis.process as NodeJS.Process | undefined;
  return typeof process?.getBuiltinModule === 'function' ? process : undefined;
}

let loaded: WorkerThreads | undefined;

/**
 * `node:worker_threads`. In a main thread that has no workers yet its first use costs some two
 * milliseconds, as much as everything else that an import of a lock does.
 */
export function workerThreads(): WorkerThreads {
  return (loaded ??= globalThis.process.getBuiltinModule('node:worker_threads'));
}
