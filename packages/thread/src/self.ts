/**
 * What this thread knows of itself. It hangs on the global object, because the worker's file (entry.ts) is built as
 * one file with copies of what it needs, and shares with the rest of the package nothing but this; so the package is
 * loaded only by a thread that uses it.
 */
import { agent, type Member, type Port, type ThreadId } from '@x/core';

/** The thread's side of its life. */
export interface Self {
  readonly port: Port;
  /** Follows the signal that the thread was created with. Made when it is first asked for. */
  readonly controller: AbortController;
  /** The name that it was created with; its record holds the first 128 bytes. */
  readonly name: string;
}

interface ThreadState {
  /** Undefined in the main thread, and in workers that somebody else has started. */
  self: Self | undefined;
  /** Calls the excepthook that this thread has set; undefined if it has none. */
  hook: ((ident: ThreadId, name: string, error: unknown) => void) | undefined;
  /** Resolves once the workers of all threads that this one has started have ended; undefined if there are none. */
  wardsEnded: (() => Promise<void> | undefined) | undefined;
}

/** Bumped when the shape of `ThreadState` changes. */
const STATE_KEY: unique symbol = Symbol.for('@x/thread:state/1') as never;

/** What the copies of this module share. */
export function threadState(): ThreadState {
  const holder = globalThis as unknown as { [STATE_KEY]: ThreadState | undefined };
  return (holder[STATE_KEY] ??= { self: undefined, hook: undefined, wardsEnded: undefined });
}

export function makeSelf(port: Port, name: string): Self {
  let controller: AbortController | undefined;
  return {
    port,
    name,
    get controller() {
      return (controller ??= new AbortController());
    },
  };
}

/** Undefined in the main thread, and in workers that somebody else has started. */
export function ownSelf(): Self | undefined {
  return threadState().self;
}

/** The name of the current thread: that of its record, or the one that it was created with if that is longer than fits there. */
export function ownName({ realm, id }: Member, created: string): string {
  const recorded = realm.name(id) ?? '';
  return recorded === '' || created.startsWith(recorded) ? created : recorded;
}

const never = new AbortController();

/** The signal of this thread, or of the task that it runs for a pool. It never fires where there is none. */
export function ownSignal(): AbortSignal {
  return agent().taskSignal?.() ?? (ownSelf()?.controller ?? never).signal;
}
