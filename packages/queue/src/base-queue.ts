/** What the three queues have in common: everything but the order. The algorithm is in state.ts. */
import {
  agent,
  AsyncWaiters,
  BlockingWait,
  describe,
  isPlace,
  Primitive,
  QueueShutDownError,
  sharedInstances,
  timeoutOf,
  Woke,
  type AsyncWaitOptions,
  type Kind,
  type MemoryShape,
  type Place,
  type TimeoutOptions,
} from '@x/core';
import { expectBytes } from '@x/core/bytes';
import { Atomics } from '@x/core/seam';
import { discard, keep, pack, peek, unpack, type Raw } from './items.js';
import {
  DONE_LOOP_WORD,
  DONE_WORD,
  ITEMS_WORD,
  LAYOUT_VERSION,
  MAXSIZE_WORD,
  QUEUE_BYTES,
  SHUT_BIT,
  SIZE_WORD,
  SPACE_WORD,
  STATE_WORD,
  UNFINISHED_WORD,
  WaitBit,
} from './layout.js';
import { checkMaxsize, memoryFor, type QueueOptions, type ShutdownOptions } from './options.js';
import type { Rank } from './order.js';
import { emptyError, fullError, lostItems } from './refusals.js';
import { asyncGetters, asyncPutters, type GetRequest, type PutRequest } from './requests.js';
import { initialise, QueueState, type MakeOrder } from './state.js';

/** Kinds of the queues; the layout is one. */
export function queueShape(kind: number, name: string): MemoryShape {
  return { kind, name, version: LAYOUT_VERSION, bytes: QUEUE_BYTES };
}

/**
 * Called when a queue becomes a handle: from now on other threads may put items whose primitives travel
 * beside the bytes, and this thread has to be there when they do.
 */
export function onShared(): void {
  expectBytes();
}

/** The base of `Queue`, `LifoQueue` and `PriorityQueue`. */
export abstract class BaseQueue<T> extends Primitive {
  /** Bytes that a queue needs at least in a buffer of yours; what it holds has to fit, too. */
  static readonly BYTES: number = QUEUE_BYTES;

  readonly #state: QueueState;
  readonly #getters: AsyncWaiters<GetRequest>;
  readonly #putters: AsyncWaiters<PutRequest>;
  readonly #joiners: AsyncWaiters<undefined>;
  /** A slice has gone by in which nothing happened: ask the system who is alive. */
  #suspicious = false;

