/** What this thread knows of itself, if it was started by this package. */
import { agent, type Port } from '@x/core';

/** The thread's side of its life. */
export interface Self {
  readonly port: Port;
  /** Follows the signal that the thread was created with. */
  readonly controller: AbortController;
}

let self: Self | undefined;

export function setSelf(value: Self): void {
  self = value;
}

/** Undefined in the main thread, and in workers that somebody else has started. */
export function ownSelf(): Self | undefined {
  return self;
}

const never = new AbortController();

/** The signal of this thread, or of the task that it runs for a pool. It never fires where there is none. */
export function ownSignal(): AbortSignal {
  return agent().taskSignal?.() ?? (self?.controller ?? never).signal;
}
