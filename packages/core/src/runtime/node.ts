/** Node.js. Builtins come from `process.getBuiltinModule`, so that bundles for browsers hold no `node:` import. */
import { workerThreads } from './builtins.js';
import { largeBlocks } from './large-blocks.js';
import type { Runtime } from './runtime.js';

type FileSystem = typeof import('node:fs');

const REALM_KEY = '@x/core:realm';
// The longest delay a timer takes; the timer exists only to be referenced.
const FOR_EVER_MS = 2 ** 31 - 1;
/** Fewer bytes are copied before a call into the engine has begun. */
const NATIVE_COPY_FROM = 4096;

/** Methods of buffers, most of which Node does not document. */
interface Natives {
  fill(this: Uint8Array, source: Uint8Array): unknown;
  latin1Slice(this: Uint8Array, start: number, end: number): string;
  ucs2Slice(this: Uint8Array, start: number, end: number): string;
  latin1Write(this: Uint8Array, text: string, offset: number, length: number): number;
}

/** The runtime, or undefined when this is not Node. */
export function nodeRuntime(): Runtime | undefined {
  const process = globalThis.process as NodeJS.Process | undefined;
  if (typeof process?.getBuiltinModule !== 'function') return undefined;
  const fs: FileSystem = process.getBuiltinModule('node:fs');
  const listsThreads = fs.existsSync('/proc/self/task');
  const { Buffer } = process.getBuiltinModule('node:buffer');
  const { fill, latin1Slice, latin1Write, ucs2Slice } = Buffer.prototype as Partial<Natives>;
  const expectLarge = largeBlocks(process.platform);
  return {
    name: 'node',
    get isMainThread() {
      return workerThreads().isMainThread;
    },
    canBlock: true,
    nativeThreadId() {
      try {
        // "1234/task/1240"; only Linux has it.
        return Number(fs.readlinkSync('/proc/thread-self').split('/')[2] ?? 0);
      } catch {
        return 0;
      }
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
    utf16: (bytes, start, end) => ucs2Slice?.call(bytes, start, end),
    putLatin1(bytes, at, text) {
      latin1Write?.call(bytes, text, at, text.length);
      return latin1Write !== undefined;
    },
    compile(parameter, body) {
      try {
        // eslint-disable-next-line @typescript-eslint/no-implied-eval -- making a function of text is what this is for
        return new Function(parameter, `'use strict';${body}`) as (argument: never) => unknown;
      } catch {
        // The process was started without the right to do so.
        return undefined;
      }
    },
    allocate(byteLength) {
      expectLarge(byteLength);
      const { buffer } = Buffer.allocUnsafeSlow(byteLength);
      return buffer.byteLength === byteLength ? buffer : new ArrayBuffer(byteLength);
    },
    copy(target, at, source) {
      const { length } = source;
      // Between shared memory and other memory `set` goes word by word, which takes half as long again as this.
      if (fill === undefined || length < NATIVE_COPY_FROM) target.set(source, at);
      else fill.call(target.subarray(at, at + length), source);
    },
    nextTurn: (callback) => {
      globalThis.setImmediate(callback);
    },
    activeResources: () => process.getActiveResourcesInfo(),
  };
}
