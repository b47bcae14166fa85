/** What a model test says. */

/** What a virtual thread may do besides using the shared primitives. */
export interface VirtualThread {
  /** Its name in the test. */
  readonly name: string;
  /** Its id in the realm. */
  readonly id: number;
  /** A point at which other threads may run, as at every atomic operation. */
  point(label?: string): void;
  /** Fails the schedule if the condition does not hold. */
  check(condition: boolean, message: string): void;
  /**
   * A critical section: fails the schedule if another thread that is alive is in the one of the same
   * word. `words` is memory that `setup` returned.
   */
  section(words: Int32Array, index?: number): void;
  /** Kills another thread at this point, as `terminate()` does. The realm learns of it at any later step. */
  kill(name: string): void;
  /** A signal that may fire at any turn of this thread's event loop, as often as `events.aborts` allows. */
  signal(): AbortSignal;
}

/** A thread's body. An async one has an event loop, also after its promise has settled. */
export type Body<S> = (shared: S, thread: VirtualThread) => unknown;

/** How often each thing may happen in one schedule, at any point. All are 0 unless said otherwise. */
export interface Events {
  /** A finite time-out (also a timer) expires. There is no clock: it may happen at once, or never. */
  readonly timeouts?: number;
  /** A waiter that is woken has waited for more than a millisecond: it may ask for a grant. */
  readonly starves?: number;
  /** A signal from `signal()` fires. */
  readonly aborts?: number;
  /**
   * A thread is killed: before or right after any operation, that is, after or before what it does to plain data in
   * between. The realm learns of it at any later step, or with `prompt` at once.
   */
  readonly kills?: number;
  readonly prompt?: boolean;
  /** Which threads may be killed. Default: all. */
  readonly mortal?: readonly string[];
  /** A thread's blocking waits are interrupted, with an `Interrupted`. Needs `idleSlices` to be noticed. */
  readonly interrupts?: number;
  /** The slice of a sleeper ends. */
  readonly slices?: number;
  /**
   * How many slices of each sleeper may end when nothing else can happen. 0 shows lost wakes: then
   * nobody is saved by looking again. Whoever explores death or interrupts needs 2 or more.
   */
  readonly idleSlices?: number;
  /** Times in milliseconds that are slices, too, besides that of the agent. */
  readonly sliceMs?: readonly number[];
}

export type Outcome = { readonly value: unknown } | { readonly dead: true };

/**
 * When a state counts as one that was explored before, each allowing what the one before it does:
 * `none`: never; `same`: the same memory, the same past of every thread, as much left of the bounds;
 * `covered`: also if less is left of the bounds; `all`: whatever the past of threads that have ended.
 */
export type Merging = 'none' | 'same' | 'covered' | 'all';

export interface ExploreOptions<S, N extends string = string> {
  readonly name: string;
  /** Makes the shared primitives and memory; runs once. All that changes must be in shared memory. */
  readonly setup: () => S;
  /** The threads by name. Each gets objects of its own for the same shared memory. */
  readonly threads: Readonly<Record<N, Body<S>>>;
  /** Throws if something is wrong at this moment. Called before every operation. */
  readonly invariant?: (shared: S) => void;
  /** Throws if something is wrong at the end. */
  readonly final?: (shared: S, outcomes: Readonly<Record<N, Outcome>>) => void;
  /** Sees the trace of every schedule that is run to its end. Slows the exploration down. */
  readonly observe?: (trace: readonly string[]) => void;
  /** Switches away from a thread that could go on. Default: 3 with two threads, else 2. `Infinity`: all schedules. */
  readonly preemptions?: number;
  readonly events?: Events;
  /** Names of words: by path in what `setup` returned, by index. `{ lock: { 4: 'STATE' } }` */
  readonly words?: Readonly<Record<string, Readonly<Record<number, string>>>>;
  /**
   * Words whose loads are no scheduling points, named as in a trace (`lock.STATE`): those for which it does not matter
   * when they are read. Makes a model smaller.
   */
  readonly still?: readonly string[];
  /** Explores only the schedule that a failure has printed, and fails with its trace again. */
  readonly replay?: string;
  /** Which states are explored only once. Default: 'all'. */
  readonly merge?: Merging;
  /** Whether accesses to the realm's notes are scheduling points, too. Default: false. */
  readonly realmPoints?: boolean;
  /** Operations after which a schedule counts as endless. Default: 2000. */
  readonly maxSteps?: number;
  /** Milliseconds after which the exploration fails as too large. Default: 220000. */
  readonly maxMs?: number;
  /** Whether the count of schedules is printed. Default: true. */
  readonly print?: boolean;
}

export interface Explored {
  /**
   * Schedules within the bounds, each of them run or equal to one that was. There are at least so many:
   * where a state is reached again with less left of the bounds, all that may follow count as one.
   */
  readonly schedules: number;
  /** Schedules that were run to their end. */
  readonly runs: number;
  /** Different states, at every point of every schedule. */
  readonly states: number;
  readonly ms: number;
}

/** What ends an interrupted wait in a model. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
}

/** A schedule went wrong. The message has the trace, and the string to replay it with. */
export class ExplorationError extends Error {
  override readonly name = 'ExplorationError';
  /** What went wrong, without the trace. */
  readonly reason: string;
  /** One line for each step. */
  readonly trace: readonly string[];
  /** For the option `replay`. */
  readonly schedule: string;

  constructor(name: string, reason: string, trace: readonly string[], schedule: string) {
    super(`${name}: ${reason}\n${trace.join('\n')}\nreplay: '${schedule}'`);
    this.reason = reason;
    this.trace = trace;
    this.schedule = schedule;
  }
}
