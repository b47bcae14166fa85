/**
 * A pool under the explorer: the real code of submitters, the owner and workers over one small shared memory. Only what
 * is no part of the pool is replaced: its sizes, the start of threads, messages, and the turn of an event loop.
 */
import { agent, encode, home, ThreadState, workers, type TargetReference } from '@x/core';
import { Atomics } from '@x/core/seam';
import {
  explore,
  type Body,
  type Events,
  type Explored,
  type ExploreOptions,
  type VirtualThread,
} from '@x/testkit/explorer';
import { expect, vi } from 'vitest';
import type { Owner } from '../src/area.js';
import { claimArea } from '../src/claim.js';
import { Crew, type WorkerOrder } from '../src/crew.js';
import { poolOf, ThreadPoolExecutor } from '../src/executor.js';
import type { Future } from '../src/future.js';
import type { Launched } from '../src/launch.js';
import * as layout from '../src/layout.js';
import { Inbox, post } from '../src/mail.js';
import type { Pool } from '../src/pool.js';
import { becomeWorker } from '../src/roles.js';
import { Runner } from '../src/runner.js';
import { Submitter } from '../src/submitter.js';
import { TargetNumbers } from '../src/targets.js';
import type { TaskOptions } from '../src/task.js';
import { makeMail, portOf, portTo, type ModelChannel } from './model-mail.js';
import { wordNames } from './model-words.js';

vi.mock('@x/core', async (original) => {
  const seam = await import('@x/core/seam');
  return {
    ...(await original<typeof import('@x/core')>()),
    // What an event loop does in between is a turn of its own, of which the explorer decides.
    nextTurn: (callback: () => void) => {
      // Looked up at each call: the explorer puts its own in there.
      seam.queueMicrotask(callback);
    },
    activeResources: () => [],
    receiveNow: (channel: ModelChannel) => channel.receiveNow(),
  };
});
vi.mock('../src/sizes.js', () => import('./small-sizes.js'));
vi.mock('../src/launch.js', () => ({ launch: (_name: string, order: WorkerOrder) => launch(order) }));

export interface PoolModel {
  readonly executor: ThreadPoolExecutor;
  /** How often each task was begun. */
  readonly ran: Int32Array;
  /**
   * How many workers were started; for each its record + 1, or −1: it is not needed any more; how often the system has no
   * room for a thread.
   */
  readonly jobs: Int32Array;
  /** Messages on their way; see model-mail.ts. */
  readonly mail: Int32Array;
}

/** A thread's view of the pool. */
export const poolIn = (model: PoolModel): Pool => poolOf(model.executor);

/** Workers that can be started, at most. */
const SPARES = 3;

const TASK: TargetReference = {
  kind: 'source',
  source: 'n=>modelTask(n)',
  url: 'm',
  strict: true,
  name: 't',
};

/** What bytes cannot carry. */
export interface Parcel {
  readonly '@x': number;
}

export const parcel = (n: number): Parcel => ({ '@x': n });

/** What the last `setup` made; all models run one after the other. */
let current: PoolModel;
/** Id of the first thread that is a worker. */
let firstWorker: number;

/** A task that ends only when so many gates were opened as tasks of this number were begun. */
export const GATED = 13;
/** A task that never ends. */
export const ENDLESS = 12;
/** A task that ends only when task `n − 1` was begun, too. */
export const MEETING = 15;

/** Notes that the task runs; its result is twice the number. */
(globalThis as { modelTask?: (argument: number | Parcel) => unknown }).modelTask = (argument) => {
  const { ran } = current;
  const n = typeof argument === 'number' ? argument : argument['@x'];
  const { member } = current.executor.memory;
  // Whoever is to be ended is not here any more when the next task begins.
  if (n === 2 && member.realm.isInterrupted(agent().home!.id)) throw new Error('task 2 is interrupted');
  const begun = Atomics.add(ran, n, 1) + 1;
  if (n === GATED) {
    Atomics.notify(ran, n);
    waitFor(ran, 0, begun);
  }
  while (n === ENDLESS) Atomics.wait(ran, n, 1);
  if (n >= MEETING - 1) {
    Atomics.notify(ran, n);
    const other = n === MEETING ? n - 1 : MEETING;
    while (Atomics.load(ran, other) === 0) Atomics.wait(ran, other, 0);
  }
  return typeof argument === 'number' ? n * 2 : parcel(n * 2);
};

Object.assign(workers!, {
  // The owner makes it for the worker that it starts next.
  channel: () => [portTo(Atomics.load(current.jobs, 0)), { transferable: undefined }],
});

/** Who is in a model. The owner is its first thread; the workers come after the submitters. */
export interface Cast {
  /** Threads that submit. Default: 1. */
  readonly submitters?: number;
  /** Workers that are there already. Default: 0. */
  readonly ready?: number;
  /** Default: as many as there are already, at least 1. */
  readonly maxWorkers?: number;
  /** How often the system has no room for a thread. Default: 0. */
  readonly refusals?: number;
  /** Characters of the longest message, a multiple of 4. Default: 0, no messages. */
  readonly mail?: number;
}

