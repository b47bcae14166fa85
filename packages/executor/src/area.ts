/**
 * A thread's area of a pool: its ring and its slots. Puts tasks in, and fetches what is finished.
 *
 * What workers take from the ring is scanned in order: `#scanned` follows HEAD, and tasks that are not finished
 * when they are scanned go to `#running`, which holds as many as there are workers, and a few. So fetching costs the
 * same however many tasks are out, and needs no second ring.
 *
 * - S1. Each slot is on the list of free ones, or belongs to one task of this thread.
 * - S2. A task that is in has a cell between HEAD and TAIL, or is in `#running` or `#ended`.
 */
import { BrokenExecutorError, decode, encode, type Port, type Wire } from '@x/core';
import { decodeBytes, Pieces } from '@x/core/bytes';
import { Atomics } from '@x/core/seam';
import { Deque } from './deque.js';
import {
  areaBase,
  CHUNK_BIT,
  CODE_MASK,
  Format,
  FORMAT_MASK,
  FORMAT_WORD,
  GENERATION_SHIFT,
  HEAD_WORD,
  RECORD_MASK,
  RECORD_SHIFT,
  ringBase,
  ringOf,
  SHELF_WORD,
  slotBase,
  SLOT_MASK,
  SlotState,
  slotsOf,
  STARTED_WORD,
  TAIL_WORD,
  TARGET_WORD,
  TIMED_BIT,
} from './layout.js';
import { areaChannel, broadcast, listen, post, workerChannel, type Inbox, type Letter } from './mail.js';
import type { Pool } from './pool.js';
import { isUnencoded, Payloads, POSTED } from './payloads.js';
import { exitReason, messageOf } from './reasons.js';
import { nameOf } from './roles.js';
import type { Shelves } from './shelves.js';
import type { Payload, Task } from './task.js';

/** What the thread that owns the workers does besides. */
export interface Owner {
  readonly shelves: Shelves;
  /** Starts, terminates and buries workers. */
  serve(thorough: boolean): void;
  /** The port to a worker. */
  port(record: number): Port | undefined;
  /** Posts to all workers. */
  postAll(letter: Letter): void;
  /** Takes a worker's results. */
  inbox(record: number): Inbox | undefined;
  /** Why a worker ended, if that is known. */
  reason(record: number): unknown;
}

/** So many cells before it is looked at, a slot's cache line is asked for. */
const AHEAD = 4;

export class Area {
  readonly number: number;
  readonly #pool: Pool;
  readonly #owner: Owner | undefined;
  readonly #finished: Deque<Task>;
  readonly #base: number;
  readonly #ring: number;
  readonly #ringMask: number;
  readonly #free: number[] = [];
  readonly #tasks: (Task | undefined)[] = [];
  readonly #payloads: Payloads;
  readonly #inbox: Inbox | undefined;
  readonly #name: string;
  readonly #running: number[] = [];
  /** Slots whose tasks have ended, and those whose workers want the arguments; see `collect`. */
  readonly #ended = new Deque<number>();
  readonly #wanting: number[] = [];
  /** How many tasks were fetched so far. */
  #fetched = 0;
  /** 1 for the slots in `#running` and `#ended`. */
  readonly #listed: Uint8Array;
  #scanned: number;
  /** Tasks that were seen taken but not claimed, at the last inspection. */
  #suspects = new Set<Task>();

  /** @param finished where tasks go that have ended */
  constructor(pool: Pool, number: number, owner: Owner | undefined, finished: Deque<Task>) {
    this.number = number;
    this.#pool = pool;
    this.#owner = owner;
    this.#finished = finished;
    this.#payloads = new Payloads(pool, owner?.shelves);
    this.#base = areaBase(number);
    this.#ring = ringBase(number);
    this.#ringMask = ringOf(number) - 1;
    this.#scanned = Atomics.load(pool.words, this.#base + HEAD_WORD);
    this.#name = nameOf(pool);
    this.#listed = new Uint8Array(slotsOf(number));
    for (let slot = slotsOf(number) - 1; slot >= 0; slot--) {
      this.#free.push(slot);
      this.#tasks.push(undefined);
    }
    if (!owner) this.#inbox = listen(areaChannel(this.#name, number)).inbox;
  }

