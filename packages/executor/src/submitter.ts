/**
 * One thread's side of a pool: submits its tasks, settles their futures, cancels them.
 *
 * - S3. Whatever settles futures works on `#ripe` alone, so that a callback of the user may come back into this class.
 * - S4. A task that is not settled is in the area, in `#overflow`, or in `#ripe`.
 */
import { agent, BrokenExecutorError, onAbort, TimeoutError } from '@x/core';
import { Atomics } from '@x/core/seam';
import { Alarms } from './alarms.js';
import { Area, type Owner } from './area.js';
import { packArguments, plainArguments } from './arguments.js';
import { Deque } from './deque.js';
import { settle, type CancelOptions, type Future } from './future.js';
import { areaBase, CODE_MASK, GENERATION_SHIFT, OVERFLOW_WORD, SlotState } from './layout.js';
import type { Letter } from './mail.js';
import { Parking } from './parking.js';
import { isHeldByWorker, type Pool } from './pool.js';
import { Shapes } from './records.js';
import { brokenReason, cancelled, cancelledBy, DEFAULT_GRACE_MS, shutDown } from './reasons.js';
import { Stopper } from './stopper.js';
import { Task, type TaskOptions } from './task.js';
import { DeadlockWatch } from './waits.js';

/** So many short tasks are worth a wake. */
const BATCH = 32;

export class Submitter {
  readonly pool: Pool;
  readonly #owner: Owner | undefined;
  readonly #area: Area;
  readonly #base: number;
  readonly #parking: Parking;
  readonly #alarms = new Alarms();
  readonly #stopper: Stopper;
  readonly #overflow = new Deque<Task>();
  readonly #ripe = new Deque<Task>();
  readonly #shapes: Shapes;
  /** Tasks that are not settled. */
  #pending = 0;
  /** The target of the last task, as long as any is pending, and its number: most follow one of the same function. */
  #lastTarget: unknown;
  #lastNumber = -1;
  /** Tasks since a worker that naps between short ones was woken, or left alone. */
  #unannounced = 0;
  /** Those that no worker had begun were told that none will. */
  #failed = false;

  /** @param record this thread's record, if it is a worker of the pool */
  constructor(pool: Pool, area: number, owner: Owner | undefined, record: number | undefined) {
    this.pool = pool;
    this.#owner = owner;
    this.#shapes = new Shapes(pool);
    this.#base = areaBase(area);
    this.#area = new Area(pool, area, owner, this.#ripe);
    this.#stopper = new Stopper(pool, this.#area, owner, this.#alarms);
    const attendant = {
      tend: () => this.tend(),
      serve: () => {
        this.#serve();
      },
      inspect: () => {
        this.inspect();
      },
      due: () => this.#alarms.next(),
      isPending: () => this.#pending > 0,
      giveUp: (error: Error) => {
        this.#breakAll(error, false);
      },
    };
    this.#parking = new Parking(pool, this.#area, attendant, new DeadlockWatch(pool, record));
    agent().rounds.add(this.#round);
  }

  /** What the event loop would do, while the thread is blocked in something else. */
  readonly #round = (): void => {
    // Also of tasks that are settled, and whose workers have to be ended.
    this.#alarms.ring();
    if (this.#pending > 0 || this.#owner) {
      this.tend();
      this.inspect();
    }
    this.retire();
  };

