/**
 * One thread's side of a pool: puts its tasks into its area, fetches their results, and sleeps meanwhile.
 *
 * What is taken from the ring is scanned in order: `#scanned` follows HEAD, and tasks that are not finished
 * when they are scanned go to `#running`, which holds as many as there are workers, and a few. So fetching costs the
 * same however many tasks are out, and needs no second ring.
 *
 * - S1. Each slot is on the list of free ones, or belongs to one task of this thread.
 * - S2. A task that is out has a cell between HEAD and TAIL, or is in `#running`, or waits in `#overflow`.
 * - S3. Whatever settles futures works on `#ripe` alone, so that a callback may come back into this class.
 */
import {
  agent,
  BlockingWait,
  BrokenExecutorError,
  CancelledError,
  DeadlockError,
  decode,
  encode,
  epochNow,
  runtime,
  ShutdownError,
  TimeoutError,
  UID_WORD,
  Woke,
  type Port,
} from '@x/core';
import { decodeBytes, encodePlainBytes } from '@x/core/bytes';
import { Alarms } from './alarms.js';
import { Deque } from './deque.js';
import { settle, type CancelOptions, type Future } from './future.js';
import {
  areaBase,
  CHUNK_BIT,
  CODE_MASK,
  Format,
  FORMAT_MASK,
  FORMAT_WORD,
  GENERATION_SHIFT,
  HEAD_WORD,
  KILL_WORD,
  LENGTH_WORD,
  LOOP_BIT,
  LOOP_SEQ_WORD,
  OVERFLOW_WORD,
  PAYLOAD_BYTES,
  RECORD_MASK,
  RECORD_SHIFT,
  recordBase,
  ringBase,
  ringOf,
  SEQ_WORD,
  SHELF_WORD,
  slotBase,
  SLOT_HEADER_WORDS,
  SlotState,
  slotsOf,
  STARTED_WORD,
  TAIL_WORD,
  TARGET_WORD,
  THREAD_BIT,
  TIMED_BIT,
  VIEW_WORD,
  WAITING_WORD,
} from './layout.js';
import {
  areaChannel,
  broadcast,
  listen,
  notCarried,
  post,
  workerChannel,
  type Inbox,
  type Letter,
} from './mail.js';
import { isHeldByWorker, type Pool } from './pool.js';
import { rawType, readRaw, writeRaw, type RawView } from './raw.js';
import { brokenReason, DEFAULT_GRACE_MS, exitReason, messageOf } from './reasons.js';
import type { Shelves } from './shelves.js';
import { Raw, Task, type Payload, type TaskOptions } from './task.js';
import { DeadlockWatch } from './waits.js';

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

/**
 * How long a thread looks for results before it sleeps, in milliseconds. A wake through the kernel takes 5 to 50 µs;
 * looking twice as long costs at most as much again. Measured in ARCHITECTURE.md, "Spinning".
 */
const SPIN_MS = 0.05;
/** How long an event loop looks in every turn before it waits to be woken. */
const POLL_MS = 0.1;

export class Submitter {
  readonly pool: Pool;
  readonly alarms = new Alarms();
  readonly #owner: Owner | undefined;
  readonly #area: number;
  readonly #base: number;
  readonly #ring: number;
  readonly #ringMask: number;
  readonly #free: number[] = [];
  readonly #tasks: (Task | undefined)[] = [];
  readonly #overflow = new Deque<Task>();
  readonly #inbox: Inbox | undefined;
  readonly #name: string;
  readonly #deadlock: DeadlockWatch;
  #running: number[] = [];
  /** 1 for the slots in `#running`. */
  readonly #listed: Uint8Array;
  #failed = false;
  #scanned: number;
  #ripe = new Deque<{ task: Task; code: SlotState; value: unknown }>();
  /** Tasks that are not settled. */
  #pending = 0;
  /** Tasks that were seen taken but not claimed, at the last inspection. */
  #suspects = new Set<Task>();
  #kept = false;
  #polling = false;
  #parked = false;
  #lastNews = 0;

