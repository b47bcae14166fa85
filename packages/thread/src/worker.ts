/**
 * For workers of your own that run threads: what bundlers need, which only find a worker's file when
 * your code names it.
 *
 * @packageDocumentation
 */
import { decode, exposeTargets } from '@x/core';
import { isBoot } from './messages.js';
import { platform } from './platform.js';
import { runThread } from './run.js';

/**
 * Makes functions the targets of this worker. Call it once, at the top level of the worker's file.
 *
 * @param functions an object of functions: a module, as a rule
 * @example
 * ```ts
 * // jobs.worker.ts
 * import { expose } from '@x/thread/worker';
 *
 * expose({ double: (n: number) => 2 * n });
 * ```
 */
export function expose(functions: object): void {
  exposeTargets(functions);
  platform().onPost((message) => {
    if (isBoot(message)) runThread(message, { decoder: () => Promise.resolve(decode), makeCode: undefined });
  });
}