  /** Lets go of a pool that has ended: a thread that never blocks would keep it for ever. */
  retire(): void {
    if (this.#pending === 0 && this.pool.closed && this.pool.crew().length === 0)
      agent().rounds.delete(this.#round);
  }

  /** Tasks of this thread that are not settled. */
  get pending(): number {
    return this.#pending;
  }

  /** For a worker that starts: the tasks whose arguments were posted to all the others. */
  letters(): Iterable<Letter> {
    return this.#area.letters();
  }

  /** The number of a target, if it is that of the last task. */
  recall(target: unknown): number | undefined {
    return target !== undefined && target === this.#lastTarget ? this.#lastNumber : undefined;
  }

  remember(target: unknown, number: number): void {
    if (this.#pending === 0) return;
    this.#lastTarget = target;
    this.#lastNumber = number;
  }

  // ── submitting ─────────────────────────────────────────────────────────────────────────────────

  /**
   * Puts a task in. Never blocks.
   *
   * @throws ShutdownError, BrokenExecutorError if the pool takes none; TransferError if an argument cannot travel
   */
  submit(target: number, args: readonly unknown[], options: TaskOptions | undefined): Future<unknown> {
    this.#checkOpen();
    const timeout = options?.timeout === Infinity ? undefined : options?.timeout;
    const task = new Task(this, target, timeout, options?.chunk === true);
    if (options?.signal?.aborted === true) {
      settle.cancel(task.future, cancelledBy(options.signal));
      return task.future;
    }
    // Before encoding, whose result is valid only until this thread encodes or decodes something else.
    if (!this.#area.hasRoom) {
      this.#area.collect();
      this.#feed();
    }
    const transfer = options?.transfer?.length ? options.transfer : undefined;
    const isOwner = this.#owner !== undefined;
    const plain = transfer === undefined ? plainArguments(args, this.#shapes, isOwner) : undefined;
    if (plain === undefined) packArguments(task, args, transfer, isOwner);
    if (this.#overflow.size === 0 && this.#area.hasRoom) {
      this.#area.place(task, plain ?? task.payload!);
    } else {
      if (plain) task.payload = plain.slice();
      this.#overflow.push(task);
      Atomics.add(this.pool.words, this.#base + OVERFLOW_WORD, 1);
    }
    this.#pending++;
    // Whoever shuts the pool down marks it first, and workers look for tasks afterwards. So a task that they may have
    // missed sees the mark.
    if (this.pool.closed && this.#withdraw(task)) {
      this.#settled(task);
      throw shutDown();
    }
    if (options !== undefined) this.#supervise(task, options.signal);
    this.#wake();
    if (this.pool.alive < this.pool.maxWorkers) this.#wantWorkers();
    this.#parking.attend();
    return task.future;
  }

  /**
   * Wakes a worker for a task. One that naps again and again between short tasks is woken for a batch of them, of which the
   * last is followed by `tend`: a wake for each would take this thread longer than the tasks take the worker.
   */
  #wake(): void {
    if (this.#unannounced > 0 && this.#unannounced < BATCH) {
      this.#unannounced++;
      this.pool.wakeWorker(true);
    } else {
      this.#unannounced = this.pool.wakeWorker() ? 1 : 0;
    }
  }

  #checkOpen(): void {
    const { pool } = this;
    if (!pool.open) throw pool.broken ? brokenReason(pool) : shutDown();
    if (!this.#owner && !pool.realm.isAlive(pool.owner)) {
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

  #supervise(task: Task, signal: AbortSignal | undefined): void {
    const undo: (() => void)[] = [];
    if (signal) {
      const cancel = (): void => {
        this.cancel(task, { running: true }, cancelledBy(signal));
      };
      // What encoded the arguments may have fired it.
      if (signal.aborted) {
        cancel();
        return;
      }
      undo.push(onAbort(signal, cancel));
    }
    if (task.timeout !== undefined) undo.push(this.#watchTime(task, task.timeout));
    if (undo.length > 0) task.release = () => undo.forEach((run) => run());
  }

  #watchTime(task: Task, timeout: number): () => void {
    return this.#stopper.watch(task, timeout, () => {
      const error = new TimeoutError(
        `the task did not end within its timeout of ${timeout} ms, and was stopped`,
      );
      this.#stop(task, DEFAULT_GRACE_MS, () => {
        settle.fail(task.future, error);
      });
    });
  }

