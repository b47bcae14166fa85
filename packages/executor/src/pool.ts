/**
 * The shared part of a pool, as each thread sees it: what workers, submitters and the owner do to each other.
 *
 * Invariants:
 * - P1. A task runs at most once: a worker may run it only after changing its slot from PENDING to
 *   RUNNING, and the generation in the cell and in the state makes that fail for another task in the same slot.
 * - P2. A submitted task is never lost without a word. Its position may be taken from the ring by a worker
 *   that dies before it claims the slot; then the slot stays PENDING below HEAD, where its submitter
 *   finds it and puts it in again. A worker that dies afterwards is named in the state.
 * - P3. No sleeper is forgotten. A worker sets ASLEEP, then looks at the rings; a submitter fills the ring, then
 *   looks for ASLEEP. So either the worker sees the task, or the submitter sees the sleeper. Whoever changes ASLEEP
 *   to 0 notifies. A submitter may leave a worker alone that is NAPPING: that one looks again within a millisecond, and
 *   says SLEEPING before it sleeps on. The same with WAITING and the state of a slot, the other way round.
 * - P4. Nothing here is a lock: a thread that is killed between any two instructions blocks nobody. A wake
 *   that dies with its sender or its receiver is made up for by the slice in which every sleeper looks again.
 */
import { agent, type Member, type Memory, type Realm } from '@x/core';
import { Atomics } from '@x/core/seam';
import {
  ALIVE_WORD,
  AREA_THREAD_WORD,
  areaBase,
  AREAS_WORD,
  ASKS_WORD,
  ASLEEP_WORD,
  BROKEN_BIT,
  CODE_MASK,
  CONTROL_WORD,
  FORGOTTEN_BIT,
  HEAD_WORD,
  KILL_WORD,
  LOOP_BIT,
  LOOP_SEQ_WORD,
  MAX_WORD,
  MODE_WORD,
  NAPPING,
  OVERFLOW_WORD,
  OWNER_WORD,
  QUICK_WORD,
  RECORD_MASK,
  RECORD_SHIFT,
  recordBase,
  RECORDS_WORD,
  SEQ_WORD,
  SHUTDOWN_BIT,
  SLEEPERS_WORD,
  SLEEPING,
  slotBase,
  SlotState,
  slotsOf,
  STATE_WORD,
  TAIL_WORD,
  THREAD_BIT,
  THREAD_WORD,
  WAITS_WORD,
  WAITING_WORD,
  WorkerMode,
} from './layout.js';
import { availableParallelism } from './parallelism.js';

const CORES = availableParallelism();

export class Pool {
  readonly words: Int32Array;
  readonly bytes: Uint8Array;
  /** For moments and numbers; index is that of the word, halved. */
  readonly doubles: Float64Array;
  readonly member: Member;
  readonly realm: Realm;

  constructor(memory: Memory) {
    this.words = memory.words;
    this.bytes = new Uint8Array(memory.buffer, memory.byteOffset);
    this.doubles = new Float64Array(memory.buffer, memory.byteOffset);
    this.member = memory.member;
    this.realm = memory.member.realm;
  }

  /** The thread that made the pool and whose children the workers are. */
  get owner(): number {
    return this.words[OWNER_WORD]!;
  }

  /** Neither closed nor broken. */
  get open(): boolean {
    return Atomics.load(this.words, STATE_WORD) === 0;
  }

  get closed(): boolean {
    return (Atomics.load(this.words, STATE_WORD) & (SHUTDOWN_BIT | FORGOTTEN_BIT)) !== 0;
  }

  get broken(): boolean {
    return (Atomics.load(this.words, STATE_WORD) & BROKEN_BIT) !== 0;
  }

  /** Workers that were started and have not ended. */
  get alive(): number {
    return Atomics.load(this.words, ALIVE_WORD);
  }

  get maxWorkers(): number {
    return Atomics.load(this.words, MAX_WORD);
  }

  /** Sets a bit of the pool's state, and lets every worker and submitter look at it. */
  mark(bit: number): void {
    Atomics.or(this.words, STATE_WORD, bit);
    this.wakeAllWorkers();
    this.wakeAllSubmitters();
    bump(this.words, ASKS_WORD);
  }

  // ── tasks ──────────────────────────────────────────────────────────────────────────────────────

  /**
   * Tasks that no worker has taken yet, also those that wait in their submitters' memory. Once the pool is closed, 0 only
   * if there is none: a task is in the ring before OVERFLOW counts it no longer, so OVERFLOW is read first, and what is
   * taken between the looks at TAIL and HEAD must not make up for one that waits. What a dead thread had in its memory
   * went with it.
   */
  pending(): number {
    const { words } = this;
    let pending = 0;
    for (let area = 0; area < Atomics.load(words, AREAS_WORD); area++) {
      const base = areaBase(area);
      const overflow = Atomics.load(words, base + OVERFLOW_WORD);
      const filled = (Atomics.load(words, base + TAIL_WORD) - Atomics.load(words, base + HEAD_WORD)) | 0;
      pending += Math.max(0, filled);
      if (overflow > 0 && this.realm.isAlive(Atomics.load(words, base + AREA_THREAD_WORD)))
        pending += overflow;
    }
    return pending;
  }

