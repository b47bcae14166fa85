/** What happens with an error that nobody in a thread has caught. */
import {
  decode,
  describe,
  encode,
  hasFlag,
  home,
  HOOK_BIT,
  parentOf,
  setFlag,
  type Member,
  type ThreadId,
} from '@x/core';
import type { Uncaught } from './messages.js';
import { printError } from './output.js';
import { platform } from './platform.js';
import { ownSelf } from './self.js';
import { threadWithIdent, ThreadHandle } from './thread-handle.js';

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

/** Prints `Exception in thread NAME:` and the stack to standard error, at once. */
function printException({ error, thread }: ExcepthookArgs): void {
  printError(home(), `Exception in thread ${thread.name}:\n${platform().inspect(error)}\n`);
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
  setFlag(realm, id, HOOK_BIT, hook !== printException);
  return previous;
}

/** Hands an error that ends the current thread to the hook that is responsible for it. */
export function reportUncaught(member: Member, thread: ThreadHandle, error: unknown): void {
  const responsible = hook === printException ? hookedAncestor(member) : undefined;
  const self = ownSelf();
  if (responsible !== undefined && self) {
    const { id } = member;
    self.port.postMessage({
      type: 'uncaught',
      error: encodeError(error),
      thread: id,
      name: thread.name,
      hook: responsible,
    } satisfies Uncaught);
    return;
  }
  callHook({ error, thread });
}

/** An error of a thread further down: for this thread's hook, or for that of an ancestor. */
export function relayUncaught(report: Uncaught): void {
  const self = ownSelf();
  if (report.hook !== home().id && self) {
    self.port.postMessage(report);
    return;
  }
  const { thread: ident, name } = report;
  const thread = threadWithIdent(ident) ?? new ThreadHandle({ ident, name, daemon: false });
  callHook({ error: decode(report.error), thread });
}

/** An error as a message; one that cannot travel is replaced by its description. */
export function encodeError(error: unknown): ReturnType<typeof encode> {
  try {
    const wire = encode(error, 'error');
    structuredClone(wire);
    return wire;
  } catch {
    const plain = new Error(error instanceof Error ? error.message : platform().inspect(error));
    if (error instanceof Error && typeof error.stack === 'string') plain.stack = error.stack;
    return encode(plain);
  }
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

/** The nearest thread above that has a hook of its own. */
function hookedAncestor({ realm, id }: Member): ThreadId | undefined {
  let thread = parentOf(realm, id);
  while (thread !== 0 && realm.state(thread) !== undefined) {
    if (hasFlag(realm, thread, HOOK_BIT)) return thread;
    thread = parentOf(realm, thread);
  }
  return undefined;
}