/** Makes the pool. */
export const setup =
  ({ submitters = 1, ready = 0, maxWorkers = Math.max(ready, 1), refusals = 0, mail = 0 }: Cast = {}) =>
  (): PoolModel => {
    const executor = new ThreadPoolExecutor({ maxWorkers, threadNamePrefix: 'w' });
    const { words } = poolOf(executor);
    // The explorer's own thread comes first.
    const owner = home().id + 1;
    words[layout.OWNER_WORD] = owner;
    firstWorker = owner + submitters;
    new TargetNumbers(poolOf(executor)).numberOf(TASK);
    for (let record = 0; record < ready; record++) {
      words[layout.recordBase(record) + layout.THREAD_WORD] = firstWorker + record;
      words[layout.recordBase(record) + layout.MODE_WORD] = layout.WorkerMode.IDLE;
    }
    words[layout.RECORDS_WORD] = words[layout.ALIVE_WORD] = ready;
    const shared = (length: number): Int32Array => new Int32Array(new SharedArrayBuffer(length * 4));
    current = { executor, ran: shared(16), jobs: shared(2 + SPARES), mail: makeMail(mail) };
    current.jobs[0] = ready;
    current.jobs[1 + SPARES] = refusals;
    return current;
  };

/** One thread's side of the pool. */
export class Side {
  readonly pool: Pool;
  readonly submitter: Submitter;
  readonly #jobs: Int32Array;
  #crew: Crew | undefined;

  constructor({ executor, jobs }: PoolModel, makeOwner?: (pool: Pool) => Owner, area?: number) {
    this.pool = poolOf(executor);
    this.#jobs = jobs;
    const owner = makeOwner?.(this.pool);
    this.submitter = new Submitter(this.pool, area ?? claimArea(this.pool)!, owner, undefined);
    if (!(owner instanceof Crew)) return;
    this.#crew = owner;
    owner.attach(this.submitter);
  }

  submit(n: number, options?: TaskOptions): Future<number> {
    return this.submitter.submit(0, [n], options) as Future<number>;
  }

  /** Submits a task whose arguments and result go by message. */
  post(n: number): Future<Parcel> {
    return this.submitter.submit(0, [parcel(n)], undefined) as Future<Parcel>;
  }

  /** Submits a task whose arguments go by message when a worker asks for them. */
  hold(n: number): Future<number> {
    return this.submit(n, { transfer: [new ArrayBuffer(1)] });
  }

  /** Has the event loop serve other threads; it has submitted nothing itself. */
  listen(): void {
    void this.#crew!.listen();
  }

  /** Shuts the pool down, and waits until all workers have ended. */
  end(): void {
    this.pool.mark(layout.SHUTDOWN_BIT);
    const isOver = (): boolean => {
      this.#crew?.bury();
      return this.pool.crew().length === 0;
    };
    this.submitter.block(isOver, Infinity, undefined, 2);
    this.#dismissAll();
  }

  /** Shuts the pool down, and lets the workers that were never started end. */
  close(): void {
    this.pool.mark(layout.SHUTDOWN_BIT);
    this.#dismissAll();
  }