  /** Whether a ring holds a task. */
  hasWork(): boolean {
    const { words } = this;
    const areas = Atomics.load(words, AREAS_WORD);
    for (let area = 0; area < areas; area++) {
      const base = areaBase(area);
      if (Atomics.load(words, base + TAIL_WORD) !== Atomics.load(words, base + HEAD_WORD)) return true;
    }
    return false;
  }

  /**
   * Whether a thread that looks again and again leaves a core for everybody who works: the workers that do not sleep, and
   * a submitter. Otherwise it would keep from working whoever it waits for.
   */
  maySpin(): boolean {
    const awake = Atomics.load(this.words, ALIVE_WORD) - Atomics.load(this.words, SLEEPERS_WORD);
    return agent().spins > 0 && awake < CORES;
  }

  // ── wakes ──────────────────────────────────────────────────────────────────────────────────────

  /**
   * Wakes one sleeping worker, if there is one. Called after a task was put into a ring (P3).
   *
   * A wake may take longer than a task. So one that only naps is left alone while another one, who does one short task
   * after the other, has just a few before it. Should one of these be long after all, the nap ends within a millisecond.
   *
   * @param sparing leaves all alone that only nap
   * @returns whether the next few tasks can do without a wake: it has woken one that napped between short tasks, or others
   * will have done them before that one is awake
   */
  wakeWorker(sparing = false): boolean {
    const { words } = this;
    if (Atomics.load(words, SLEEPERS_WORD) <= 0) return false;
    const records = Atomics.load(words, RECORDS_WORD);
    let napper = -1;
    /** Tasks that those who are awake will have done before another one is. */
    let soon = 0;
    for (let record = 0; record < records; record++) {
      const base = recordBase(record);
      const asleep = Atomics.load(words, base + ASLEEP_WORD);
      if (asleep === SLEEPING) {
        if (this.#wake(record, SLEEPING)) return false;
      } else if (asleep === NAPPING) {
        napper = record;
      } else if (asleep === 0) {
        soon += Atomics.load(words, base + QUICK_WORD);
      }
    }
    if (napper < 0 || sparing) return false;
    if (soon > 0 && this.pending() <= soon) return true;
    return this.#wake(napper, NAPPING) && Atomics.load(words, recordBase(napper) + QUICK_WORD) > 0;
  }

  /** For a worker whose nap has ended while there is work: says that those who are awake are not as quick as they were. */
  doubt(): void {
    const { words } = this;
    for (let record = 0; record < Atomics.load(words, RECORDS_WORD); record++) {
      const base = recordBase(record);
      if (Atomics.load(words, base + ASLEEP_WORD) === 0) Atomics.store(words, base + QUICK_WORD, 0);
    }
  }

  wakeAllWorkers(): void {
    for (let record = 0; record < Atomics.load(this.words, RECORDS_WORD); record++) {
      this.rouse(record);
      this.nudge(record);
    }
  }

  /** Says of this worker that it is about to sleep, one way or the other. */
  fallAsleep(record: number, kind: number): void {
    Atomics.add(this.words, SLEEPERS_WORD, 1);
    Atomics.store(this.words, recordBase(record) + ASLEEP_WORD, kind);
  }

  /** Takes a worker out of its sleep. False if it does not sleep, or somebody else has just done so. */
  rouse(record: number): boolean {
    return this.#wake(record, Atomics.load(this.words, recordBase(record) + ASLEEP_WORD));
  }

  /** The same for a worker that was seen to sleep in this way: another one may be no sleep from which it can be woken. */
  #wake(record: number, asleep: number): boolean {
    if (!this.#takeFromSleep(record, asleep)) return false;
    Atomics.notify(this.words, recordBase(record) + ASLEEP_WORD);
    return true;
  }

  /** Says of a worker that it does not sleep any more. False if somebody else has. */
  #takeFromSleep(record: number, asleep: number): boolean {
    const index = recordBase(record) + ASLEEP_WORD;
    if (asleep === 0 || Atomics.compareExchange(this.words, index, asleep, 0) !== asleep) return false;
    Atomics.sub(this.words, SLEEPERS_WORD, 1);
    return true;
  }

  /** Lets the event loop of a worker look at its task. */
  nudge(record: number): void {
    const index = recordBase(record) + CONTROL_WORD;
    Atomics.add(this.words, index, 1);
    Atomics.notify(this.words, index);
  }

  /** Wakes the submitter of an area, if it waits. Called after a slot's state has changed (P3). */
  wakeSubmitter(area: number): void {
    const { words } = this;
    const base = areaBase(area);
    if (Atomics.load(words, base + WAITING_WORD) === 0) return;
    const waiting = Atomics.exchange(words, base + WAITING_WORD, 0);
    if ((waiting & THREAD_BIT) !== 0) bump(words, base + SEQ_WORD);
    if ((waiting & LOOP_BIT) !== 0) bump(words, base + LOOP_SEQ_WORD);
  }

