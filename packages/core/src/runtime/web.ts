/** Browsers, and any other place with workers and shared memory but nothing of Node. */
import type { Runtime } from './runtime.js';

export function webRuntime(): Runtime {
  // A window has a document; the only other holders of this code are workers, which may block.
  const isMainThread = 'document' in globalThis;
  const nothing = (): undefined => undefined;
  return {
    isMainThread,
    canBlock: !isMainThread,
    nativeThreadId: () => 0,
    nativeThreadGone: () => false,
    // A page or worker lives until it is closed.
    keepAlive: () => nothing,
    inheritedRealm: nothing,
    bequeathRealm: nothing,
    onThreadEnd: nothing,
  };
}