  #dismissAll(): void {
    for (let n = Atomics.load(this.#jobs, 0); n < SPARES; n++) this.#dismiss(n);
  }

  #dismiss(n: number): void {
    Atomics.store(this.#jobs, 1 + n, -1);
    Atomics.notify(this.#jobs, 1 + n);
  }
}

/** The owner of workers that are there already and do not die. */
function calm({ words }: Pool): Owner {
  const ready = words[layout.RECORDS_WORD]!;
  const ports = Array.from({ length: ready }, (_, record) => portTo(record));
  const inboxes = ports.map((port) => new Inbox(() => port.receiveNow()));
  return {
    shelves: undefined as never,
    serve: () => undefined,
    port: (record) => ports[record],
    postAll: (letter) => ports.forEach((port) => post(port, letter)),
    inbox: (record) => inboxes[record],
    reason: () => undefined,
  };
}

/** The owner's side, of workers that are there already and do not die. */
export const ownerOf = (model: PoolModel): Side => new Side(model, calm);

/** Who terminates workers. */
let owner: VirtualThread;

/** The owner's side, which starts workers, buries and replaces them. */
export function crewOf(model: PoolModel, thread: VirtualThread): Side {
  owner = thread;
  return new Side(
    model,
    (pool) => new Crew(pool, encode(0), { prefix: 'w', initializer: undefined, initargs: [] }),
  );
}

/** The number of the area that the thread takes. */
export const areaOf = ({ executor }: PoolModel): number | undefined => claimArea(poolOf(executor));

/** How many tasks the ring of an area holds. */
export function tasksIn(model: PoolModel, area: number): number {
  const { words } = poolIn(model);
  const base = layout.areaBase(area);
  return words[base + layout.TAIL_WORD]! - words[base + layout.HEAD_WORD]!;
}

/** The side of another thread. */
export const guestOf = (model: PoolModel, area?: number): Side => new Side(model, undefined, area);

/** A worker that is there already. */
export const worker =
  (record: number): Body<PoolModel> =>
  ({ executor }) =>
    run(poolOf(executor), record, record);

/** A worker that the owner may start. */
export const spare =
  (n: number): Body<PoolModel> =>
  async ({ executor, jobs }) => {
    while (Atomics.load(jobs, 1 + n) === 0) Atomics.wait(jobs, 1 + n, 0);
    const record = Atomics.load(jobs, 1 + n) - 1;
    if (record >= 0) await run(poolOf(executor), record, n);
  };

async function run(pool: Pool, record: number, n: number): Promise<void> {
  const runner = new Runner(pool, record, portOf(n));
  becomeWorker(pool, record, () => runner.isLoopIdle());
  await runner.run();
  pool.realm.end(pool.member.id, ThreadState.FINISHED);
}

/** Starts one of the model's spare workers. */
function launch(order: WorkerOrder): Launched {
  const { executor, jobs } = current;
  const { realm } = poolOf(executor);
  if (Atomics.load(jobs, 1 + SPARES) > 0) {
    Atomics.sub(jobs, 1 + SPARES, 1);
    throw new Error('no room for a thread');
  }
  const n = Atomics.add(jobs, 0, 1);
  const id = firstWorker + n;
  Atomics.store(jobs, 1 + n, order.record + 1);
  Atomics.notify(jobs, 1 + n);
  return {
    id,
    terminate: () => {
      owner.kill(`W${n}`);
    },
    hasEnded: () => realm.hasEnded(id),
    reason: () => undefined,
  };
}

/** The result of a task, or the name of the error that it, or its submission, failed with. */
export function outcomeOf<T>(future: Future<T> | (() => Future<T>)): T | string {
  try {
    return (typeof future === 'function' ? future() : future).result();
  } catch (error) {
    return (error as Error).name;
  }
}

function waitFor(words: Int32Array, index: number, count: number): void {
  for (let now = Atomics.load(words, index); now < count; now = Atomics.load(words, index))
    Atomics.wait(words, index, now);
}

/** Opens one more gate, and lets those who `pass` go on. */
export function open({ ran }: PoolModel): void {
  Atomics.add(ran, 0, 1);
  Atomics.notify(ran, 0);
}

/** Waits until so many gated tasks were begun. */
export function passBegun({ ran }: PoolModel, count: number): void {
  waitFor(ran, GATED, count);
}

/** Whether a worker is known to be dead. */
export const isDead = ({ executor }: PoolModel, n: number): boolean =>
  executor.memory.member.realm.hasEnded(firstWorker + n);

/** Waits for `open`. */
export function passOpen({ ran }: PoolModel): void {
  while (Atomics.load(ran, 0) === 0) Atomics.wait(ran, 0, 0);
}

/** Waits for `open`, or the death of the thread that follows the owner. */
export function pass({ ran, executor }: PoolModel): void {
  const { member } = executor.memory;
  while (Atomics.load(ran, 0) === 0 && !member.realm.hasEnded(member.id + 1)) Atomics.wait(ran, 0, 0, 25);
}

/** How often the tasks with these numbers were begun. */
export const runsOf = ({ ran }: PoolModel, ...numbers: number[]): number[] => numbers.map((n) => ran[n]!);

/**
 * Whether another thread can take the area of the dead guest: at once if all that was submitted was taken, since no worker
 * has anything to do with it at the end.
 */
export function isTakenAgain({ executor }: PoolModel): boolean {
  const pool = poolOf(executor);
  const base = layout.areaBase(1);
  const guest = pool.words[base + layout.AREA_THREAD_WORD]!;
  if (guest === 0) return true;
  pool.realm.end(guest, ThreadState.DEAD);
  return claimArea(pool) === 1;
}

/** Bounds are raised by `TEST_LONG=1`. */
export const LONG = process.env['TEST_LONG'] === '1';

/** All times that a thread of a pool sleeps before it looks again. */
const SLICES = [1, 2, 10, 25, 500];

/** What is written once, or matters only to workers that are started or ended, which most models have none of. */
const STILL = ['MAX', 'RECORDS', 'AREAS', 'w0.KILL', 'w1.KILL'].map((name) => `executor.${name}`);

/** Tells the explorer that the mail is read and written through views that it does not know. */
function openMail<N extends string>(threads: Record<N, Body<PoolModel>>): Record<N, Body<PoolModel>> {
  const opened = Object.entries<Body<PoolModel>>(threads).map(([name, body]): [string, Body<PoolModel>] => [
    name,
    (model, thread) => {
      Reflect.get(model.mail, 'buffer');
      return body(model, thread);
    },
  ]);
  return Object.fromEntries(opened) as Record<N, Body<PoolModel>>;
}

/** Explores a model, under the name of its test. */
export function check<N extends string>(
  options: Omit<ExploreOptions<PoolModel, N>, 'words' | 'name' | 'events'> & { readonly events?: Events },
): Promise<Explored> {
  return explore({
    maxMs: 400_000,
    still: STILL,
    ...options,
    threads: openMail(options.threads),
    events: { sliceMs: SLICES, ...options.events },
    name: expect.getState().currentTestName ?? '',
    words: { executor: wordNames() },
  });
}
