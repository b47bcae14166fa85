/** What some packages ask of the event loop. Functions, so that bundles of those that do not are without them. */
import { nodeProcess, workerThreads } from './builtins.js';

/**
 * Calls back whenever the event loop has run out of work; new work started there keeps it going. Never on the web.
 *
 * @example
 * ```ts
 * import { onIdle } from '@x/core';
 *
 * onIdle(() => {
 *   console.log('nothing to do');   // nothing to do
 * });
 * ```
 */
export function onIdle(callback: () => void): void {
  nodeProcess()?.on('beforeExit', callback);
}

/** Calls back in the next turn of the event loop, so that timers and I/O that are due come first. */
export const nextTurn: (callback: () => void) => void = /* @__PURE__ */ turner();

function turner(): (callback: () => void) => void {
  if (nodeProcess()) return (callback) => globalThis.setImmediate(callback);
  return (callback) => setTimeout(callback, 0);
}

/**
 * What keeps this thread's event loop going at the moment, one name each; empty where it cannot be known.
 *
 * @example
 * ```ts
 * import { activeResources } from '@x/core';
 *
 * const before = activeResources().length;
 * const timer = setTimeout(() => undefined, 1000);
 * console.log(activeResources().length - before);   // 1
 * clearTimeout(timer);
 * ```
 */
export function activeResources(): readonly string[] {
  return nodeProcess()?.getActiveResourcesInfo() ?? [];
}

/**
 * Takes the next message that has arrived at a `MessagePort` or `BroadcastChannel`, without a turn of the event
 * loop. Undefined if there is none, or where the platform cannot do it.
 *
 * @example
 * ```ts
 * import { receiveNow } from '@x/core';
 *
 * const { port1, port2 } = new MessageChannel();
 * port1.postMessage('hello');
 * console.log(receiveNow(port2)?.message);   // hello
 * port1.close();
 * ```
 */
export function receiveNow(port: unknown): { readonly message: unknown } | undefined {
  if (!nodeProcess()) return undefined;
  return workerThreads().receiveMessageOnPort(port as import('node:worker_threads').MessagePort);
}