  constructor(pool: Pool, area: number, owner: Owner | undefined, record: number | undefined) {
    this.pool = pool;
    this.#owner = owner;
    this.#area = area;
    this.#base = areaBase(area);
    this.#ring = ringBase(area);
    this.#ringMask = ringOf(area) - 1;
    this.#scanned = Atomics.load(pool.words, this.#base + HEAD_WORD);
    this.#name = `${pool.realm.identity}/${pool.words[UID_WORD]}`;
    this.#deadlock = new DeadlockWatch(pool, record);
    this.#listed = new Uint8Array(slotsOf(area));
    for (let slot = slotsOf(area) - 1; slot >= 0; slot--) {
      // One that a dead thread left behind.
      Atomics.and(pool.words, slotBase(area, slot), ~(CODE_MASK | RECORD_MASK));
      this.#free.push(slot);
      this.#tasks.push(undefined);
    }
    if (!owner) {
      this.#inbox = listen(areaChannel(this.#name, area)).inbox;
    }
    agent().rounds.add(() => {
      if (this.#pending > 0 || this.#owner) this.#round();
    });
  }

  /** Tasks of this thread that are not settled. */
  get pending(): number {
    return this.#pending;
  }

  // ── submitting ─────────────────────────────────────────────────────────────────────────────────

  /**
   * Puts a task in. Never blocks.
   *
   * @throws ShutdownError, BrokenExecutorError if the pool takes none; TransferError if an argument cannot travel
   */
  submit(target: number, args: readonly unknown[], options: TaskOptions | undefined): Future<unknown> {
    this.#checkOpen();
    const task = new Task(this, target, options?.timeout ?? Infinity, options?.chunk === true);
    if (options?.signal?.aborted === true) {
      settle.cancel(task.future, cancelledBy(options.signal));
      return task.future;
    }
    const transfer = options?.transfer?.length ? options.transfer : undefined;
    const type = transfer === undefined && this.#owner && args.length === 1 ? rawType(args[0]) : -1;
    const plain =
      type >= 0
        ? new Raw(args[0] as RawView, type)
        : transfer === undefined
          ? encodePlainBytes(args)
          : undefined;
    if (plain === undefined) this.#pack(task, args, transfer);
    if (this.#free.length === 0) {
      this.#collect();
      this.#feed();
    }
    this.#pending++;
    if (this.#overflow.size === 0 && this.#free.length > 0) {
      this.#place(task, plain ?? task.payload!);
    } else {
      if (plain) task.payload = plain instanceof Raw ? new Raw(plain.view.slice(), type) : plain.slice();
      this.#overflow.push(task);
      Atomics.add(this.pool.words, this.#base + OVERFLOW_WORD, 1);
    }
    if (options !== undefined) this.#supervise(task, options.signal);
    this.pool.wakeWorker();
    if (this.pool.alive < this.pool.maxWorkers) this.#wantWorkers();
    this.attend();
    return task.future;
  }

  #checkOpen(): void {
    const { pool } = this;
    if (pool.broken) throw brokenReason(pool);
    if (pool.closed) {
      throw new ShutdownError(
        'this executor was shut down and takes no more tasks; submit before shutdown()',
      );
    }
    if (!this.#owner && pool.realm.hasEnded(pool.owner)) {
      throw new BrokenExecutorError(
        'the thread that made this executor has ended, and its workers with it; make the executor in a thread that lasts',
      );
    }
  }

  #wantWorkers(): void {
    if (!this.pool.wantsWorker()) return;
    if (this.#owner) this.#owner.serve(false);
    else this.pool.askOwner();
  }

  /** Encodes what bytes alone cannot carry. */
  #pack(task: Task, args: readonly unknown[], transfer: readonly unknown[] | undefined): void {
    const wire = encode(args, 'args');
    try {
      // The caller may change or reuse what he gave; what he transfers is his no longer.
      const packed = structuredClone({ wire, transfer }, { transfer: (transfer ?? []) as never });
      task.payload = packed.wire;
      task.transfer = packed.transfer;
    } catch (cause) {
      throw notCarried(cause);
    }
  }

