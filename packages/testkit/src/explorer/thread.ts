/**
 * A virtual thread: what is known of it, and how it is run.
 *
 * JavaScript cannot set a function aside in the middle. But a thread's code is deterministic, given
 * what it reads from shared memory; so a thread that was set aside is run again from its beginning.
 * Its past consists of *segments*, in each of which no other thread ran. For each the memory at its
 * start is kept; it is put back before the segment is run again, so that every access, atomic or
 * plain and through any view, reads and writes what it did then. When the past is over, the true
 * memory is put in place, and the thread goes on live. To set it aside, its next operation throws
 * `UNWIND`; while it unwinds, all its operations throw, and the memory is put back afterwards.
 */
import type { Snapshot } from './memory.js';
import { newHash, type Hash } from './hash.js';

/** Thrown through a thread that is set aside. One object for ever: making an error costs a stack trace. */
export const UNWIND: Error = new Error('set aside by the explorer; code under test must not keep this error');

/** The result of an operation, and the milliseconds that went by meanwhile. */
export interface OpResult {
  readonly value: unknown;
  readonly elapsed: number;
}

/** The segment that begins before the operation is executed, or before it returns. */
export interface Bound {
  readonly op: number;
  readonly memory: Snapshot;
}

/** Something that the thread's event loop did. */
export type Task =
  | { readonly kind: 'start' }
  | { readonly kind: 'wake'; readonly asyncId: number; readonly result: 'ok' | 'timed-out' }
  | { readonly kind: 'timer'; readonly id: number; readonly ms: number }
  | { readonly kind: 'abort'; readonly id: number };

export interface Turn {
  readonly task: Task;
  readonly memory: Snapshot;
  readonly elapsed: number;
}

/** A blocked `Atomics.wait`. */
export interface PendingWait {
  readonly position: number;
  readonly timeout: number;
  /** Set once it is over; the thread has yet to notice. */
  readonly outcome: 'ok' | 'timed-out' | undefined;
}

/** A `waitAsync` that nobody has notified yet. */
export interface PendingAsync {
  readonly id: number;
  readonly timeout: number;
}

export type Status =
  /** Stands before its next operation, or has not begun, or was woken. */
  | 'ready'
  /** Blocked. */
  | 'sleeping'
  /** In its event loop. */
  | 'idle'
  /** Its body has returned, and it has no event loop. */
  | 'done'
  /** Killed. */
  | 'dead';

export interface Outcome {
  readonly value?: unknown;
  readonly error?: unknown;
}

/** What is saved and put back. Arrays in it are replaced, never changed. */
export interface ThreadState {
  status: Status;
  /** How its body ended. An async one may still have an event loop. */
  outcome: Outcome | undefined;
  /** A hash of the outcome, if it can be hashed: all that matters of a thread with nothing left to do. */
  outcomeKey: number | undefined;
  wait: PendingWait | undefined;
  asyncs: readonly PendingAsync[];
  /** Promises of `waitAsync` that are about to be resolved, in order. */
  woken: readonly Extract<Task, { kind: 'wake' }>[];
  timers: readonly Extract<Task, { kind: 'timer' }>[];
  timersMade: number;
  /** Signals that the scheduler may still fire. */
  signals: readonly number[];
  signalsMade: number;
  /** Whether the realm has been told that it is dead. */
  marked: boolean;
  interrupted: boolean;
  /** Slices that ended while nothing else could happen. */
  idleSlices: number;
  /** Memory right after its last operation, before what it did then without one; until something else is decided. */
  afterOperation: Snapshot | undefined;
  /** Hash of what was in open buffers when it was last running. */
  plain: number;
  /** Hash of its past. */
  a: number;
  b: number;
}

export interface SavedThread {
  readonly state: ThreadState;
  readonly results: number;
  readonly bounds: number;
  readonly turns: number;
}

/** A thread's present state and its past. */
export class Thread {
  readonly index: number;
  readonly name: string;
  readonly id: number;
  state: ThreadState;
  readonly results: OpResult[] = [];
  readonly bounds: Bound[] = [];
  readonly turns: Turn[] = [];

  constructor(index: number, name: string, id: number) {
    this.index = index;
    this.name = name;
    this.id = id;
    this.state = initialState();
  }

  save(): SavedThread {
    return {
      state: { ...this.state },
      results: this.results.length,
      bounds: this.bounds.length,
      turns: this.turns.length,
    };
  }

  load(saved: SavedThread): void {
    this.state = { ...saved.state };
    this.results.length = saved.results;
    this.bounds.length = saved.bounds;
    this.turns.length = saved.turns;
  }

  /** Whether nothing more is expected of it. */
  get finished(): boolean {
    return this.state.outcome !== undefined || this.state.status === 'dead';
  }

  /** Whether it will never run again, so that its past does not matter any more. */
  get over(): boolean {
    const { status, outcome, asyncs, woken, timers } = this.state;
    if (status === 'dead' || status === 'done') return true;
    return status === 'idle' && outcome !== undefined && asyncs.length + woken.length + timers.length === 0;
  }
}

function initialState(): ThreadState {
  const { a, b }: Hash = newHash();
  return {
    status: 'ready',
    outcome: undefined,
    outcomeKey: undefined,
    wait: undefined,
    asyncs: [],
    woken: [],
    timers: [],
    timersMade: 0,
    signals: [],
    signalsMade: 0,
    marked: false,
    interrupted: false,
    idleSlices: 0,
    afterOperation: undefined,
    plain: 0,
    a,
    b,
  };
}
