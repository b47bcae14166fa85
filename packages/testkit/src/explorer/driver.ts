import type { Thread } from './thread.js';

/** Who decides what happens next. */
export interface Driver {
  /** Before the next operation of a running thread: whether it goes on. */
  mayContinue(thread: Thread): boolean;
  /** Ends the schedule. */
  fail(reason: string): void;
  /** For a trace. */
  note(thread: Thread | undefined, text: () => string): void;
}