  /** Moves tasks from this thread's memory into free slots. */
  #feed(): void {
    if (this.#overflow.size === 0) return;
    let fed = 0;
    while (this.#area.hasRoom) {
      const task = this.#overflow.shift();
      if (!task) break;
      // One that was cancelled is counted no longer.
      if (task.payload === undefined) continue;
      fed++;
      try {
        this.#area.place(task, task.payload);
      } catch (error) {
        // There is no memory for its arguments.
        this.#break(task, error);
      }
    }
    if (fed === 0) return;
    Atomics.sub(this.pool.words, this.#base + OVERFLOW_WORD, fed);
    for (let i = 0; i < fed && i < this.pool.maxWorkers; i++) this.pool.wakeWorker();
  }

  // ── fetching ───────────────────────────────────────────────────────────────────────────────────

  isRunning(task: Task): boolean {
    return isHeldByWorker(this.#area.stateOf(task) & CODE_MASK);
  }

  /** Fetches what is there, and settles its futures. Never blocks. Returns whether there was anything. */
  tend(): boolean {
    if (this.#unannounced > 0) {
      this.#unannounced = 0;
      this.pool.wakeWorker();
    }
    const fetched = this.#area.collect();
    this.#feed();
    this.#deliver();
    return fetched > 0;
  }

  #serve(): void {
    this.#alarms.ring();
    this.#owner?.serve(false);
    if (this.pool.broken && !this.#failed) this.#failAll();
  }

  /** After a slice in which nothing happened: looks for workers that died, and for tasks that they took with them. */
  inspect(): void {
    const { pool } = this;
    this.#owner?.serve(true);
    this.#area.collect();
    this.#area.inspect();
    if ((pool.broken && !this.#failed) || (!this.#owner && pool.realm.hasEnded(pool.owner))) this.#failAll();
    this.tend();
  }

  /** Settles futures. Callbacks of the user run here, and may come back (S3). */
  #deliver(): void {
    for (let task = this.#ripe.shift(); task; task = this.#ripe.shift()) {
      this.#settled(task);
      if (task.failed) settle.fail(task.future, task.value);
      else settle.fulfil(task.future, task.value);
      task.value = undefined;
    }
  }

  #settled(task: Task): void {
    if (task.settled) return;
    task.settled = true;
    task.release?.();
    task.release = undefined;
    if (--this.#pending === 0) this.#lastTarget = undefined;
  }

  // ── cancelling ─────────────────────────────────────────────────────────────────────────────────

  /** Cancels a task of this thread; see `Future.cancel`. */
  cancel(task: Task, options: CancelOptions, error = cancelled()): boolean {
    if (task.settled) return false;
    const settleIt = (): void => {
      settle.cancel(task.future, error);
    };
    if (this.#withdraw(task)) {
      this.#settled(task);
      settleIt();
      return true;
    }
    if (task.slot < 0 || options.running !== true) return false;
    return this.#stop(task, options.grace ?? DEFAULT_GRACE_MS, settleIt);
  }

  /** Cancels all tasks that no worker has begun. */
  cancelPending(): void {
    for (let task = this.#overflow.shift(); task; task = this.#overflow.shift()) this.cancel(task, {});
    for (const task of this.#area.tasks()) this.cancel(task, {});
  }

  /** Ends a task that runs. False if it has ended meanwhile. */
  #stop(task: Task, grace: number, settleIt: () => void): boolean {
    if (!this.#stopper.stop(task, grace)) return false;
    this.#settled(task);
    settleIt();
    return true;
  }

  /** No task will be begun any more: says so to all of them. Those that run may end, if there are workers. */
  #failAll(): void {
    this.#failed = true;
    this.tend();
    if (this.pool.broken) {
      this.#breakAll(brokenReason(this.pool), false);
      return;
    }
    const why =
      'the thread that made the executor has ended, and its workers with it; submit to another executor';
    this.#breakAll(new BrokenExecutorError(why), true);
  }

  #breakAll(error: Error, alsoRunning: boolean): void {
    for (let task = this.#overflow.shift(); task; task = this.#overflow.shift()) {
      if (task.payload === undefined) continue;
      Atomics.sub(this.pool.words, this.#base + OVERFLOW_WORD, 1);
      this.#break(task, error);
    }
    for (const task of this.#area.tasks()) {
      if (this.#takeBack(task) || alsoRunning) this.#break(task, error);
    }
    this.#deliver();
  }

  #break(task: Task, error: unknown): void {
    if (task.settled) return;
    task.payload = task.transfer = undefined;
    this.#ripe.push(task.end(true, error));
  }

  /** Makes sure that no worker begins a task. False if one has, or if it was fetched and is about to be settled. */
  #withdraw(task: Task): boolean {
    if (task.slot >= 0) {
      if (!this.#takeBack(task)) return false;
    } else {
      if (task.payload === undefined) return false;
      Atomics.sub(this.pool.words, this.#base + OVERFLOW_WORD, 1);
    }
    task.payload = task.transfer = undefined;
    return true;
  }

  /** The same for a task that is in. */
  #takeBack(task: Task): boolean {
    const pending = SlotState.PENDING | (task.generation << GENERATION_SHIFT);
    const cancelled = SlotState.CANCELLED | (task.generation << GENERATION_SHIFT);
    return Atomics.compareExchange(this.pool.words, this.#area.indexOf(task), pending, cancelled) === pending;
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
    return this.#parking.block(ready, timeout, task?.slot ?? -1, maxSlice);
  }

  /** Lets the event loop do what is due, at its next turn. */
  attend(): void {
    this.#parking.attend();
  }
}
