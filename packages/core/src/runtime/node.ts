/** Node.js. Asks for nothing before it is needed: an import of a lock alone should cost little. */
import { nodeProcess, workerThreads } from './builtins.js';
import type { Runtime } from './runtime.js';

type FileSystem = typeof import('node:fs');

const REALM_KEY = '@x/core:realm';
// The longest delay a timer takes; the timer exists only to be referenced.
const FOR_EVER_MS = 2 ** 31 - 1;

/** The runtime, or undefined when this is not Node. */
export function nodeRuntime(): Runtime | undefined {
  const process = nodeProcess();
  if (!process) return undefined;
  const fs = (): FileSystem => process.getBuiltinModule('node:fs');
  let nativeThreadId: number | undefined;
  /** A timer that keeps nothing alive now: to make one takes longer, and who awaits one thing after the other needs many. */
  let resting: NodeJS.Timeout | undefined;
  return {
    get isMainThread() {
      return workerThreads().isMainThread;
    },
    canBlock: true,
    nativeThreadId() {
      if (nativeThreadId !== undefined) return nativeThreadId;
      try {
        // "1234/task/1240"; only Linux has it.
        nativeThreadId = Number(fs().readlinkSync('/proc/thread-self').split('/')[2] ?? 0);
      } catch {
        nativeThreadId = 0;
      }
      return nativeThreadId;
    },
    nativeThreadGone(nativeId) {
      const tasks = '/proc/self/task';
      // The folder is asked for last: without it nobody is known to be gone.
      return nativeId !== 0 && !fs().existsSync(`${tasks}/${nativeId}`) && fs().existsSync(tasks);
    },
    keepAlive() {
      // Not the global ones, which tests replace by what keeps nothing alive, and some by numbers.
      const { clearInterval, setInterval } = process.getBuiltinModule('node:timers');
      let timer: NodeJS.Timeout | undefined = resting ?? setInterval(() => undefined, FOR_EVER_MS);
      resting = undefined;
      timer.ref();
      return () => {
        if (!timer) return;
        if (resting) clearInterval(timer);
        else resting = timer.unref();
        timer = undefined;
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
  };
}