  /** Whether a task can be put in. */
  get hasRoom(): boolean {
    return this.#free.length > 0;
  }

  /** The tasks that are in. */
  *tasks(): Iterable<Task> {
    for (const task of this.#tasks) if (task) yield task;
  }

  /** A slot whose task has not ended, or -1. */
  unfinished(): number {
    for (const task of this.tasks()) {
      const code = this.stateOf(task) & CODE_MASK;
      if (code === SlotState.PENDING || code === SlotState.RUNNING) return task.slot;
    }
    return -1;
  }

  /** Index of the slot of a task that is in. */
  indexOf(task: Task): number {
    return slotBase(this.number, task.slot);
  }

  /** Puts a task into a free slot and the ring. If it throws, which takes a lack of memory, nothing has changed. */
  place(task: Task, payload: Payload | Pieces): void {
    const { words } = this.#pool;
    const slot = this.#free.at(-1)!;
    const index = slotBase(this.number, slot);
    words[index + SHELF_WORD] = -1;
    let format = this.#payloads.write(index, payload);
    this.#free.pop();
    task.slot = slot;
    task.generation = ((words[index]! >>> GENERATION_SHIFT) + 1) & (-1 >>> GENERATION_SHIFT);
    this.#tasks[slot] = task;
    if (format === undefined) {
      // The encoder's memory is used again by the next call.
      task.payload ??= payload instanceof Uint8Array || payload instanceof Pieces ? payload.slice() : payload;
      format = this.#owner && task.transfer === undefined ? Format.MAIL : Format.HELD;
      if (format === Format.MAIL) this.#owner!.postAll(this.letter(task)!);
    } else {
      task.payload = undefined;
    }
    words[index + TARGET_WORD] = task.target;
    words[index + FORMAT_WORD] =
      format | (task.chunk ? CHUNK_BIT : 0) | (task.timeout === undefined ? 0 : TIMED_BIT);
    if (task.timeout !== undefined) this.#pool.doubles[(index + STARTED_WORD) >> 1] = 0;
    // Publishes the slot; TAIL publishes the cell.
    Atomics.store(words, index, SlotState.PENDING | (task.generation << GENERATION_SHIFT));
    this.push(task);
  }

  /** Puts a task's cell into the ring. */
  push(task: Task): void {
    const { words } = this.#pool;
    // Nobody else writes it.
    const tail = words[this.#base + TAIL_WORD]!;
    task.position = tail;
    words[this.#ring + (tail & this.#ringMask)] = (task.generation << GENERATION_SHIFT) | task.slot;
    Atomics.store(words, this.#base + TAIL_WORD, (tail + 1) | 0);
  }

  /** The message with a task's arguments, if they travel so and no worker has them yet. */
  letter(task: Task): Letter | undefined {
    const { payload, slot, generation } = task;
    if (payload === undefined || isUnencoded(payload) || slot < 0) return undefined;
    const wire = payload instanceof Uint8Array ? encode(decodeBytes(payload)) : payload;
    return { kind: 'letter', area: this.number, slot, generation, wire };
  }

  /** For a worker that starts: the tasks whose arguments were posted to all the others. */
  *letters(): Iterable<Letter> {
    for (const task of this.#tasks) {
      if (!task || task.payload === undefined || task.transfer !== undefined) continue;
      if ((this.stateOf(task) & CODE_MASK) === SlotState.PENDING) yield this.letter(task)!;
    }
  }

  /** State of a task's slot; FREE if it is not in. */
  stateOf(task: Task): number {
    return task.slot < 0 ? SlotState.FREE : Atomics.load(this.#pool.words, slotBase(this.number, task.slot));
  }

  /**
   * Fetches what is finished. Returns how many tasks were. First finds out what there is to do: to read a result may run code
   * of the user's (`fromState`), which may come back here.
   */
  collect(): number {
    const { words } = this.#pool;
    const running = this.#running;
    const before = this.#fetched;
    let kept = 0;
    const { length } = running;
    for (let i = 0; i < length; i++) {
      const slot = running[i]!;
      if (!this.#look(slot)) running[kept++] = slot;
    }
    running.length = kept;
    const head = Atomics.load(words, this.#base + HEAD_WORD);
    while (this.#scanned !== head) {
      const cell = words[this.#ring + (this.#scanned & this.#ringMask)]!;
      const slot = cell & SLOT_MASK;
      this.#scanned = (this.#scanned + 1) | 0;
      this.#prefetch((this.#scanned + AHEAD) | 0);
      // A cell that was put in twice may name a slot that is free by now, or another task's, or is listed already.
      const task = this.#tasks[slot];
      if (task === undefined || task.generation !== cell >>> GENERATION_SHIFT || this.#listed[slot] === 1)
        continue;
      this.#listed[slot] = 1;
      if (!this.#look(slot)) running.push(slot);
    }
    for (let slot = this.#wanting.pop(); slot !== undefined; slot = this.#wanting.pop()) this.#send(slot);
    for (let slot = this.#ended.shift(); slot !== undefined; slot = this.#ended.shift()) {
      this.#fetch(slot);
    }
    return this.#fetched - before;
  }

  /**
   * Asks for the cache line of the slot that a cell names, which a worker's core has. A load would wait for it; a store does not,
   * and says that the line will be written. What it stores is there already.
   */
  #prefetch(position: number): void {
    const { words } = this.#pool;
    const slot = words[this.#ring + (position & this.#ringMask)]! & SLOT_MASK;
    const task = this.#tasks[slot];
    if (task !== undefined) words[slotBase(this.number, slot) + TARGET_WORD] = task.target;
  }

  /** Notes what there is to do about a listed slot. Returns whether its task has ended. */
  #look(slot: number): boolean {
    const { words } = this.#pool;
    const index = slotBase(this.number, slot);
    const code = Atomics.load(words, index) & CODE_MASK;
    if (hasEnded(code)) {
      // To read one of these runs nothing of the user's. In their order with the others.
      const isScalar =
        code === SlotState.DONE && (words[index + FORMAT_WORD]! & FORMAT_MASK) === Format.SCALAR;
      if (isScalar && this.#ended.size === 0) this.#fetch(slot);
      else this.#ended.push(slot);
      return true;
    }
    if (code === SlotState.WANTED) this.#wanting.push(slot);
    return false;
  }

  /** Fetches the task of a slot that has ended, and frees the slot. */
  #fetch(slot: number): void {
    const { words } = this.#pool;
    const index = slotBase(this.number, slot);
    // It does not change any more.
    const state = words[index]!;
    const code = state & CODE_MASK;
    const task = this.#tasks[slot]!;
    switch (code) {
      case SlotState.DONE:
      case SlotState.FAILED:
        this.#end(task, index, state, code === SlotState.FAILED);
        this.#finished.push(task);
        break;
      case SlotState.BROKEN:
        this.#finished.push(task.end(true, this.#brokenError((state & RECORD_MASK) >>> RECORD_SHIFT)));
        break;
      case SlotState.RELEASED:
        // Its result may have been posted, and nobody will ask for it.
        this.#dropLetter(task, state);
        break;
    }
    const shelf = words[index + SHELF_WORD]!;
    if (shelf >= 0) this.#owner!.shelves.giveBack(shelf);
    this.#listed[slot] = 0;
    this.#tasks[slot] = undefined;
    task.slot = -1;
    task.payload = task.transfer = undefined;
    this.#free.push(slot);
    this.#fetched++;
  }

  #end(task: Task, index: number, state: number, failed: boolean): void {
    try {
      const value = this.#payloads.read(index);
      task.end(failed, value === POSTED ? this.#resultFrom(task, state) : value);
    } catch (error) {
      task.end(true, error);
    }
  }

  #resultFrom(task: Task, state: number): unknown {
    const wire = this.#letterFrom(task, state);
    if (wire) return decode(wire);
    throw new BrokenExecutorError('the result of the task was lost with its worker; submit it again');
  }

  /** The message with a task's result, from the worker that the state names. */
  #letterFrom(task: Task, state: number): Wire | undefined {
    const inbox = this.#inbox ?? this.#owner!.inbox((state & RECORD_MASK) >>> RECORD_SHIFT);
    return inbox?.take(this.number, task.slot, task.generation);
  }

  #dropLetter(task: Task, state: number): void {
    try {
      this.#letterFrom(task, state);
    } catch {
      // What cannot be read is gone, too.
    }
  }

  /** Sends a worker the arguments that it wants. */
  #send(slot: number): void {
    const task = this.#tasks[slot];
    const index = slotBase(this.number, slot);
    const state = Atomics.load(this.#pool.words, index);
    if (task === undefined || (state & CODE_MASK) !== SlotState.WANTED) return;
    const record = (state & RECORD_MASK) >>> RECORD_SHIFT;
    const letter = this.letter(task);
    if (letter) {
      const port = this.#owner?.port(record);
      if (port) post(port, letter, task.transfer);
      else if (!this.#owner) broadcast(workerChannel(this.#name, record), letter);
      task.payload = task.transfer = undefined;
    }
    const next = (state & ~CODE_MASK) | SlotState.RUNNING;
    if (Atomics.compareExchange(this.#pool.words, index, state, next) === state) {
      Atomics.notify(this.#pool.words, index);
    }
  }

  #brokenError(record: number): BrokenExecutorError {
    const cause = this.#owner?.reason(record) ?? exitReason(this.#pool, record);
    return new BrokenExecutorError(
      `the worker that ran the task ended before the task did: ${messageOf(cause)}`,
      { cause },
    );
  }

  /** Whether there is something to fetch. Settles nothing. */
  hasNews(): boolean {
    const { words } = this.#pool;
    for (const slot of this.#running) {
      if (isNews(Atomics.load(words, slotBase(this.number, slot)) & CODE_MASK)) return true;
    }
    let at = this.#scanned;
    const head = Atomics.load(words, this.#base + HEAD_WORD);
    while (at !== head) {
      const slot = words[this.#ring + (at & this.#ringMask)]! & SLOT_MASK;
      if (isNews(Atomics.load(words, slotBase(this.number, slot)) & CODE_MASK)) return true;
      at = (at + 1) | 0;
    }
    return false;
  }

  /** Looks for workers that died, and for tasks that they took with them. Called after a slice in which nothing happened. */
  inspect(): void {
    const before = this.#suspects;
    const now = new Set<Task>();
    const head = Atomics.load(this.#pool.words, this.#base + HEAD_WORD);
    for (const slot of this.#running) {
      const index = slotBase(this.number, slot);
      const state = Atomics.load(this.#pool.words, index);
      const task = this.#tasks[slot]!;
      if ((state & CODE_MASK) !== SlotState.PENDING) this.#pool.breakIfDead(index, state, true);
      // Its last cell was taken; before, it waits to be.
      else if (((head - task.position) | 0) > 0) now.add(task);
    }
    this.#suspects = now;
    for (const task of now) {
      // P2: a live worker claims at once what it takes; seen twice, this one was taken by a worker that died.
      if (before.has(task)) this.push(task);
    }
    if (now.size > 0) this.#pool.wakeWorker();
  }
}

function hasEnded(code: number): boolean {
  const isBeingEnded = code === SlotState.STOPPING || code === SlotState.STOPPED || code === SlotState.KILLED;
  return code >= SlotState.DONE && !isBeingEnded;
}

/** Whether there is something for the submitter to do. */
function isNews(code: number): boolean {
  return code === SlotState.WANTED || hasEnded(code);
}