  wakeAllSubmitters(): void {
    for (let area = 0; area < Atomics.load(this.words, AREAS_WORD); area++) this.wakeSubmitter(area);
  }

  /** Asks the owner to look whether workers have to be started or terminated. */
  askOwner(): void {
    bump(this.words, ASKS_WORD);
    this.wakeSubmitter(0);
  }

  // ── workers ────────────────────────────────────────────────────────────────────────────────────

  /** The numbers of the workers that have been started and not buried. */
  crew(): number[] {
    const crew: number[] = [];
    for (let record = 0; record < Atomics.load(this.words, RECORDS_WORD); record++) {
      if (this.modeOf(record) !== WorkerMode.NONE) crew.push(record);
    }
    return crew;
  }

  modeOf(record: number): WorkerMode {
    return Atomics.load(this.words, recordBase(record) + MODE_WORD) as WorkerMode;
  }

  /** The id of a worker's thread; 0 before it has one. */
  threadOf(record: number): number {
    return Atomics.load(this.words, recordBase(record) + THREAD_WORD);
  }

  /** Workers that will look at the rings again before long. */
  available(): number {
    let available = 0;
    for (let record = 0; record < Atomics.load(this.words, RECORDS_WORD); record++) {
      const mode = this.modeOf(record);
      if (mode === WorkerMode.IDLE || mode === WorkerMode.STARTING) available++;
    }
    return available;
  }

  /** Whether there are more tasks than workers that would take them, and there may be more workers. */
  wantsWorker(): boolean {
    return this.alive < this.maxWorkers && !this.broken && this.pending() > this.available();
  }

  /**
   * Says of a worker that has ended that it has: the tasks that it ran become BROKEN, and nobody counts
   * on it any more. Only the owner does it, so that no record is used again while this is going on.
   *
   * @param counted whether it is in ALIVE
   */
  bury(record: number, counted: boolean): void {
    const { words } = this;
    const base = recordBase(record);
    if (this.modeOf(record) === WorkerMode.NONE) return;
    this.#takeFromSleep(record, Atomics.load(words, base + ASLEEP_WORD));
    const thread = this.threadOf(record);
    for (let area = 0; area < Atomics.load(words, AREAS_WORD); area++) {
      let found = false;
      for (let slot = 0; slot < slotsOf(area); slot++) {
        if (this.#breakSlot(slotBase(area, slot), record)) found = true;
      }
      if (found) this.wakeSubmitter(area);
      // What a dead thread had not yet put into its ring went with it.
      const index = areaBase(area);
      if (thread !== 0 && Atomics.load(words, index + AREA_THREAD_WORD) === thread) {
        Atomics.store(words, index + OVERFLOW_WORD, 0);
      }
    }
    for (const word of [KILL_WORD, WAITS_WORD, QUICK_WORD]) Atomics.store(words, base + word, 0);
    // Last, so that a record is free only when no state of a task that runs names it.
    Atomics.store(words, base + MODE_WORD, WorkerMode.NONE);
    if (counted) Atomics.sub(words, ALIVE_WORD, 1);
    // Those who wait for the end of the pool, or for a replacement.
    this.wakeAllSubmitters();
  }

  /**
   * Marks a submitter's own slot as BROKEN if the worker that the state names has ended. Unlike burying, any thread may
   * do it: had the record been used again since the state was read, the state would be another one.
   *
   * @param thorough also asks the system, which finds a worker whose end nobody has noted
   */
  breakIfDead(index: number, state: number, thorough: boolean): boolean {
    if (!isHeldByWorker(state & CODE_MASK)) return false;
    const thread = this.threadOf((state & RECORD_MASK) >>> RECORD_SHIFT);
    if (thread === 0 || !(thorough ? this.realm.hasEnded(thread) : !this.realm.isAlive(thread))) return false;
    const next = (state & ~CODE_MASK) | SlotState.BROKEN;
    return Atomics.compareExchange(this.words, index, state, next) === state;
  }

  #breakSlot(index: number, record: number): boolean {
    for (;;) {
      const state = Atomics.load(this.words, index);
      if ((state & RECORD_MASK) >>> RECORD_SHIFT !== record || !isHeldByWorker(state & CODE_MASK))
        return false;
      const next = (state & ~CODE_MASK) | SlotState.BROKEN;
      if (Atomics.compareExchange(this.words, index, state, next) === state) return true;
    }
  }
}

/** Whether the worker that the state names is at that task. */
export function isHeldByWorker(code: number): boolean {
  return (
    code === SlotState.RUNNING ||
    code === SlotState.WANTED ||
    code === SlotState.STOPPING ||
    code === SlotState.STOPPED ||
    code === SlotState.KILLED
  );
}

function bump(words: Int32Array, index: number): void {
  Atomics.add(words, index, 1);
  Atomics.notify(words, index);
}
