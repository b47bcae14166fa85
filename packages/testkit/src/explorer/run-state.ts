import type { Snapshot } from './memory.js';

/** What the virtual clock of every thread shows when it starts. Not 0, which code may take for "never". */
const CLOCK_START = 1_000;

/** What a run of a thread knows while it lasts; made anew whenever it is run again. */
export class RunState {
  cursor = 0;
  nextBound = 0;
  /** After this many operations the thread does what it has not done before. */
  newFrom = Infinity;
  clock = CLOCK_START;
  timers = 0;
  signals = 0;
  unwinding = false;
  unwindingSteps = 0;
  /** The true memory, to be put back after unwinding. */
  saved: Snapshot | undefined;
  promised = false;
  readonly resolvers = new Map<number, (result: 'ok' | 'timed-out') => void>();
  readonly callbacks = new Map<number, () => void>();
  readonly aborts = new Map<number, () => void>();
}
