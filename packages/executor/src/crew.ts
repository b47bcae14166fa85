/** The owner's workers: starts them when there is work for them, ends them, replaces them when they die. */
import {
  agent,
  encode,
  kindModules,
  THREADS_SEQ_WORD,
  workers,
  type Port,
  type TargetReference,
  type Wire,
} from '@x/core';
import { Atomics } from '@x/core/seam';
import type { Owner } from './area.js';
import { launch, type Launched } from './launch.js';
import {
  ALIVE_WORD,
  ASKS_WORD,
  DONE_WORD,
  EXIT_WORD,
  KILL_WORD,
  LEAVE,
  MODE_WORD,
  recordBase,
  RECORDS_WORD,
  TERMINATE,
  TERMINATING,
  THREAD_WORD,
  WAITS_WORD,
  WorkerMode,
} from './layout.js';
import { Inbox, post, type Letter, type Mail } from './mail.js';
import type { Pool } from './pool.js';
import { breakPool, exitReason } from './reasons.js';
import { Shelves } from './shelves.js';
import { MAX_RECORDS } from './sizes.js';
import type { Submitter } from './submitter.js';

/** What a worker is started with. */
export interface WorkerOrder {
  /** The executor, encoded. */
  readonly executor: Wire;
  readonly record: number;
  readonly port: unknown;
  readonly initializer: TargetReference | undefined;
  readonly initargs: Wire;
  /** Modules of the kinds that the owner knows, so that arguments find their classes. */
  readonly modules: readonly string[];
}

/** What the constructor of an executor has found out about its workers. */
export interface CrewOptions {
  readonly prefix: string;
  readonly initializer: TargetReference | undefined;
  readonly initargs: readonly unknown[];
}

/** So many workers in a row that end before their first task are no accident. */
const MAX_STILLBORN = 3;

interface Hand {
  readonly thread: Launched;
  readonly port: Port;
  readonly inbox: Inbox;
}

export class Crew implements Owner {
  readonly shelves: Shelves;
  readonly #pool: Pool;
  readonly #options: CrewOptions;
  readonly #executor: Wire;
  readonly #initargs: Wire;
  readonly #hands = new Map<number, Hand>();
  /** Why workers ended, by record; a record that is used again loses it. */
  readonly #reasons = new Map<number, unknown>();
  /** Workers that said that they leave, and are no longer counted. */
  readonly #leaving = new Set<number>();
  /** What workers had posted before they ended. */
  readonly #departed = new Map<number, Inbox>();
  /** Workers of which it is not known yet whether they will run tasks. */
  readonly #newborn = new Set<number>();
  /** How many workers have ended before they ran tasks, since the last one that did run them. */
  #stillborn = 0;
  #submitter: Submitter | undefined;
  #asks = 0;
  #next = 0;
  #started = 0;
  #serving = false;

  /** @param executor the executor as workers get it */
  constructor(pool: Pool, executor: Wire, options: CrewOptions) {
    this.#pool = pool;
    this.#options = options;
    this.#executor = executor;
    this.#initargs = structuredClone(encode(options.initargs, 'initargs'));
    this.shelves = new Shelves((notice) => {
      this.#postAll(notice);
    });
  }

  /** Whose letters a new worker has to get. */
  attach(submitter: Submitter): void {
    this.#submitter = submitter;
  }

  port(record: number): Port | undefined {
    return this.#hands.get(record)?.port;
  }

  inbox(record: number): Inbox | undefined {
    return this.#hands.get(record)?.inbox ?? this.#departed.get(record);
  }

  reason(record: number): unknown {
    return this.#reasons.get(record);
  }

  postAll(letter: Letter): void {
    this.#postAll(letter);
  }

  #postAll(mail: Mail): void {
    for (const { port } of this.#hands.values()) post(port, mail);
  }

