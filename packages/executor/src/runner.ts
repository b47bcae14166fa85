/**
 * A worker: takes tasks from the rings and runs them, one at a time.
 *
 * One that has nothing to do looks for work for some microseconds, gives its event loop a turn, and then sleeps:
 * as a thread if nothing else is going on in it, else as an event loop, so that a timer which a task has left behind
 * still fires.
 */
import {
  activeResources,
  agent,
  CancelledError,
  decode,
  encode,
  epochNow,
  explainError,
  nextTurn,
  resolveTarget,
  resolveTargetNow,
  TransferError,
  type Port,
  type Resolved,
  type TargetReference,
} from '@x/core';
import { decodeBytes, encodePieces } from '@x/core/bytes';
import {
  AREA_THREAD_WORD,
  areaBase,
  AREAS_WORD,
  ASLEEP_WORD,
  CHUNK_BIT,
  CODE_MASK,
  CONTROL_WORD,
  DONE_WORD,
  Format,
  FORMAT_MASK,
  FORMAT_WORD,
  GENERATION_SHIFT,
  HEAD_WORD,
  KILL_WORD,
  LEAVE,
  LENGTH_WORD,
  MODE_WORD,
  PAYLOAD_BYTES,
  RECORD_SHIFT,
  recordBase,
  RETIRE_WORD,
  ringBase,
  ringOf,
  SHELF_WORD,
  SLEEPERS_WORD,
  slotBase,
  SLOT_HEADER_WORDS,
  SlotState,
  STARTED_WORD,
  TAIL_WORD,
  TARGET_WORD,
  TIMED_BIT,
  VIEW_WORD,
  WorkerMode,
} from './layout.js';
import { areaChannel, broadcast, Inbox, listen, post, workerChannel, type Letter } from './mail.js';
import type { Pool } from './pool.js';
import { copyInto, putInto, rawType, readRaw, writeRaw, type RawView } from './raw.js';
import { nameOf } from './roles.js';
import { TaskSignal } from './task-signal.js';
import { readTarget } from './targets.js';

/** How long a worker looks for work before it sleeps, in milliseconds. Measured in ARCHITECTURE.md, "Spinning". */
const SPIN_MS = 0.05;
/** How often a blocked task looks whether it has to end, in milliseconds. */
const TASK_SLICE_MS = 25;
/**
 * How often an idle worker looks, for the case that a wake was lost with its sender, in milliseconds. Below the 600 ms
 * for which a thread asks for a parcel whose sender has ended, since this one may have to give it.
 */
const IDLE_SLICE_MS = 500;
/** How long a worker runs tasks before its event loop gets a turn, in milliseconds. */
const TURN_MS = 1;
/** A prune is cheap beside so many letters. */
const LETTERS_KEPT = 64;
const GENERATION_MASK = -1 >>> GENERATION_SHIFT;

interface Target {
  readonly reference: TargetReference;
  readonly run: Resolved;
}

export class Runner {
  readonly #pool: Pool;
  readonly #record: number;
  readonly #base: number;
  readonly #port: Port;
  readonly #inbox: Inbox;
  readonly #shelves = new Map<number, Uint8Array>();
  readonly #targets: (Target | undefined)[] = [];
  readonly #signal: TaskSignal;
  #turned = performance.now();
  #resources = 0;
  /** The task that runs: its area, its slot, the index of the slot and its state as this worker has set it. */
  #area = 0;
  #slot = 0;
  #index = 0;
  #state = 0;

