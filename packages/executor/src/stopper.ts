/**
 * How a submitter ends a task that runs: an interrupt first, and after a grace period the worker's end.
 *
 * The slot goes RUNNING, STOPPING, STOPPED, and after the grace period KILLED. While it is STOPPING the worker cannot
 * leave the task, so the interrupt reaches no other one; from STOPPED on it can, and takes the interrupt back.
 */
import { agent, deadlineAfter, epochNow, interruptThread, remaining } from '@x/core';
import { Atomics } from '@x/core/seam';
import type { Alarms } from './alarms.js';
import type { Area, Owner } from './area.js';
import {
  CODE_MASK,
  KILL_WORD,
  RECORD_MASK,
  RECORD_SHIFT,
  recordBase,
  SlotState,
  STARTED_WORD,
  TERMINATE,
} from './layout.js';
import { isHeldByWorker, type Pool } from './pool.js';
import type { Task } from './task.js';

/** How often a thread that has to outlast a task looks whether that has ended, in milliseconds. */
const LOOK_MS = 10;

export class Stopper {
  readonly #pool: Pool;
  readonly #area: Area;
  readonly #owner: Owner | undefined;
  readonly #alarms: Alarms;

  constructor(pool: Pool, area: Area, owner: Owner | undefined, alarms: Alarms) {
    this.#pool = pool;
    this.#area = area;
    this.#owner = owner;
    this.#alarms = alarms;
  }

  /** Calls back when the task has run for so many milliseconds. The clock starts when a worker does. Returns what takes that back. */
  watch(task: Task, timeout: number, onLate: () => void): () => void {
    let undo: () => void;
    const look = (): void => {
      const state = this.#area.stateOf(task);
      const started = isHeldByWorker(state & CODE_MASK)
        ? this.#pool.doubles[(this.#area.indexOf(task) + STARTED_WORD) >> 1]!
        : 0;
      // Nobody runs it yet, so its time has not begun.
      const left = started === 0 ? Math.max(timeout, 1) : started + timeout - epochNow();
      if (left > 0) undo = this.#alarms.set(left, look);
      else onLate();
    };
    undo = this.#alarms.set(timeout, look);
    return () => {
      undo();
    };
  }

  /**
   * Ends a task that runs. False if it has ended meanwhile.
   *
   * @param grace milliseconds until its worker is terminated
   */
  stop(task: Task, grace: number): boolean {
    const { words, realm } = this.#pool;
    if (task.slot < 0) return false;
    const index = this.#area.indexOf(task);
    for (;;) {
      const state = Atomics.load(words, index);
      const code = state & CODE_MASK;
      if (code !== SlotState.RUNNING && code !== SlotState.WANTED) return false;
      const stopping = (state & ~CODE_MASK) | SlotState.STOPPING;
      if (Atomics.compareExchange(words, index, state, stopping) !== state) continue;
      const record = (state & RECORD_MASK) >>> RECORD_SHIFT;
      interruptThread(realm, this.#pool.threadOf(record));
      const stopped = (state & ~CODE_MASK) | SlotState.STOPPED;
      Atomics.compareExchange(words, index, stopping, stopped);
      Atomics.notify(words, index);
      this.#pool.nudge(record);
      if (grace !== Infinity) this.#await(index, stopped, record, deadlineAfter(grace));
      return true;
    }
  }

  /** Lets the grace period go by. */
  #await(index: number, stopped: number, record: number, deadline: number): void {
    const { keepAlive } = agent();
    const left = remaining(deadline);
    // The workers end with their owner. Any other thread lasts until it knows whether this one has to be ended.
    const lasts = this.#owner === undefined;
    if (lasts) keepAlive.add();
    this.#alarms.set(lasts ? Math.min(left, LOOK_MS) : left, () => {
      if (lasts) keepAlive.remove();
      if (Atomics.load(this.#pool.words, index) !== stopped) return;
      if (remaining(deadline) > 0) this.#await(index, stopped, record, deadline);
      else this.#kill(index, stopped, record);
    });
  }

  #kill(index: number, stopped: number, record: number): void {
    const killed = (stopped & ~CODE_MASK) | SlotState.KILLED;
    // Fails if the worker has left the task by now.
    if (Atomics.compareExchange(this.#pool.words, index, stopped, killed) !== stopped) return;
    Atomics.store(this.#pool.words, recordBase(record) + KILL_WORD, TERMINATE);
    // Thoroughly: nobody has asked, so otherwise the owner would not look at what its workers have to do.
    if (this.#owner) this.#owner.serve(true);
    else this.#pool.askOwner();
  }
}
