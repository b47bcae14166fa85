/** Browsers, and any other place with workers and shared memory but nothing of Node. */
import type { Runtime } from './runtime.js';

export function webRuntime(): Runtime {
  // A window has a document; the only other holders of this code are workers, which may block.
  const isMainThread = 'document' in globalThis;
  return {
    name: 'web',
    isMainThread,
    canBlock: !isMainThread,
    nativeThreadId: () => 0,
    nativeThreadGone: () => false,
    // A page or worker lives until it is closed.
    keepAlive: () => () => undefined,
    inheritedRealm: () => undefined,
    bequeathRealm: () => undefined,
    onThreadEnd: () => undefined,
    onIdle: () => undefined,
    receiveNow: () => undefined,
    latin1: () => undefined,
    utf16: () => undefined,
    putLatin1: () => false,
    compile: () => undefined,
    allocate: (byteLength) => new ArrayBuffer(byteLength),
    copy(target, at, source) {
      target.set(source, at);
    },
    nextTurn: (callback) => {
      setTimeout(callback, 0);
    },
    activeResources: () => [],
  };
}
