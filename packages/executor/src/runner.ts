/** A worker: takes tasks from the rings and runs them, one at a time. */
import {
  agent,
  epochNow,
  explainError,
  nextTurn,
  resolveTarget,
  resolveTargetNow,
  type Port,
  type TargetReference,
} from '@x/core';
import { Atomics, performance } from '@x/core/seam';
import { Cargo } from './cargo.js';
import { isThenable, runChunk, type Target } from './chunk.js';
import {
  CHUNK_BIT,
  CODE_MASK,
  CONTROL_WORD,
  DONE_WORD,
  FORMAT_WORD,
  KILL_WORD,
  LEAVE,
  MODE_WORD,
  QUICK_WORD,
  recordBase,
  RETIRE_WORD,
  SlotState,
  STARTED_WORD,
  TARGET_WORD,
  TIMED_BIT,
  WorkerMode,
} from './layout.js';
import type { Pool } from './pool.js';
import { Rest } from './rest.js';
import { Taker } from './taker.js';
import { readTarget } from './targets.js';
import { TaskSignal } from './task-signal.js';

/** How often a blocked task looks whether it has to end, in milliseconds. */
const TASK_SLICE_MS = 25;
/** How long a worker runs tasks before its event loop gets a turn, in milliseconds. */
const TURN_MS = 1;
/** A task that takes no longer, in milliseconds, is a short one; so many in a row make a quick worker. */
const SHORT_MS = 0.05;
const SHORT_TASKS = 8;
/** What it takes at least to wake a thread, in milliseconds. */
const WAKE_MS = 0.02;
/** A clock that stands still says nothing about how many tasks that are. */
const MOST_QUICK = 1 << 8;

export class Runner {
  readonly #pool: Pool;
  readonly #record: number;
  readonly #base: number;
  readonly #task: Taker;
  readonly #cargo: Cargo;
  readonly #targets: (Target | undefined)[] = [];
  readonly #signal: TaskSignal;
  #rest: Rest | undefined;
  #turned = performance.now();
  /** When the task before ended, and how many in a row were short. */
  #looked = 0;
  #short = 0;
  /** When that many were a multiple of SHORT_TASKS. */
  #since = 0;

  /** @param port to the owner */
  constructor(pool: Pool, record: number, port: Port) {
    this.#pool = pool;
    this.#record = record;
    this.#base = recordBase(record);
    this.#task = new Taker(pool, record);
    this.#cargo = new Cargo(pool, record, port, this.#task);
    this.#signal = new TaskSignal(pool);
  }