  /** @internal */
  protected constructor(kind: Kind, maxsize: number, options: QueueOptions | Place, order: MakeOrder) {
    checkMaxsize(maxsize);
    const { place, capacity, limit } = memoryFor(kind, options);
    super(kind, place, (words) => {
      initialise(words, Math.max(0, maxsize), capacity, limit);
    });
    const { words } = this;
    const state = new QueueState(this.memory, () => this.name, order);
    this.#state = state;
    this.#getters = asyncGetters(words, state);
    this.#putters = asyncPutters(words, state);
    this.#joiners = new AsyncWaiters<undefined>(
      words,
      DONE_LOOP_WORD,
      {
        attempt: () => this.#joined(0),
        announce: () => !this.#joined(WaitBit.JOIN_LOOPS),
        inspect: () => {
          this.#suspicious = true;
        },
      },
      'any',
    );
    agent().farewells.add(closeAccounts);
    if (isPlace(options)) expectBytes();
  }

  /** The most items that it holds; 0 if there is no bound. Python: `maxsize`. */
  get maxsize(): number {
    return this.words[MAXSIZE_WORD]!;
  }

  /** How many items it holds at this moment; other threads may change that at once. Python: `qsize()`. */
  get size(): number {
    return Atomics.load(this.words, SIZE_WORD);
  }

  /** Whether it holds no item at this moment. Python: `empty()`. */
  get empty(): boolean {
    return this.size === 0;
  }

  /** Whether it holds `maxsize` items at this moment. Python: `full()`. */
  get full(): boolean {
    return this.maxsize > 0 && this.size >= this.maxsize;
  }

  /**
   * Puts an item in; blocks this thread while the queue is full. What was written before the put is
   * visible to whoever gets the item.
   *
   * @param item any value that can travel; it is copied, as by structured clone
   * @param options `timeout` in milliseconds; `0` tries once
   * @throws QueueFullError when the time is over; QueueShutDownError after `shutdown`, also while it
   * waits; TransferError if the item cannot travel; RangeError, TypeError for a wrong timeout;
   * BlockingNotAllowedError on a thread that may not block, if it would have to wait
   */
  put(item: T, options?: TimeoutOptions): void {
    const timeout = timeoutOf(options);
    const request = this.#request(item);
    try {
      request.placed = this.#put(request, false, 0) || (timeout !== 0 && this.#putSlow(request, timeout));
    } finally {
      if (!request.placed) discard(request.packed);
    }
    if (!request.placed) throw fullError(this.name, timeout);
  }

  /**
   * Puts an item in if there is a place for it, and never waits. Python: `put_nowait`, which raises
   * `Full` instead.
   *
   * @returns whether the item is in
   * @throws QueueShutDownError after `shutdown`; TransferError if the item cannot travel
   */
  tryPut(item: T): boolean {
    const request = this.#request(item);
    try {
      return (request.placed = this.#put(request, false, 0));
    } finally {
      if (!request.placed) discard(request.packed);
    }
  }

  /**
   * Puts an item in without ever blocking this thread. Waiting puts of one thread are served in order,
   * and keep the process alive. The item is copied at once, so it may be changed afterwards.
   *
   * @throws (rejects) what `put` throws, or the signal's reason if it fires: then the item is not in
   */
  async putAsync(item: T, options?: AsyncWaitOptions): Promise<void> {
    const request = this.#request(item);
    // What was packed lies where the next item will be packed, which a getter of the options or a `compare` may do.
    if (options !== undefined || this.#putters.size > 0) this.#keep(request);
    try {
      const waiting = this.#putters.wait(request, options);
      if (options === undefined && !request.placed) this.#keep(request);
      if (!(await waiting)) throw fullError(this.name, options?.timeout);
    } catch (error) {
      discard(request.packed);
      throw error;
    }
    this.#getters.poke();
  }

  /**
   * Takes the next item out; blocks this thread while the queue is empty.
   *
   * @param options `timeout` in milliseconds; `0` tries once
   * @returns the item: a copy, as by structured clone; primitives in it are the same primitives
   * @throws QueueEmptyError when the time is over; QueueShutDownError if the queue is empty and was shut
   * down, also while it waits; TransferError if the item cannot be made again in this thread (it
   * then counts as taken); RangeError, TypeError for a wrong timeout; BlockingNotAllowedError on a thread
   * that may not block, if it would have to wait
   */
  get(options?: TimeoutOptions): T {
    const timeout = timeoutOf(options);
    const raw = this.#state.take(false, 0) ?? (timeout === 0 ? undefined : this.#takeSlow(timeout));
    if (raw === undefined) throw emptyError(this.name, timeout);
    this.#putters.poke();
    return unpack(raw) as T;
  }

  /**
   * Takes the next item out if there is one, and never waits. Python: `get_nowait`.
   *
   * @throws QueueEmptyError if there is none; QueueShutDownError if there is none and the queue was shut
   * down; TransferError if the item cannot be made again in this thread
   */
  tryGet(): T {
    const raw = this.#state.take(false, 0);
    if (raw === undefined) throw emptyError(this.name, 0);
    this.#putters.poke();
    return unpack(raw) as T;
  }

  /**
   * Takes the next item out without ever blocking this thread. Waiting gets of one thread are served
   * in order, and keep the process alive.
   *
   * @returns the item
   * @throws (rejects) what `get` throws, or the signal's reason if it fires: then no item is taken
   */
  async getAsync(options?: AsyncWaitOptions): Promise<T> {
    const request: GetRequest = { taken: false, item: undefined, failure: undefined };
    if (!(await this.#getters.wait(request, options))) throw emptyError(this.name, options?.timeout);
    this.#putters.poke();
    if (request.failure) throw request.failure.error;
    return request.item as T;
  }

  /**
   * Says that the work on an item that was taken is finished; `join` waits for that. Any thread may
   * say it, of any item. Python: `task_done`.
   *
   * @throws RangeError if it was said for every item already
   */
  taskDone(): void {
    if (!this.#state.done()) {
      throw new RangeError(
        `taskDone() was called more often on ${this.name} than items were put; call it once per item`,
      );
    }
    this.#joiners.poke();
  }

  /**
   * Blocks until `taskDone` was said for every item that was put.
   *
   * @param options `timeout` in milliseconds, which Python does not have; `0` looks once
   * @returns true once all are done; false if the time was over before
   * @throws AbandonedError if a thread that had taken items was killed or crashed before it marked them
   * done: nobody else may ever do it. Do their work again, call `taskDone` for each, and join again.
   * RangeError, TypeError for a wrong timeout; BlockingNotAllowedError on a thread that may not block,
   * if it would have to wait
   */
  join(options?: TimeoutOptions): boolean {
    const timeout = timeoutOf(options);
    if (this.#joined(0)) return true;
    return timeout !== 0 && this.#joinSlow(timeout);
  }

  /**
   * As `join`, without ever blocking this thread. A pending one keeps the process alive.
   *
   * @throws (rejects) what `join` throws, or the signal's reason if it fires
   */
  joinAsync(options?: AsyncWaitOptions): Promise<boolean> {
    return this.#joiners.wait(undefined, options);
  }

  /**
   * Shuts the queue down. From now on puts throw `QueueShutDownError`, and so do gets once it is empty;
   * whoever waits learns of it at once. Python 3.13: `shutdown`.
   *
   * @param options with `immediate`, what is in the queue is dropped and counts as done, so that gets
   * throw at once and a `join` waits only for what was taken
   */
  shutdown(options: ShutdownOptions = {}): void {
    if (typeof options !== 'object' || (options as unknown) === null) {
      throw new TypeError(`options must be an object such as { immediate: true }, got ${describe(options)}`);
    }
    this.#state.shutDown(options.immediate === true);
    this.#getters.poke();
    this.#putters.poke();
    this.#joiners.poke();
  }

  /**
   * Takes items out as they come, without blocking this thread, until the queue is shut down and empty.
   * It does not call `taskDone`.
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for (;;) {
      let item: T;
      try {
        item = await this.getAsync();
      } catch (error) {
        if (error instanceof QueueShutDownError) return;
        throw error;
      }
      yield item;
    }
  }

  /** Which part of an item the order needs; throws TypeError if it lacks it. @internal */
  protected abstract rankOf(item: unknown): Rank;

  /** @internal */
  protected describeState(): string {
    const shut = (Atomics.load(this.words, STATE_WORD) & SHUT_BIT) !== 0 ? ' shut down' : '';
    const unfinished = Atomics.load(this.words, UNFINISHED_WORD);
    const waiters = this.sleepers + this.#getters.size + this.#putters.size + this.#joiners.size;
    return `size=${this.size} maxsize=${this.maxsize} unfinished=${unfinished} waiters=${waiters}${shut}`;
  }

  /** What is to be done when this thread ends in an orderly way. @internal */
  closeAccount(): void {
    this.#state.closeAccount();
  }

  #request(item: unknown): PutRequest {
    const rank = this.rankOf(item);
    return { packed: pack(item), rank, placed: false };
  }

  /** From now on other code may run before the item is in: encode others, and change this one. */
  #keep(request: PutRequest): void {
    request.packed = keep(request.packed);
    if (typeof request.rank === 'object' && request.rank !== null) request.rank = peek(request.packed);
  }

  #put(request: PutRequest, slept: boolean, note: number): boolean {
    if (!this.#state.put(request.packed, request.rank, slept, note)) return false;
    this.#getters.poke();
    return true;
  }

  #putSlow(request: PutRequest, timeout: number): boolean {
    // A blocked thread may encode other things in its rounds.
    this.#keep(request);
    return (
      this.#block(
        timeout,
        SPACE_WORD,
        () => !this.full,
        (slept) => this.#put(request, slept, WaitBit.PUTTERS) || undefined,
      ) ?? false
    );
  }

  #takeSlow(timeout: number): Raw | undefined {
    return this.#block(
      timeout,
      ITEMS_WORD,
      () => !this.empty,
      (slept) => this.#state.take(slept, WaitBit.GETTERS),
    );
  }

  #joinSlow(timeout: number): boolean {
    return (
      this.#block(
        timeout,
        DONE_WORD,
        () => Atomics.load(this.words, UNFINISHED_WORD) === 0,
        () => this.#joined(WaitBit.JOINERS) || undefined,
      ) ?? false
    );
  }

  /** Attempts until one succeeds: its result; or until the time is over: undefined. Every attempt leaves a note (Q1). */
  #block<R>(
    timeout: number,
    sequence: number,
    promising: () => boolean,
    attempt: (slept: boolean) => R | undefined,
  ): R | undefined {
    const wait = new BlockingWait(this.member, this.words, timeout);
    let leaving: Woke | undefined;
    try {
      for (;;) {
        while (!promising() && wait.spin());
        const result = attempt(wait.slept);
        if (result !== undefined) return result;
        if (leaving === Woke.INTERRUPTED) throw wait.reason();
        if (leaving !== undefined) return undefined;
        const woke = wait.sleep(sequence, this.#state.sequence, 0);
        this.#suspicious = woke === Woke.SLICE;
        if (woke === Woke.EXPIRED || woke === Woke.INTERRUPTED) leaving = woke;
      }
    } finally {
      wait.end();
    }
  }

  #joined(note: number): boolean {
    const thorough = this.#suspicious;
    this.#suspicious = false;
    const joined = this.#state.joined(note, thorough);
    if (typeof joined === 'boolean') return joined;
    throw lostItems(this.name, this.member.realm, joined);
  }
}

/** Python: another thread may mark done what this one has taken. */
function closeAccounts(): void {
  for (const primitive of sharedInstances()) {
    if (primitive instanceof BaseQueue) primitive.closeAccount();
  }
}
