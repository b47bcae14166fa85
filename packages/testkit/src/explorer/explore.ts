/** The explorer: runs real code in every order that matters, and fails with the order that breaks it. */
import {
  createAgent,
  exchangeAgent,
  KeepAlive,
  KIND,
  Member,
  Realm,
  ThreadKind,
  THREAD_ID_MASK,
  type Agent,
  type Primitive,
} from '@x/core';
import { substitute } from '@x/core/seam';
import { attach, visitShared } from './attach.js';
import { DETECTING_SLICE_MS } from './choices.js';
import { Engine } from './engine.js';
import {
  ExplorationError,
  type Body,
  type Explored,
  type ExploreOptions,
  type Outcome,
  type VirtualThread,
} from './options.js';
import { formatSchedule, parseSchedule } from './schedule.js';
import { Search } from './search.js';
import { Thread, UNWIND } from './thread.js';
import { SLICE } from './virtual-agent.js';
import { makeSeam, makeSignal } from './virtual-seam.js';

// Words of a thread record; see core's realm/layout.ts.
const STATUS_WORD = 0;
const INTERRUPT_WORD = 11;
const RECORD_NAMES = [
  'STATUS',
  'KIND',
  'FLAGS',
  'PARENT',
  'NATIVE',
  'WAIT_UID',
  'WAIT_KIND',
  'WAIT_OWNER',
  'WAIT_EPOCH',
  'WAIT_LOOKS',
  'WAIT_FLAGS',
  'INTERRUPT',
];
const RECORD_WORDS = 64;
const REALM_HEADER_WORDS = 32;

/** Long enough for a busy machine, and less than the time-out of model tests. */
const DEFAULT_MAX_MS = 220_000;

/** How long the search runs before it lets the real event loop have a turn. */
const STRETCH_MS = 20;

/**
 * Explores the schedules of some threads, within bounds.
 *
 * Every atomic operation on shared memory is a point at which another thread may go on, and at which
 * the events that `events` allows may happen. Rejects with an `ExplorationError` at the first schedule
 * in which nothing can happen any more although a thread has not ended, a thread ends with an error,
 * or `check`, `section`, `invariant` or `final` fail. Its message shows the schedule.
 *
 * Works in model tests only, where packages are loaded from their sources.
 */
export async function explore<S, N extends string>(test: ExploreOptions<S, N>): Promise<Explored> {
  // Inside, names are just strings.
  const options = test as unknown as ExploreOptions<S>;
  const count = Object.keys(options.threads).length;
  const preemptions = options.preemptions ?? (count <= 2 ? 3 : 2);
  const began = performance.now();
  if (options.replay !== undefined) {
    const schedule = parseSchedule(options.replay);
    await replay(options, schedule.preemptions, schedule.path);
    throw new Error(
      `${options.name}: the schedule '${options.replay}' does not fail any more; remove the option`,
    );
  }
  const search = await run(options, preemptions);
  if (search.failure !== undefined) {
    // The fewest preemptions make the most readable trace.
    for (let fewer = 0; fewer < Math.min(preemptions, 4); fewer++) {
      const smaller = await run(options, fewer);
      if (smaller.failure !== undefined) await replay(options, fewer, smaller.path);
    }
    await replay(options, preemptions, search.path);
    throw new Error(
      `${options.name}: ${search.failure}, but not when it is replayed; the test is not deterministic`,
    );
  }
  const explored: Explored = {
    schedules: search.schedules,
    runs: search.runs,
    states: search.states,
    ms: Math.round(performance.now() - began),
  };
  if (options.print !== false) console.log(describe(options, preemptions, explored));
  return explored;
}

function describe(
  { name, events: allowed = {} }: Pick<ExploreOptions<never>, 'name' | 'events'>,
  preemptions: number,
  { schedules, runs, states, ms }: Explored,
): string {
  const events = Object.entries(allowed).filter(([, value]) => typeof value === 'number' && value > 0);
  const bounds = [['preemptions', preemptions], ...events].map(
    ([key, value]) => `${String(key)} ≤ ${String(value)}`,
  );
  return `${name}: ${schedules.toLocaleString('en')} schedules (${runs} run, ${states} states) in ${ms} ms; ${bounds.join(', ')}`;
}

/** Runs one schedule, and throws what it fails with. */
async function replay<S>(
  options: ExploreOptions<S>,
  preemptions: number,
  path: readonly number[],
): Promise<void> {
  const search = await run(options, preemptions, path);
  if (search.failure === undefined) return;
  throw new ExplorationError(options.name, search.failure, search.trace!, formatSchedule(preemptions, path));
}

