/** Node.js. Builtins come from `process.getBuiltinModule`, so that bundles for browsers hold no `node:` import. */
import { workerThreads } from './builtins.js';
import { largeBlocks } from './large-blocks.js';
import type { Runtime } from './runtime.js';

type FileSystem = typeof import('node:fs');

const REALM_KEY = '@x/core:realm';
// The longest delay a timer takes; the timer exists only to be referenced.
const FOR_EVER_MS = 2 ** 31 - 1;

/** The runtime, or undefined when this is not Node. */
export function nodeRuntime(): Runtime | undefined {
  const process = globalThis.process as NodeJS.Process | undefined;
  if (typeof process?.getBuiltinModule !== 'function') return undefined;
  const fs: FileSystem = process.getBuiltinModule('node:fs');
  const listsThreads = fs.existsSync('/proc/self/task');
  let nativeThreadId: number | undefined;
  const { Buffer } = process.getBuiltinModule('node:buffer');
  const { latin1Slice } = Buffer.prototype as {
    latin1Slice?: (this: Uint8Array, start: number, end: number) => string;
  };
  const expectLarge = largeBlocks(process.platform);
  return {
    name: 'node',
    get isMainThread() {
      return workerThreads().isMainThread;
    },
    canBlock: true,
    nativeThreadId() {
      if (nativeThreadId !== undefined) return nativeThreadId;
      try {
        // "1234/task/1240"; only Linux has it.
        nativeThreadId = Number(fs.readlinkSync('/proc/thread-self').split('/')[2] ?? 0);
      } catch {
        nativeThreadId = 0;
      }
      return nativeThreadId;
    },
    nativeThreadGone(nativeId) {
      return nativeId !== 0 && listsThreads && !fs.existsSync(`/proc/self/task/${nativeId}`);
    },
    keepAlive() {
      const timer = globalThis.setInterval(() => undefined, FOR_EVER_MS);
      return () => {
        globalThis.clearInterval(timer);
      };
    },
    inheritedRealm() {
      return workerThreads().getEnvironmentData(REALM_KEY) as unknown as SharedArrayBuffer | undefined;
    },
    bequeathRealm(buffer) {
      workerThreads().setEnvironmentData(REALM_KEY, buffer);
    },
    onThreadEnd(callback) {
      // Only a loop that has run out of work says so; process.exit() and an uncaught error do not.
      let ranOut = false;
      process.on('beforeExit', () => {
        ranOut = true;
        // Runs only if something there started new work.
        globalThis
          .setImmediate(() => {
            ranOut = false;
          })
          .unref();
      });
      process.once('exit', () => {
        callback(ranOut);
      });
    },
    onIdle(callback) {
      process.on('beforeExit', callback);
    },
    receiveNow: (port) =>
      workerThreads().receiveMessageOnPort(port as import('node:worker_threads').MessagePort),
    latin1: (bytes, start, end) => latin1Slice?.call(bytes, start, end),
    allocate(byteLength) {
      expectLarge(byteLength);
      const { buffer } = Buffer.allocUnsafeSlow(byteLength);
      return buffer.byteLength === byteLength ? buffer : new ArrayBuffer(byteLength);
    },
    nextTurn: (callback) => {
      globalThis.setImmediate(callback);
    },
    activeResources: () => process.getActiveResourcesInfo(),
  };
}