  serve(thorough: boolean): void {
    // Starting a worker may run code of the user's (a hook, a getter) that comes back here.
    if (this.#serving) return;
    this.#serving = true;
    try {
      const asks = Atomics.load(this.#pool.words, ASKS_WORD);
      if (asks !== this.#asks || thorough) {
        this.#asks = asks;
        this.#look(thorough);
      }
      while (this.#mayStart() && this.#pool.wantsWorker()) this.#start();
    } finally {
      this.#serving = false;
    }
  }

  /** Tells so many workers to leave as there are more than wanted. */
  shrink(): void {
    let spare = this.#pool.alive - this.#pool.maxWorkers;
    const crew = [...this.#hands.keys()].filter((record) => !this.#leaving.has(record));
    // The idle ones first.
    crew.sort((a, b) => Number(this.#isBusy(a)) - Number(this.#isBusy(b)));
    for (const record of crew) {
      if (spare-- <= 0) return;
      Atomics.compareExchange(this.#pool.words, recordBase(record) + KILL_WORD, 0, LEAVE);
      this.#pool.rouse(record);
    }
  }

  /** The workers' threads, to be joined. */
  threads(): Launched[] {
    return [...this.#hands.values()].map((hand) => hand.thread);
  }

  /** As long as there are workers, the event loop learns of the end of each; that keeps nothing alive. */
  async #watch(): Promise<void> {
    if (this.#watching) return;
    this.#watching = true;
    const { words } = this.#pool.realm;
    while (this.#hands.size > 0) {
      const sequence = Atomics.load(words, THREADS_SEQ_WORD);
      this.serve(true);
      const wait = Atomics.waitAsync(words, THREADS_SEQ_WORD, sequence);
      if (wait.async) await wait.value;
      else await Promise.resolve();
    }
    this.#watching = false;
  }

  #watching = false;

  /**
   * Lets the event loop learn that another thread asks, which may be the first one to submit. Keeps nothing alive.
   */
  async listen(): Promise<void> {
    if (this.#listening) return;
    this.#listening = true;
    // The same while this thread is blocked, if it has no submitter that would do so.
    const round = (): void => {
      if (!this.#submitter) this.serve(true);
    };
    const { rounds } = agent();
    rounds.add(round);
    const { words } = this.#pool;
    while (!this.#pool.closed || this.#hands.size > 0) {
      const asks = Atomics.load(words, ASKS_WORD);
      this.serve(false);
      const wait = Atomics.waitAsync(words, ASKS_WORD, asks);
      if (wait.async) await wait.value;
      else await Promise.resolve();
    }
    rounds.delete(round);
    this.#submitter?.retire();
    this.#listening = false;
  }

  #listening = false;

  /** Finds and buries workers that have ended. */
  bury(): void {
    for (const [record, { thread }] of this.#hands) if (thread.hasEnded()) this.#ended(record);
  }

  #isBusy(record: number): boolean {
    return this.#pool.modeOf(record) === WorkerMode.BUSY;
  }

  #look(thorough: boolean): void {
    const { words } = this.#pool;
    if (thorough) this.bury();
    for (const [record, { thread }] of this.#hands) {
      this.#noteBirth(record);
      // Once: it may take a while until the thread is gone.
      const index = recordBase(record) + KILL_WORD;
      if (Atomics.compareExchange(words, index, TERMINATE, TERMINATING) === TERMINATE) thread.terminate();
      if (this.#pool.modeOf(record) === WorkerMode.LEAVING) this.#discount(record);
    }
  }

  /** Not while others run tasks and all that were started lately have failed. */
  #mayStart(): boolean {
    return this.#stillborn < MAX_STILLBORN || this.#hands.size === 0;
  }

  /** Notes whether a worker has come as far as to run tasks. */
  #noteBirth(record: number): void {
    if (this.#pool.modeOf(record) === WorkerMode.STARTING || !this.#newborn.delete(record)) return;
    this.#stillborn = 0;
  }

  /** A worker has ended before it could run a task. If that happens again and again, none ever will. */
  #noteStillbirth(cause: unknown): void {
    this.#stillborn++;
    if (this.#mayStart() && this.#stillborn >= MAX_STILLBORN) breakPool(this.#pool, 'start', cause);
  }

  #discount(record: number): void {
    if (this.#leaving.has(record)) return;
    this.#leaving.add(record);
    Atomics.sub(this.#pool.words, ALIVE_WORD, 1);
  }

  #start(): void {
    // The records of those who have left, or else an owner that only ever blocks would run out of them.
    this.bury();
    const { words } = this.#pool;
    const record = this.#freeRecord();
    const base = recordBase(record);
    this.#reasons.delete(record);
    this.#departed.delete(record);
    for (const word of [THREAD_WORD, EXIT_WORD, KILL_WORD, WAITS_WORD, DONE_WORD])
      Atomics.store(words, base + word, 0);
    const [port, remote] = workers!.channel();
    const order: WorkerOrder = {
      executor: this.#executor,
      record,
      port: remote.transferable,
      initializer: this.#options.initializer,
      initargs: this.#initargs,
      modules: kindModules(),
    };
    // Before the thread runs, so that whoever puts a task in finds a worker that sleeps already (P3).
    Atomics.store(words, base + MODE_WORD, WorkerMode.STARTING);
    if (Atomics.load(words, RECORDS_WORD) <= record) Atomics.store(words, RECORDS_WORD, record + 1);
    Atomics.add(words, ALIVE_WORD, 1);
    let thread: Launched;
    try {
      thread = launch(`${this.#options.prefix}_${this.#started}`, order);
    } catch (error) {
      // The system has no room for another thread. The task that wanted it is in already.
      port.close();
      this.#pool.bury(record, true);
      this.#noteStillbirth(error);
      return;
    }
    Atomics.store(words, base + THREAD_WORD, thread.id);
    this.#started++;
    this.#newborn.add(record);
    this.#hands.set(record, { thread, port, inbox: new Inbox(() => port.receiveNow()) });
    void this.#watch();
    void this.listen();
    for (const notice of this.shelves.notices()) post(port, notice);
    for (const letter of this.#submitter?.letters() ?? []) post(port, letter);
  }

  #freeRecord(): number {
    // Round robin among as few as serve, so that what is known of a worker that ended stays known for a while.
    const few = Math.max(this.#pool.maxWorkers * 2 + 8, this.#hands.size + 1);
    const size = Math.min(MAX_RECORDS, few);
    for (let tries = 0; tries < MAX_RECORDS; tries++) {
      const record = (this.#next + tries) % size;
      if (this.#hands.has(record) || this.#pool.modeOf(record) !== WorkerMode.NONE) continue;
      this.#next = record + 1;
      return record;
    }
    throw new RangeError(`an executor has at most ${MAX_RECORDS} workers`);
  }

  #ended(record: number): void {
    const hand = this.#hands.get(record);
    if (!hand) return;
    const reason = hand.thread.reason();
    this.#reasons.set(record, reason);
    this.#noteBirth(record);
    this.#hands.delete(record);
    // What it had posted is still to be fetched.
    hand.inbox.collect();
    this.#departed.set(record, hand.inbox);
    const counted = !this.#leaving.delete(record);
    const stillborn = this.#newborn.delete(record);
    this.#pool.bury(record, counted);
    // Whoever listens for asks may be through.
    if (this.#hands.size === 0) this.#pool.askOwner();
    if (stillborn) this.#noteStillbirth(reason ?? exitReason(this.#pool, record));
  }
}