async function run<S>(
  options: ExploreOptions<S>,
  preemptions: number,
  path?: readonly number[],
): Promise<Search> {
  const model = new Model(options, preemptions);
  if (path) {
    model.search.trace = [];
    model.search.force(path);
  }
  const maxMs = options.maxMs ?? DEFAULT_MAX_MS;
  const deadline = performance.now() + maxMs;
  const listenAgain = ignoreUnwinding();
  // From timers, not from promises: microtasks can be drained only where none is running.
  const walked = new Promise<void>((resolve, reject) => {
    const stretch = (): void => {
      try {
        const until = performance.now() + STRETCH_MS;
        if (model.walk(() => performance.now() > until)) {
          resolve();
        } else if (performance.now() > deadline) {
          const { runs, states } = model.search;
          reject(
            new Error(
              `${options.name}: too large, after ${maxMs} ms ${runs} schedules were run and ${states} states seen; lower the bounds`,
            ),
          );
        } else {
          setImmediate(stretch);
        }
      } catch (error) {
        reject(error);
      }
    };
    setImmediate(stretch);
  });
  try {
    await walked;
    // Rejections are reported after the turn in which they happened.
    await new Promise((resolve) => setImmediate(resolve));
  } finally {
    listenAgain();
  }
  return model.search;
}

/**
 * A thread that is set aside leaves promises behind that were rejected with `UNWIND` and that nobody
 * will ever handle. Until the returned function is called, those are not reported.
 */
function ignoreUnwinding(): () => void {
  const listeners = process.listeners('unhandledRejection');
  const listener = (reason: unknown, promise: Promise<unknown>): void => {
    if (reason === UNWIND) return;
    for (const other of listeners) other(reason, promise);
  };
  process.removeAllListeners('unhandledRejection').on('unhandledRejection', listener);
  return () => {
    process.off('unhandledRejection', listener);
    for (const other of listeners) process.on('unhandledRejection', other);
  };
}

/** The shared memory, the threads and the search of one exploration. */
class Model<S> {
  readonly search: Search;
  readonly #options: ExploreOptions<S>;
  readonly #host: Agent;
  readonly #shared: S;