  /** Runs tasks until the pool is shut down and empty, or this worker has to leave. */
  async run(): Promise<void> {
    const { words } = this.#pool;
    // In Node the global is a getter, which takes as long as reading the clock does.
    const clock = performance;
    const self = agent();
    // A task that blocks notices within its grace period that it has to end.
    self.slice = Math.min(self.slice, TASK_SLICE_MS);
    const { interruption } = self;
    self.interruption = () => {
      const other = interruption?.();
      return this.#signal.isFiring() ? this.#signal.reason() : other;
    };
    self.taskSignal = () => this.#signal.signal;
    await turn();
    const rest = (this.#rest = new Rest(this.#pool, this.#record, () => this.#hasReason()));
    this.#setMode(WorkerMode.IDLE);
    while (!this.#mustLeave()) {
      if (!this.#task.take()) {
        if (this.#isOver()) break;
        this.#setMode(WorkerMode.IDLE);
        if (rest.spin()) continue;
        await this.#turn();
        await rest.sleep();
        this.#turned = this.#looked = performance.now();
        continue;
      }
      this.#setMode(WorkerMode.BUSY);
      const running = this.#run();
      if (running) await running;
      words[this.#base + DONE_WORD]!++;
      const now = clock.now();
      this.#gauge(now);
      if (now - this.#turned > TURN_MS) await this.#turn();
    }
    this.#setMode(WorkerMode.LEAVING);
    this.#setQuick(0);
    // The owner may start another one in its place.
    this.#pool.askOwner();
  }

  /** Whether the async task that runs can only go on when a task of this pool ends. */
  isLoopIdle(): boolean {
    return this.#rest?.isLoopIdle() === true;
  }

  /** Says how many tasks this worker does while another one is woken, if it does one short task after the other. */
  #gauge(now: number): void {
    if (now - this.#looked >= SHORT_MS) {
      this.#short = 0;
      this.#task.forget();
      this.#setQuick(0);
    } else if (++this.#short % SHORT_TASKS === 0) {
      const quick = Math.ceil((SHORT_TASKS * WAKE_MS) / (now - this.#since));
      if (this.#short > SHORT_TASKS) this.#setQuick(Math.min(quick, MOST_QUICK));
      this.#since = now;
    }
    this.#looked = now;
  }

  /** Submitters read it with every task, so what is about the same is not written again. */
  #setQuick(tasks: number): void {
    const index = this.#base + QUICK_WORD;
    const said = this.#pool.words[index]!;
    if (tasks > said * 2 || tasks < said / 2) Atomics.store(this.#pool.words, index, tasks);
  }

  #setMode(mode: WorkerMode): void {
    const index = this.#base + MODE_WORD;
    if (this.#pool.words[index] !== mode) Atomics.store(this.#pool.words, index, mode);
  }

  #mustLeave(): boolean {
    const { words } = this.#pool;
    if (Atomics.load(words, this.#base + KILL_WORD) === LEAVE) return true;
    const retire = words[RETIRE_WORD]!;
    return retire > 0 && words[this.#base + DONE_WORD]! >= retire;
  }

  /** Whether there will be no task any more. */
  #isOver(): boolean {
    return this.#pool.broken || (this.#pool.closed && this.#pool.pending() === 0);
  }

  /** Whether there is something to do, other than to sleep. */
  #hasReason(): boolean {
    return this.#pool.hasWork() || this.#mustLeave() || this.#isOver();
  }

  async #turn(): Promise<void> {
    await turn();
    this.#turned = performance.now();
  }

  /** Runs the task that was taken. A promise if that takes longer than this call. */
  #run(): Promise<void> | undefined {
    const { words } = this.#pool;
    const { index } = this.#task;
    const format = words[index + FORMAT_WORD]!;
    if ((format & TIMED_BIT) !== 0) this.#pool.doubles[(index + STARTED_WORD) >> 1] = epochNow();
    let target: Target | undefined;
    try {
      const number = words[index + TARGET_WORD]!;
      target = this.#targets[number];
      if (!target) {
        const reference = readTarget(this.#pool, number);
        if (reference.kind === 'module') return this.#load(number, reference);
        target = this.#targets[number] = { reference, run: resolveTargetNow(reference) };
      }
      return this.#call(target, format);
    } catch (error) {
      this.#finish(SlotState.FAILED, target ? explainError(error, target.reference) : error);
      return undefined;
    }
  }

  async #load(number: number, reference: TargetReference): Promise<void> {
    try {
      const run = await resolveTarget(reference);
      this.#targets[number] = { reference, run };
    } catch (error) {
      this.#finish(SlotState.FAILED, error);
      return;
    }
    await this.#run();
  }

  #call(target: Target, format: number): Promise<void> | undefined {
    const args = this.#cargo.read(format);
    this.#signal.begin(this.#task.index, this.#task.state);
    const chunk = (format & CHUNK_BIT) !== 0;
    const result = chunk ? runChunk(target, args as unknown[][]) : target.run(...args);
    if (isThenable(result)) return this.#settle(target, result);
    this.#finish(SlotState.DONE, result);
    return undefined;
  }

  /** An async task: the event loop turns meanwhile, and looks whether the task has to end. */
  async #settle(target: Target, promise: PromiseLike<unknown>): Promise<void> {
    this.#signal.listen(this.#base + CONTROL_WORD);
    try {
      this.#finish(SlotState.DONE, await promise);
    } catch (error) {
      this.#finish(SlotState.FAILED, explainError(error, target.reference));
    }
    this.#turned = performance.now();
  }

  #finish(code: SlotState, value: unknown): void {
    this.#signal.end();
    let outcome = code;
    try {
      this.#cargo.write(value);
    } catch (error) {
      // The result cannot travel. The error can.
      outcome = SlotState.FAILED;
      this.#cargo.write(error);
    }
    const { words } = this.#pool;
    const { area, index, state } = this.#task;
    // Before the result: who has that, and submits another task, need not start a worker for it.
    words[this.#base + MODE_WORD] = WorkerMode.IDLE;
    const done = (state & ~CODE_MASK) | outcome;
    if (Atomics.compareExchange(words, index, state, done) !== state) {
      this.#setMode(WorkerMode.BUSY);
      this.#signal.release(index, state, area);
    }
    this.#pool.wakeSubmitter(area);
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => {
    nextTurn(resolve);
  });
}