  /** Puts a task into a free slot and the ring. */
  #place(task: Task, payload: Payload): void {
    const { words } = this.pool;
    const slot = this.#free.pop()!;
    const index = slotBase(this.#area, slot);
    task.slot = slot;
    task.generation = ((words[index]! >>> GENERATION_SHIFT) + 1) & (-1 >>> GENERATION_SHIFT);
    this.#tasks[slot] = task;
    let format: Format;
    words[index + SHELF_WORD] = -1;
    if (payload instanceof Uint8Array) {
      format = this.#write(task, index, payload);
    } else if (payload instanceof Raw) {
      format = this.#writeRaw(task, index, payload);
    } else {
      task.payload = payload;
      format = this.#owner && task.transfer === undefined ? Format.MAIL : Format.HELD;
      if (format === Format.MAIL) this.#owner!.postAll(this.letter(task)!);
    }
    words[index + TARGET_WORD] = task.target;
    words[index + FORMAT_WORD] =
      format | (task.chunk ? CHUNK_BIT : 0) | (task.timeout === Infinity ? 0 : TIMED_BIT);
    if (task.timeout !== Infinity) this.pool.times[(index + STARTED_WORD) >> 1] = 0;
    // Publishes the slot; TAIL publishes the cell.
    Atomics.store(words, index, SlotState.PENDING | (task.generation << GENERATION_SHIFT));
    this.#push(slot);
  }

  #push(slot: number): void {
    const { words } = this.pool;
    const tail = Atomics.load(words, this.#base + TAIL_WORD);
    words[this.#ring + (tail & this.#ringMask)] = slot;
    Atomics.store(words, this.#base + TAIL_WORD, (tail + 1) | 0);
  }

  #write(task: Task, index: number, bytes: Uint8Array): Format {
    const { pool } = this;
    const { length } = bytes;
    if (length <= PAYLOAD_BYTES) {
      copyInto(pool.bytes, (index + SLOT_HEADER_WORDS) * 4, bytes);
      pool.words[index + LENGTH_WORD] = length;
      task.payload = undefined;
      return Format.INLINE;
    }
    if (this.#owner) {
      const shelf = this.#owner.shelves.lend(length);
      this.#owner.shelves.bytes(shelf).set(bytes);
      pool.words[index + SHELF_WORD] = shelf;
      pool.words[index + LENGTH_WORD] = length;
      task.payload = undefined;
      return Format.SHELF;
    }
    // The encoder's memory is used again by the next call.
    task.payload ??= bytes.slice();
    return Format.HELD;
  }

  #writeRaw(task: Task, index: number, { view, type }: Raw): Format {
    const { shelves } = this.#owner!;
    const shelf = shelves.lend(view.byteLength);
    writeRaw(shelves.bytes(shelf), view);
    const { words } = this.pool;
    words[index + SHELF_WORD] = shelf;
    words[index + VIEW_WORD] = type;
    words[index + LENGTH_WORD] = view.byteLength;
    task.payload = undefined;
    return Format.RAW;
  }