  constructor(options: ExploreOptions<S>, preemptions: number) {
    this.#options = options;
    const names = Object.keys(options.threads);
    const { mortal = names, prompt = false, idleSlices = 0, sliceMs = [], ...events } = options.events ?? {};
    const realm = Realm.create();
    const host = register(realm, 'host');
    this.#host = {
      ...createAgent(),
      keepAlive: new KeepAlive({ keepAlive: () => () => undefined }),
      home: host,
    };
    this.#host.members.set(realm.identity, host);
    this.#shared = this.#asHost(() => options.setup());
    this.search = new Search(
      {
        preemptions,
        events: { timeouts: 0, starves: 0, aborts: 0, kills: 0, interrupts: 0, slices: 0, ...events },
        mortal: new Set(mortal),
        prompt,
        idleSlices,
        slices: new Set([SLICE, DETECTING_SLICE_MS, ...sliceMs]),
        merge: options.merge ?? 'all',
        maxSteps: options.maxSteps ?? 2_000,
      },
      {
        invariant: () => {
          options.invariant?.(this.#shared);
        },
        final: () => {
          options.final?.(this.#shared, this.#outcomes());
        },
        observe: (trace) => {
          options.observe?.(trace);
        },
      },
      (driver) => new Engine(realm, driver, (thread, member) => this.#start(thread, member)),
    );
    if (options.observe) this.search.trace = [];
    const { engine } = this.search;
    names.forEach((name, index) => engine.threads.push(new Thread(index, name, register(realm, name).id)));
    this.#addMemory(realm);
    if ((events.interrupts ?? 0) > 0) engine.interruptible = true;
    if ((events.kills ?? 0) > 0) engine.mortal = new Set(mortal);
    engine.allRealmPoints = options.realmPoints ?? false;
  }

  /** One stretch of the search, with the seam in the hands of the engine. */
  walk(stop: () => boolean): boolean {
    const restore = installSeam(this.search.engine);
    const { stackTraceLimit } = Error;
    // Errors that are part of normal behaviour are made by the thousand, and their stacks are never read.
    if (!this.search.trace) Error.stackTraceLimit = 0;
    try {
      return this.#asHost(() => this.search.walk(stop));
    } finally {
      Error.stackTraceLimit = stackTraceLimit;
      restore();
    }
  }

  #asHost<T>(body: () => T): T {
    const previous = exchangeAgent(this.#host);
    try {
      return body();
    } finally {
      exchangeAgent(previous);
    }
  }

  #start(thread: Thread, member: Member): unknown {
    const { engine } = this.search;
    const body = this.#options.threads[thread.name] as Body<S>;
    return body(attach(this.#shared, member, engine.lens), new VirtualThreadHandle(thread, engine));
  }

  #outcomes(): Record<string, Outcome> {
    return Object.fromEntries(
      this.search.engine.threads.map(({ name, state }) => [
        name,
        state.outcome ? { value: state.outcome.value } : ({ dead: true } as const),
      ]),
    );
  }

  #addMemory(realm: Realm): void {
    const { engine } = this.search;
    const { memory } = engine;
    const still = new Set(this.#options.still);
    const records = Math.max(
      ...engine.threads.map(({ id }) => realm.base(id) + RECORD_WORDS),
      REALM_HEADER_WORDS,
    );
    const region = memory.add(realm.buffer, true, records);
    const { events = {} } = this.#options;
    const mortal = (events.kills ?? 0) > 0;
    for (const { id, name } of engine.threads) {
      const base = region.base + realm.base(id);
      RECORD_NAMES.forEach((word, i) => {
        memory.name(base + i, `${name}.${word}`);
      });
      memory.addVital(base + STATUS_WORD);
      memory.addVital(base + INTERRUPT_WORD);
      if (mortal) engine.realmPoints.add(base + STATUS_WORD);
      if (engine.interruptible) engine.realmPoints.add(base + INTERRUPT_WORD);
    }
    const name = (buffer: SharedArrayBuffer, byteOffset: number, bytes: number, path: string): void => {
      const { base } = memory.add(buffer);
      for (let i = 0; i < bytes >> 2; i++) {
        const known = this.#options.words?.[path]?.[i];
        const full = `${path === '' ? 'shared' : path}${known === undefined ? `[${i}]` : `.${known}`}`;
        memory.name(base + (byteOffset >> 2) + i, full);
        if (still.has(full)) engine.still.add(base + (byteOffset >> 2) + i);
      }
    };
    visitShared(
      this.#shared,
      (primitive: Primitive, path) => {
        name(primitive.memory.buffer, primitive.memory.byteOffset, primitive[KIND].bytes, path);
      },
      (view, path) => {
        name(view.buffer, view.byteOffset, view.byteLength, path);
      },
    );
  }
}

class VirtualThreadHandle implements VirtualThread {
  readonly name: string;
  readonly id: number;
  readonly #thread: Thread;
  readonly #engine: Engine;

  constructor(thread: Thread, engine: Engine) {
    this.name = thread.name;
    this.id = thread.id;
    this.#thread = thread;
    this.#engine = engine;
  }

  point(label = 'point'): void {
    this.#engine.point(label);
  }

  check(condition: boolean, message: string): void {
    if (!condition) this.#engine.fail(`${this.name}: ${message}`);
  }

  section(words: Int32Array, index = 0): void {
    const other = this.#engine.threads[words[index]! - 1];
    const free = other === undefined || other.state.status === 'dead';
    this.check(free, `is in the section together with ${other?.name ?? ''}`);
    words[index] = this.#thread.index + 1;
    this.point('in the section');
    this.check(words[index] === this.#thread.index + 1, 'was joined in the section');
    words[index] = 0;
  }

  kill(name: string): void {
    const victim = this.#engine.threads.find((thread) => thread.name === name)!;
    this.#engine.point(`kills ${name}`, () => {
      this.#engine.kill(victim);
    });
  }

  signal(): AbortSignal {
    return makeSignal(this.#engine);
  }
}

/** Puts the engine in the place of the seam; returns what puts it back. */
function installSeam(engine: Engine): () => void {
  // In the built package the import of the seam is erased, as everywhere.
  if (typeof substitute !== 'function') throw new Error('explore() works in *.model.test.ts only');
  return substitute(makeSeam(engine));
}

function register(realm: Realm, name: string): Member {
  const id = realm.register({ kind: ThreadKind.FOREIGN, name, parent: 0, daemon: false }) & THREAD_ID_MASK;
  realm.begin(id);
  realm.enter(id, 0);
  return new Member(realm, id);
}
