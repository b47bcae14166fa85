/** Who is told of an error that nobody in a thread has caught; what the thread does with it is in uncaught.ts. */
import { decode, describe, home, HOOK_BIT, setFlag, ThreadingError, type ThreadId } from '@x/core';
import type { Uncaught } from './messages.js';
import { printError } from './output.js';
import { platform } from './platform.js';
import { ownSelf, threadState } from './self.js';
import { threadWithIdent, ThreadHandle } from './thread-handle.js';
import { encodeError, printUncaught } from './uncaught.js';

/**
 * What an excepthook is told.
 * Python: [`threading.ExceptHookArgs`](https://docs.python.org/3/library/threading.html#threading.excepthook).
 */
export interface ExcepthookArgs {
  /** What was thrown: an error as a rule, but it may be anything. */
  readonly error: unknown;
  /** The thread that ended by it. */
  readonly thread: ThreadHandle;
}

/** A function that is told of errors which end a thread. */
export type Excepthook = (args: ExcepthookArgs) => void;

function printException({ error, thread }: ExcepthookArgs): void {
  printUncaught(home(), thread.name, error);
}

let hook: Excepthook = printException;

/**
 * Sets what is called with an error that ends a thread which this thread, or a thread started by it,
 * has started; also with one that ends this thread itself, if it is not the main thread. A thread
 * without a hook of its own has that of its creator, or of its creator's creator. It runs in the
 * thread that has set it: in its event loop, or inside its `join()` of the failed thread. The
 * default prints `Exception in thread NAME:` and the stack to standard error, in the failed thread,
 * at once.
 * Python: [`threading.excepthook`](https://docs.python.org/3/library/threading.html#threading.excepthook), which runs in the failed thread.
 *
 * @param next what to call; `undefined` for the default
 * @returns the previous hook, the default one to begin with
 * @throws TypeError if it is neither a function nor undefined
 * @example
 * ```ts
 * import { setExcepthook, Thread } from '@x/thread';
 *
 * setExcepthook(({ error, thread }) => console.log(thread.name, 'failed:', String(error)));
 * const thread = new Thread({ name: 'loader', target: () => JSON.parse('{') as unknown });
 * thread.start();
 * thread.join();   // loader failed: SyntaxError: …
 * ```
 */
export function setExcepthook(next: Excepthook | undefined): Excepthook {
  if (next !== undefined && typeof next !== 'function') {
    throw new TypeError(`the excepthook must be a function, got ${describe(next)}`);
  }
  const previous = hook;
  hook = next ?? printException;
  const { realm, id } = home();
  const own = hook !== printException;
  setFlag(realm, id, HOOK_BIT, own);
  threadState().hook = own
    ? (ident, name, error) => {
        callHook({ error: ownError(error), thread: handleOf(ident, name) });
      }
    : undefined;
  return previous;
}

/** An error of a thread further down: for this thread's hook, or for that of an ancestor. */
export function relayUncaught(report: Uncaught): void {
  const self = ownSelf();
  if (report.hook !== home().id && self) {
    self.port.postMessage(report);
    return;
  }
  let error: unknown;
  try {
    error = decode(report.error);
  } catch (problem) {
    // As `result()` says it.
    error = problem;
  }
  callHook({ error, thread: handleOf(report.thread, report.name) });
}

/**
 * An error of the packages that the thread's script has made, with its own copies of their classes, as one of those
 * that this module knows, so that `instanceof` finds them; any other error as it is.
 */
function ownError(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof ThreadingError) return error;
  const own = decode(encodeError(error));
  return own instanceof ThreadingError ? own : error;
}

function handleOf(ident: ThreadId, name: string): ThreadHandle {
  return threadWithIdent(ident) ?? new ThreadHandle({ ident, name, daemon: false });
}

function callHook(args: ExcepthookArgs): void {
  try {
    hook(args);
  } catch (error) {
    const { name } = args.thread;
    printError(
      home(),
      `Exception in the excepthook, called for thread ${name}:\n${platform().inspect(error)}\n`,
    );
    printException(args);
  }
}