  /** The message with a task's arguments, if they travel so and no worker has them yet. */
  letter(task: Task): Letter | undefined {
    const { payload, slot, generation } = task;
    if (payload === undefined || payload instanceof Raw || slot < 0) return undefined;
    const wire = payload instanceof Uint8Array ? encode(decodeBytes(payload)) : payload;
    return { kind: 'letter', area: this.#area, slot, generation, wire };
  }

  /** For a worker that starts: the tasks whose arguments were posted to all the others. */
  *letters(): Iterable<Letter> {
    for (const task of this.#tasks) {
      if (!task || task.payload === undefined || task.transfer !== undefined) continue;
      if ((this.#stateOf(task) & CODE_MASK) === SlotState.PENDING) yield this.letter(task)!;
    }
  }

  #supervise(task: Task, signal: AbortSignal | undefined): void {
    const undo: (() => void)[] = [];
    if (signal) {
      const onAbort = (): void => {
        this.cancel(task, { running: true }, cancelledBy(signal));
      };
      signal.addEventListener('abort', onAbort, { once: true });
      undo.push(() => {
        signal.removeEventListener('abort', onAbort);
      });
    }
    if (task.timeout !== Infinity) undo.push(this.#watchTime(task));
    if (undo.length > 0) task.release = () => undo.forEach((run) => run());
  }

  #watchTime(task: Task): () => void {
    let undo: () => void;
    const look = (): void => {
      const { timeout } = task;
      const started = this.isRunning(task)
        ? this.pool.times[(slotBase(this.#area, task.slot) + STARTED_WORD) >> 1]!
        : 0;
      // The clock starts when a worker does.
      const left = started === 0 ? timeout : started + timeout - epochNow();
      if (left > 0) {
        undo = this.alarms.set(left, look);
        return;
      }
      const error = new TimeoutError(
        `the task did not end within its timeout of ${timeout} ms, and was stopped`,
      );
      this.#stop(task, DEFAULT_GRACE_MS, () => {
        settle.fail(task.future, error);
      });
    };
    undo = this.alarms.set(task.timeout, look);
    return () => {
      undo();
    };
  }

  /** Moves tasks from this thread's memory into free slots. */
  #feed(): void {
    if (this.#overflow.size === 0) return;
    let fed = 0;
    while (this.#free.length > 0) {
      const task = this.#overflow.shift();
      if (!task) break;
      // One that was cancelled is counted no longer.
      if (task.payload === undefined) continue;
      this.#place(task, task.payload);
      fed++;
    }
    if (fed === 0) return;
    Atomics.sub(this.pool.words, this.#base + OVERFLOW_WORD, fed);
    for (let i = 0; i < fed && i < this.pool.maxWorkers; i++) this.pool.wakeWorker();
  }

  // ── fetching ───────────────────────────────────────────────────────────────────────────────────

  #stateOf(task: Task): number {
    return task.slot < 0 ? SlotState.FREE : Atomics.load(this.pool.words, slotBase(this.#area, task.slot));
  }

  isRunning(task: Task): boolean {
    return isHeldByWorker(this.#stateOf(task) & CODE_MASK);
  }

  /** Fetches what is there, and settles its futures. Never blocks. */
  tend(): void {
    this.#collect();
    this.#feed();
    this.#deliver();
  }

  /** Fetches what is finished. Returns how many tasks were. */
  #collect(): number {
    const { words } = this.pool;
    const running = this.#running;
    let kept = 0;
    let fetched = 0;
    const { length } = running;
    for (let i = 0; i < length; i++) {
      const slot = running[i]!;
      if (this.#fetch(slot)) {
        this.#listed[slot] = 0;
        fetched++;
      } else {
        running[kept++] = slot;
      }
    }
    running.length = kept;
    const head = Atomics.load(words, this.#base + HEAD_WORD);
    while (this.#scanned !== head) {
      const slot = words[this.#ring + (this.#scanned & this.#ringMask)]!;
      this.#scanned = (this.#scanned + 1) | 0;
      // A cell that was put in twice may name a slot that is free by now, or is listed already.
      if (this.#tasks[slot] === undefined || this.#listed[slot] === 1) continue;
      if (this.#fetch(slot)) {
        fetched++;
      } else {
        this.#listed[slot] = 1;
        running.push(slot);
      }
    }
    return fetched;
  }

  /** Fetches a slot's task if it is finished, and frees the slot. */
  #fetch(slot: number): boolean {
    const index = slotBase(this.#area, slot);
    const state = Atomics.load(this.pool.words, index);
    const code = state & CODE_MASK;
    const task = this.#tasks[slot]!;
    switch (code) {
      case SlotState.DONE:
      case SlotState.FAILED:
        this.#ripe.push(this.#read(task, index, state, code));
        break;
      case SlotState.BROKEN:
        this.#ripe.push({ task, code, value: this.#brokenError((state & RECORD_MASK) >>> RECORD_SHIFT) });
        break;
      case SlotState.CANCELLED:
      case SlotState.RELEASED:
        break;
      case SlotState.WANTED:
        this.#send(task, index, state);
        return false;
      default:
        return false;
    }
    const shelf = this.pool.words[index + SHELF_WORD]!;
    if (shelf >= 0) this.#owner!.shelves.giveBack(shelf);
    Atomics.store(this.pool.words, index, task.generation << GENERATION_SHIFT);
    this.#tasks[slot] = undefined;
    task.slot = -1;
    task.payload = task.transfer = undefined;
    this.#free.push(slot);
    return true;
  }

  #read(
    task: Task,
    index: number,
    state: number,
    code: SlotState,
  ): { task: Task; code: SlotState; value: unknown } {
    const { words, bytes } = this.pool;
    try {
      const length = words[index + LENGTH_WORD]!;
      switch (words[index + FORMAT_WORD]! & FORMAT_MASK) {
        case Format.INLINE: {
          const start = (index + SLOT_HEADER_WORDS) * 4;
          return { task, code, value: decodeBytes(bytes.subarray(start, start + length)) };
        }
        case Format.SHELF: {
          const shelf = this.#owner!.shelves.bytes(words[index + SHELF_WORD]!);
          return { task, code, value: decodeBytes(shelf.subarray(0, length)) };
        }
        case Format.RAW: {
          const shelf = this.#owner!.shelves.bytes(words[index + SHELF_WORD]!);
          return { task, code, value: readRaw(shelf, length, words[index + VIEW_WORD]!) };
        }
        default: {
          const inbox = this.#inbox ?? this.#owner!.inbox((state & RECORD_MASK) >>> RECORD_SHIFT);
          const wire = inbox?.take(this.#area, task.slot, task.generation);
          if (!wire)
            throw new BrokenExecutorError('the result of the task was lost with its worker; submit it again');
          return { task, code, value: decode(wire) };
        }
      }
    } catch (error) {
      return { task, code: SlotState.FAILED, value: error };
    }
  }

  /** Sends a worker the arguments that it wants. */
  #send(task: Task, index: number, state: number): void {
    const record = (state & RECORD_MASK) >>> RECORD_SHIFT;
    const letter = this.letter(task);
    if (letter) {
      const port = this.#owner?.port(record);
      if (port) post(port, letter, task.transfer);
      else if (!this.#owner) broadcast(workerChannel(this.#name, record), letter);
      task.payload = task.transfer = undefined;
    }
    const next = (state & ~CODE_MASK) | SlotState.RUNNING;
    if (Atomics.compareExchange(this.pool.words, index, state, next) === state) {
      Atomics.notify(this.pool.words, index);
    }
  }

  #brokenError(record: number): BrokenExecutorError {
    const cause = this.#owner?.reason(record) ?? exitReason(this.pool, record);
    return new BrokenExecutorError(
      `the worker that ran the task ended before the task did: ${messageOf(cause)}`,
      { cause },
    );
  }

  /** Settles futures. Callbacks of the user run here, and may come back (S3). */
  #deliver(): void {
    for (let entry = this.#ripe.shift(); entry; entry = this.#ripe.shift()) {
      const { task, code, value } = entry;
      this.#settled(task);
      if (code === SlotState.DONE) settle.fulfil(task.future, value);
      else settle.fail(task.future, value);
    }
  }

  #settled(task: Task): void {
    if (task.settled) return;
    task.settled = true;
    task.release?.();
    task.release = undefined;
    this.#pending--;
  }

  // ── cancelling ─────────────────────────────────────────────────────────────────────────────────

  /** Cancels a task of this thread; see `Future.cancel`. */
  cancel(task: Task, options: CancelOptions, error = cancelled()): boolean {
    if (task.settled) return false;
    const settleIt = (): void => {
      settle.cancel(task.future, error);
    };
    if (task.slot < 0) {
      // In the overflow, or fetched and about to be settled.
      if (task.payload === undefined) return false;
      task.payload = task.transfer = undefined;
      Atomics.sub(this.pool.words, this.#base + OVERFLOW_WORD, 1);
      this.#settled(task);
      settleIt();
      return true;
    }
    const index = slotBase(this.#area, task.slot);
    const state = SlotState.PENDING | (task.generation << GENERATION_SHIFT);
    const next = SlotState.CANCELLED | (task.generation << GENERATION_SHIFT);
    if (Atomics.compareExchange(this.pool.words, index, state, next) === state) {
      task.payload = task.transfer = undefined;
      this.#settled(task);
      settleIt();
      return true;
    }
    return options.running === true && this.#stop(task, options.grace ?? DEFAULT_GRACE_MS, settleIt);
  }

  /** Cancels all tasks that no worker has begun. */
  cancelPending(): void {
    for (let task = this.#overflow.shift(); task; task = this.#overflow.shift()) this.cancel(task, {});
    for (const task of this.#tasks) if (task) this.cancel(task, {});
  }

  /** Ends a task that runs: its signal first, then its worker. False if it has ended meanwhile. */
  #stop(task: Task, grace: number, settleIt: () => void): boolean {
    const { words, realm } = this.pool;
    const index = slotBase(this.#area, task.slot);
    for (;;) {
      const state = Atomics.load(words, index);
      const code = state & CODE_MASK;
      if (code !== SlotState.RUNNING && code !== SlotState.WANTED) return false;
      const stopping = (state & ~CODE_MASK) | SlotState.STOPPING;
      if (Atomics.compareExchange(words, index, state, stopping) !== state) continue;
      // From here to STOPPED the worker cannot leave the task, so the interrupt reaches no other one.
      const record = (state & RECORD_MASK) >>> RECORD_SHIFT;
      realm.interrupt(this.pool.threadOf(record));
      const stopped = (state & ~CODE_MASK) | SlotState.STOPPED;
      Atomics.compareExchange(words, index, stopping, stopped);
      Atomics.notify(words, index);
      this.pool.nudge(record);
      this.alarms.set(grace, () => {
        this.#kill(index, stopped, record);
      });
      this.#settled(task);
      settleIt();
      return true;
    }
  }

  #kill(index: number, stopped: number, record: number): void {
    const killed = (stopped & ~CODE_MASK) | SlotState.KILLED;
    // Fails if the worker has left the task by now.
    if (Atomics.compareExchange(this.pool.words, index, stopped, killed) !== stopped) return;
    Atomics.store(this.pool.words, recordBase(record) + KILL_WORD, 1);
    if (this.#owner) this.#owner.serve(false);
    else this.pool.askOwner();
  }

  // ── waiting ────────────────────────────────────────────────────────────────────────────────────

  /** Blocks until the task's future is settled, or the time is over. */
  blockOn(task: Task, timeout: number): void {
    this.block(() => task.settled, timeout, task);
  }

  /**
   * Blocks until the condition, which depends on tasks of this thread, holds: true; or the time is over: false.
   *
   * @param task one that has to end before the condition can hold
   * @param maxSlice milliseconds after which the condition may hold for another reason
   */
  block(ready: () => boolean, timeout: number, task?: Task, maxSlice = Infinity): boolean {
    this.tend();
    if (ready()) return true;
    if (timeout === 0) return false;
    const { words, member } = this.pool;
    const wait = new BlockingWait(member, words, timeout);
    let spin = agent().spins > 0;
    try {
      for (;;) {
        this.tend();
        this.alarms.ring();
        this.#owner?.serve(false);
        if (this.pool.broken && !this.#failed) this.#failAll();
        if (ready()) return true;
        if (spin) {
          // Only before the first sleep: a task that takes long is not waited for by looking.
          spin = false;
          const until = performance.now() + SPIN_MS;
          let news = this.#hasNews();
          while (!news && performance.now() < until) news = this.#hasNews();
          if (news) {
            spin = true;
            continue;
          }
        }
        const seq = Atomics.load(words, this.#base + SEQ_WORD);
        Atomics.or(words, this.#base + WAITING_WORD, THREAD_BIT);
        // P3: whatever was finished before the flag was set is seen here; whatever is finished later sees the flag.
        if (this.#hasNews()) continue;
        const slice = Math.min(this.alarms.next(), maxSlice);
        this.#deadlock.enter(this.#area, task?.slot ?? -1, timeout);
        const woke = wait.sleep(this.#base + SEQ_WORD, seq, 0, slice);
        if (woke === Woke.INTERRUPTED) throw wait.reason();
        if (woke === Woke.EXPIRED) {
          this.tend();
          return ready();
        }
        if (woke === Woke.SLICE && slice === Infinity) {
          this.tend();
          if (!ready() && this.#deadlock.isCertain()) throw deadlock(this.pool);
        }
      }
    } finally {
      this.#deadlock.leave();
      wait.end();
    }
  }

  /** Whether there is something to fetch. Settles nothing. */
  #hasNews(): boolean {
    const { words } = this.pool;
    for (const slot of this.#running) {
      const code = Atomics.load(words, slotBase(this.#area, slot)) & CODE_MASK;
      if (code >= SlotState.WANTED && code !== SlotState.STOPPED && code !== SlotState.KILLED) return true;
    }
    let at = this.#scanned;
    const head = Atomics.load(words, this.#base + HEAD_WORD);
    while (at !== head) {
      const slot = words[this.#ring + (at & this.#ringMask)]!;
      const code = Atomics.load(words, slotBase(this.#area, slot)) & CODE_MASK;
      if (code >= SlotState.WANTED && code !== SlotState.STOPPED && code !== SlotState.KILLED) return true;
      at = (at + 1) | 0;
    }
    return this.pool.broken && !this.#failed;
  }

  /** After a slice in which nothing happened: looks for workers that died, and for tasks that they took with them. */
  inspect(): void {
    const { pool } = this;
    this.#owner?.serve(true);
    this.#collect();
    const before = this.#suspects;
    const now = new Set<Task>();
    for (const slot of this.#running) {
      const index = slotBase(this.#area, slot);
      const state = Atomics.load(pool.words, index);
      const task = this.#tasks[slot]!;
      if ((state & CODE_MASK) === SlotState.PENDING) now.add(task);
      else pool.breakIfDead(index, state, true);
    }
    this.#suspects = now;
    for (const task of now) {
      // P2: a live worker claims at once what it takes; seen twice, this one was taken by a worker that died.
      if (before.has(task)) this.#push(task.slot);
    }
    if (now.size > 0) pool.wakeWorker();
    if ((pool.broken && !this.#failed) || (!this.#owner && pool.realm.hasEnded(pool.owner))) this.#failAll();
    this.tend();
  }

  /** No task will be begun any more: says so to all of them. Those that run may end. */
  #failAll(): void {
    this.#failed = true;
    const error = this.pool.broken
      ? brokenReason(this.pool)
      : new BrokenExecutorError('the thread that made the executor has ended, and its workers with it');
    this.tend();
    for (let task = this.#overflow.shift(); task; task = this.#overflow.shift()) {
      if (task.payload !== undefined) Atomics.sub(this.pool.words, this.#base + OVERFLOW_WORD, 1);
      this.#breakTask(task, error);
    }
    for (const task of this.#tasks) if (task) this.#breakTask(task, error);
    this.#deliver();
  }

  #breakTask(task: Task, error: BrokenExecutorError): void {
    if (task.settled) return;
    if (task.slot >= 0) {
      const index = slotBase(this.#area, task.slot);
      const pending = SlotState.PENDING | (task.generation << GENERATION_SHIFT);
      const next = SlotState.CANCELLED | (task.generation << GENERATION_SHIFT);
      const taken = Atomics.compareExchange(this.pool.words, index, pending, next) !== pending;
      if (taken && this.pool.broken) return;
    }
    task.payload = undefined;
    this.#ripe.push({ task, code: SlotState.FAILED, value: error });
  }

  // ── the event loop ─────────────────────────────────────────────────────────────────────────────

  /** Makes sure that the event loop fetches results, and does not end before. */
  attend(): void {
    if (!this.#kept) {
      this.#kept = true;
      agent().keepAlive.add();
    }
    this.#lastNews = 0;
    if (this.#polling) return;
    this.#polling = true;
    runtime.nextTurn(this.#turn);
  }

  readonly #turn = (): void => {
    const fetched = this.#collect();
    this.#feed();
    this.#deliver();
    if (this.pool.broken && !this.#failed) this.#failAll();
    if (this.#pending === 0) {
      this.#polling = false;
      this.#kept = false;
      agent().keepAlive.remove();
      return;
    }
    this.#owner?.serve(false);
    const now = performance.now();
    if (fetched > 0 || this.#lastNews === 0) this.#lastNews = now;
    if (agent().spins > 0 && now - this.#lastNews < POLL_MS) {
      runtime.nextTurn(this.#turn);
      return;
    }
    this.#polling = false;
    this.#park();
  };

  #park(): void {
    if (this.#parked) return;
    const { words } = this.pool;
    const seq = Atomics.load(words, this.#base + LOOP_SEQ_WORD);
    Atomics.or(words, this.#base + WAITING_WORD, LOOP_BIT);
    // P3, as in `block`.
    const wait = this.#hasNews()
      ? undefined
      : Atomics.waitAsync(words, this.#base + LOOP_SEQ_WORD, seq, agent().slice);
    if (wait?.async !== true) {
      this.#polling = true;
      runtime.nextTurn(this.#turn);
      return;
    }
    this.#parked = true;
    void wait.value.then((result) => {
      this.#parked = false;
      if (result === 'timed-out') this.inspect();
      if (this.#polling || !this.#kept) return;
      this.#polling = true;
      this.#lastNews = 0;
      this.#turn();
    });
  }

  /** What the event loop would do, while the thread is blocked in something else. */
  #round(): void {
    this.tend();
    this.alarms.ring();
    this.inspect();
  }
}

/** Copies bytes into shared memory. For a few, a loop is cheaper than a call into the engine. */
function copyInto(target: Uint8Array, start: number, bytes: Uint8Array): void {
  const { length } = bytes;
  if (length > 64) {
    target.set(bytes, start);
    return;
  }
  for (let i = 0; i < length; i++) target[start + i] = bytes[i]!;
}

function cancelled(): CancelledError {
  return new CancelledError('the task was cancelled');
}

function cancelledBy(signal: AbortSignal): CancelledError {
  return new CancelledError('the task was cancelled by its signal', { cause: signal.reason });
}

function deadlock(pool: Pool): DeadlockError {
  return new DeadlockError(
    `all ${pool.alive} workers of the executor wait for tasks of the same executor, which no worker is left to run; ` +
      'await or submit such tasks outside, give the executor more workers, or use another executor for them',
  );
}