  constructor(pool: Pool, record: number, port: Port) {
    this.#pool = pool;
    this.#record = record;
    this.#base = recordBase(record);
    this.#port = port;
    this.#signal = new TaskSignal(pool);
    this.#inbox = new Inbox(
      () => port.receiveNow(),
      ({ number, buffer }) => {
        if (buffer) this.#shelves.set(number, new Uint8Array(buffer));
        else this.#shelves.delete(number);
      },
    );
  }

  /** Runs tasks until the pool is shut down and empty, or this worker has to leave. */
  async run(): Promise<void> {
    const { words } = this.#pool;
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
    this.#resources = activeResources().length;
    this.#setMode(WorkerMode.IDLE);
    while (!this.#mustLeave()) {
      if (!this.#take()) {
        if (this.#pool.broken || (this.#pool.closed && this.#pool.pending() === 0)) break;
        await this.#idle();
        continue;
      }
      this.#setMode(WorkerMode.BUSY);
      const running = this.#run();
      if (running) await running;
      words[this.#base + DONE_WORD]!++;
      if (performance.now() - this.#turned > TURN_MS) await this.#turn();
    }
    this.#setMode(WorkerMode.LEAVING);
    // The owner may start another one in its place.
    this.#pool.askOwner();
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

  async #turn(): Promise<void> {
    await turn();
    this.#turned = performance.now();
  }

  // ── taking ─────────────────────────────────────────────────────────────────────────────────────

  /** Takes the next task. The areas take turns, so that no submitter waits for another one's whole ring. */
  #take(): boolean {
    const { words } = this.#pool;
    const areas = Atomics.load(words, AREAS_WORD);
    let area = this.#area;
    for (let i = 0; i < areas; i++) {
      area = area + 1 < areas ? area + 1 : 0;
      const base = areaBase(area);
      const ring = ringBase(area);
      const mask = ringOf(area) - 1;
      for (;;) {
        const head = Atomics.load(words, base + HEAD_WORD);
        if (head === Atomics.load(words, base + TAIL_WORD)) break;
        const slot = Atomics.load(words, ring + (head & mask));
        if (Atomics.compareExchange(words, base + HEAD_WORD, head, (head + 1) | 0) !== head) continue;
        if (this.#claim(area, slot)) return true;
      }
    }
    return false;
  }

  /** P1: only one who succeeds here runs the task. */
  #claim(area: number, slot: number): boolean {
    const { words } = this.#pool;
    const index = slotBase(area, slot);
    const state = Atomics.load(words, index);
    if ((state & CODE_MASK) !== SlotState.PENDING) return false;
    const running = (state & (-1 << GENERATION_SHIFT)) | (this.#record << RECORD_SHIFT) | SlotState.RUNNING;
    if (Atomics.compareExchange(words, index, state, running) !== state) return false;
    this.#area = area;
    this.#slot = slot;
    this.#index = index;
    this.#state = running;
    return true;
  }

  // ── running ────────────────────────────────────────────────────────────────────────────────────

  /** Runs the claimed task. A promise if that takes longer than this call. */
  #run(): Promise<void> | undefined {
    const { words } = this.#pool;
    const index = this.#index;
    const format = words[index + FORMAT_WORD]!;
    if ((format & TIMED_BIT) !== 0) this.#pool.times[(index + STARTED_WORD) >> 1] = epochNow();
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
    const args = this.#arguments(format);
    this.#signal.begin(this.#index, this.#state);
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

  #arguments(format: number): unknown[] {
    const { words, bytes } = this.#pool;
    const index = this.#index;
    const length = words[index + LENGTH_WORD]!;
    switch (format & FORMAT_MASK) {
      case Format.INLINE: {
        const start = (index + SLOT_HEADER_WORDS) * 4;
        return decodeBytes(bytes.subarray(start, start + length)) as unknown[];
      }
      case Format.SHELF: {
        const shelf = this.#shelf(words[index + SHELF_WORD]!);
        if (!shelf) throw new TransferError('the arguments of the task are not there; submit it again');
        return decodeBytes(shelf.subarray(0, length)) as unknown[];
      }
      case Format.RAW: {
        const shelf = this.#shelf(words[index + SHELF_WORD]!);
        if (!shelf) throw new TransferError('the arguments of the task are not there; submit it again');
        return [readRaw(shelf, length, words[index + VIEW_WORD]!)];
      }
      case Format.HELD:
        return this.#fetchHeld();
      default: {
        const wire = this.#inbox.take(this.#area, this.#slot, this.#state >>> GENERATION_SHIFT);
        if (this.#inbox.size > LETTERS_KEPT) this.#prune();
        if (!wire) throw new TransferError('the arguments of the task are not there; submit it again');
        return decode(wire) as unknown[];
      }
    }
  }

  #shelf(number: number): Uint8Array | undefined {
    if (!this.#shelves.has(number)) this.#inbox.collect();
    return this.#shelves.get(number);
  }

  /** Asks the submitter for the arguments, and sleeps until it has posted them. */
  #fetchHeld(): unknown[] {
    const { words, realm } = this.#pool;
    const index = this.#index;
    const submitter = Atomics.load(words, areaBase(this.#area) + AREA_THREAD_WORD);
    const channel = this.#area === 0 ? undefined : listen(workerChannel(nameOf(this.#pool), this.#record));
    try {
      const wanted = (this.#state & ~CODE_MASK) | SlotState.WANTED;
      // Fails if the task is to be stopped; then there is nothing to run.
      if (Atomics.compareExchange(words, index, this.#state, wanted) !== this.#state) throw stopped();
      this.#pool.wakeSubmitter(this.#area);
      while (Atomics.load(words, index) === wanted) {
        Atomics.wait(words, index, wanted, agent().slice);
        if (Atomics.load(words, index) === wanted && realm.hasEnded(submitter)) {
          Atomics.compareExchange(words, index, wanted, this.#state);
          throw new TransferError(
            'the thread that submitted the task ended before it could send the arguments',
          );
        }
      }
      if (Atomics.load(words, index) !== this.#state) throw stopped();
      const wire = (channel?.inbox ?? this.#inbox).take(
        this.#area,
        this.#slot,
        this.#state >>> GENERATION_SHIFT,
      );
      if (!wire) throw new TransferError('the arguments of the task are not there; submit it again');
      return decode(wire) as unknown[];
    } finally {
      channel?.close();
    }
  }

  /** A letter comes before its slot says PENDING, so one whose slot is behind it is still to be asked for. */
  #prune(): void {
    this.#inbox.prune((area, slot, generation) => {
      const state = Atomics.load(this.#pool.words, slotBase(area, slot));
      const ahead = ((state >>> GENERATION_SHIFT) - generation) & GENERATION_MASK;
      return ahead === 0 ? (state & CODE_MASK) === SlotState.PENDING : ahead > GENERATION_MASK >>> 1;
    });
  }

  // ── finishing ──────────────────────────────────────────────────────────────────────────────────

  #finish(code: SlotState, value: unknown): void {
    this.#signal.end();
    let outcome = code;
    try {
      this.#write(value);
    } catch (error) {
      // The result cannot travel. The error can.
      outcome = SlotState.FAILED;
      this.#write(error);
    }
    const { words } = this.#pool;
    // Before the result: who has that, and submits another task, need not start a worker for it.
    words[this.#base + MODE_WORD] = WorkerMode.IDLE;
    const done = (this.#state & ~CODE_MASK) | outcome;
    if (Atomics.compareExchange(words, this.#index, this.#state, done) !== this.#state) {
      this.#setMode(WorkerMode.BUSY);
      this.#signal.release(this.#index, this.#state, this.#area);
    }
    this.#pool.wakeSubmitter(this.#area);
  }

  #write(value: unknown): void {
    const { words, bytes: memory } = this.#pool;
    const index = this.#index;
    const type = rawType(value);
    if (type >= 0 && this.#writeRaw(value as RawView, type)) return;
    // One that is large, and has no room, goes by message at once.
    const bytes = type >= 0 ? undefined : encodePieces(value);
    if (bytes) {
      const { length } = bytes;
      words[index + LENGTH_WORD] = length;
      if (length <= PAYLOAD_BYTES && bytes instanceof Uint8Array) {
        copyInto(memory, (index + SLOT_HEADER_WORDS) * 4, bytes);
        words[index + FORMAT_WORD] = Format.INLINE;
        return;
      }
      const number = words[index + SHELF_WORD]!;
      const shelf = number >= 0 ? this.#shelf(number) : undefined;
      if (shelf && length <= shelf.length) {
        putInto(shelf, bytes);
        words[index + FORMAT_WORD] = Format.SHELF;
        return;
      }
    }
    const generation = this.#state >>> GENERATION_SHIFT;
    const letter: Letter = {
      kind: 'letter',
      area: this.#area,
      slot: this.#slot,
      generation,
      wire: encode(value, 'result'),
    };
    if (this.#area === 0) post(this.#port, letter);
    else broadcast(areaChannel(nameOf(this.#pool), this.#area), letter);
    words[index + FORMAT_WORD] = Format.MAIL;
  }

  #writeRaw(view: RawView, type: number): boolean {
    const { words } = this.#pool;
    const number = words[this.#index + SHELF_WORD]!;
    const shelf = number >= 0 ? this.#shelf(number) : undefined;
    if (!shelf || shelf.length < view.byteLength) return false;
    writeRaw(shelf, view);
    words[this.#index + VIEW_WORD] = type;
    words[this.#index + LENGTH_WORD] = view.byteLength;
    words[this.#index + FORMAT_WORD] = Format.RAW;
    return true;
  }

  // ── sleeping ───────────────────────────────────────────────────────────────────────────────────

  async #idle(): Promise<void> {
    const pool = this.#pool;
    this.#setMode(WorkerMode.IDLE);
    if (agent().spins > 0 && this.#spin()) return;
    await this.#turn();
    while (!this.#hasReason()) {
      Atomics.add(pool.words, SLEEPERS_WORD, 1);
      Atomics.store(pool.words, this.#base + ASLEEP_WORD, 1);
      // P3: what was put in before is seen now; whoever puts in later sees ASLEEP.
      if (!this.#hasReason()) {
        if (this.#isLoopBusy()) {
          const wait = Atomics.waitAsync(pool.words, this.#base + ASLEEP_WORD, 1, IDLE_SLICE_MS);
          if (wait.async) await wait.value;
        } else {
          Atomics.wait(pool.words, this.#base + ASLEEP_WORD, 1, IDLE_SLICE_MS);
          for (const round of agent().rounds) round();
        }
      }
      pool.rouse(this.#record);
    }
    this.#turned = performance.now();
  }

  #spin(): boolean {
    const until = performance.now() + SPIN_MS;
    do {
      if (this.#hasReason()) return true;
    } while (performance.now() < until);
    return false;
  }

  /** Whether there is something to do, other than to sleep. */
  #hasReason(): boolean {
    return (
      this.#pool.hasWork() ||
      this.#mustLeave() ||
      this.#pool.broken ||
      (this.#pool.closed && this.#pool.pending() === 0)
    );
  }

  /**
   * Whether the async task that runs can only go on when a task of this pool ends: no timer, no socket, and no wait is
   * pending, apart from the one for tasks, which has a timer of its own.
   */
  isLoopIdle(): boolean {
    return agent().keepAlive.count <= 1 && activeResources().length <= this.#resources + 1;
  }

  /** Whether a task has left something behind that needs the event loop. */
  #isLoopBusy(): boolean {
    return agent().keepAlive.count > 0 || activeResources().length > this.#resources;
  }
}

/** Runs a chunk: the results so far, and what ended it. */
function runChunk(target: Target, list: unknown[][]): unknown {
  const values: unknown[] = [];
  for (let i = 0; i < list.length; i++) {
    try {
      const result = target.run(...list[i]!);
      if (isThenable(result)) return continueChunk(target, list, values, result);
      values.push(result);
    } catch (error) {
      return [values, [explainError(error, target.reference)]];
    }
  }
  return [values];
}

async function continueChunk(
  target: Target,
  list: unknown[][],
  values: unknown[],
  first: PromiseLike<unknown>,
): Promise<unknown> {
  try {
    values.push(await first);
    while (values.length < list.length) values.push(await target.run(...list[values.length]!));
  } catch (error) {
    return [values, [explainError(error, target.reference)]];
  }
  return [values];
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
  );
}

function stopped(): CancelledError {
  return new CancelledError('the task was cancelled');
}

function turn(): Promise<void> {
  return new Promise((resolve) => {
    nextTurn(resolve);
  });
}
