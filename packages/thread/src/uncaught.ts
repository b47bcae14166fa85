/** What a thread does with an error that nobody in it has caught; who has set an excepthook is in excepthook.ts. */
import { encode, hasFlag, HOOK_BIT, parentOf, type Member, type ThreadId } from '@x/core';
import type { Uncaught } from './messages.js';
import { printError } from './output.js';
import { platform } from './platform.js';
import { ownSelf, threadState } from './self.js';

/** Hands an error that ends the current thread to the hook that is responsible for it. */
export function reportUncaught(member: Member, name: string, error: unknown): void {
  const { hook } = threadState();
  if (hook) {
    hook(member.id, name, error);
    return;
  }
  const responsible = hookedAncestor(member);
  const self = ownSelf();
  if (responsible === undefined || !self) {
    printUncaught(member, name, error);
    return;
  }
  const { id } = member;
  self.port.postMessage({
    type: 'uncaught',
    error: encodeError(error),
    thread: id,
    name,
    hook: responsible,
  } satisfies Uncaught);
}

/** Prints `Exception in thread NAME:` and the stack to standard error, at once. */
export function printUncaught(member: Member, name: string, error: unknown): void {
  printError(member, `Exception in thread ${name}:\n${platform().inspect(error)}\n`);
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

/** The nearest thread above that has a hook of its own. */
function hookedAncestor({ realm, id }: Member): ThreadId | undefined {
  let thread = parentOf(realm, id);
  while (thread !== 0 && realm.state(thread) !== undefined) {
    if (hasFlag(realm, thread, HOOK_BIT)) return thread;
    thread = parentOf(realm, thread);
  }
  return undefined;
}
