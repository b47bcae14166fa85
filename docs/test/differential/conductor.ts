/** This side of the differential check: three real threads, and a conductor who blocks until each step has happened. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { receiveMessageOnPort, MessageChannel, Worker, type MessagePort } from 'node:worker_threads';
import { Barrier } from '@x/barrier';
import { home, nativeIdOf, toShared, waitNote } from '@x/core';
import { Event } from '@x/event';
import { Condition, Lock, RLock } from '@x/lock';
import { LifoQueue, PriorityQueue, Queue } from '@x/queue';
import { BoundedSemaphore, Semaphore } from '@x/semaphore';
import { scaled } from '@x/testkit';
import { THREADS, type Outcomes, type Script } from './script.js';

/** How long a step that has to end may take before it counts as stuck. */
const STUCK_MS = scaled(10_000);
/** Between two looks at whether a thread is asleep. */
const LOOK_MS = 0.2;
/** Scripts that are handed to the threads at once. */
const BATCH_SIZE = 100;

const ORDER_WORD = 0;
const DONE_WORD = 1;
const BATCH = -1;
const REPORT = -2;

interface Actor {
  readonly worker: Worker;
  readonly port: MessagePort;
  readonly words: Int32Array;
  readonly id: number;
}

const MAKERS: Record<string, (...args: never[]) => unknown> = {
  Lock: () => new Lock(),
  RLock: () => new RLock(),
  ConditionOfLock: () => new Condition(new Lock()),
  ConditionOfRLock: () => new Condition(),
  Semaphore: (value: number) => new Semaphore(value),
  BoundedSemaphore: (value: number) => new BoundedSemaphore(value),
  Event: () => new Event(),
  Barrier: (parties: number) => new Barrier(parties),
  FailingBarrier: (parties: number) =>
    new Barrier(parties, {
      action: () => {
        throw new EvalError('on purpose');
      },
    }),
  Queue: (maxsize: number) => new Queue(maxsize),
  LifoQueue: (maxsize: number) => new LifoQueue(maxsize),
  PriorityQueue: (maxsize: number) => new PriorityQueue(maxsize),
  Future: () => null,
};

/** Runs scripts one after another, in the same three threads. */
export class Conductor {
  readonly #actors: Actor[] = [];
  /** Rung whenever a thread has carried out an order. */
  readonly #bell = new Int32Array(new SharedArrayBuffer(4));

  async start(): Promise<void> {
    // Threads take over the realm of this one if it is there before they are.
    home();
    for (let i = 0; i < THREADS; i++) {
      const words = new Int32Array(new SharedArrayBuffer(8));
      const { port1: port, port2 } = new MessageChannel();
      const worker = new Worker(new URL('./actor.mjs', import.meta.url), {
        workerData: { words, bell: this.#bell, port: port2 },
        transferList: [port2],
      });
      const failed = once(worker, 'error').then(([error]) => Promise.reject(error as Error));
      const [id] = (await Promise.race([once(port, 'message'), failed])) as [number];
      port.unref();
      this.#actors.push({ worker, port, words, id });
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.#actors.map(({ worker }) => worker.terminate()));
  }

  run(scripts: readonly Script[]): Outcomes {
    const outcomes: unknown[] = [];
    for (let from = 0; from < scripts.length; from += BATCH_SIZE) {
      outcomes.push(...this.#runBatch(scripts.slice(from, from + BATCH_SIZE)));
    }
    return outcomes as Outcomes;
  }

  #runBatch(scripts: readonly Script[]): unknown[][] {
    const tasks = scripts.map(({ kind, make, steps }) => ({
      kind,
      subject: MAKERS[kind]!(...(make as never[])),
      steps: steps.map(({ op, args }) => ({ op, args })),
    }));
    this.#all(BATCH, ({ port }) => port.postMessage(toShared(tasks)));
    const ends = scripts.map((script, index) => this.#perform(script, index));
    this.#all(REPORT);
    const outcomes: unknown[][] = scripts.map(({ steps }) => steps.map(() => null));
    for (const { port } of this.#actors) {
      const { message } = receiveMessageOnPort(port) as { message: [number, object][] };
      for (const [order, outcome] of message) {
        const step = (order & 0xff) - 1;
        outcomes[order >> 8]![step] = { ...outcome, at: ends[order >> 8]![step] };
      }
    }
    return outcomes;
  }

  /** Goes through a script; returns with which step each operation ended. */
  #perform(script: Script, index: number): number[] {
    const ends: number[] = [];
    /** Of each thread the step that it has not carried out yet. */
    const pending = new Map<number, number>();
    const order = (step: number): number => (index << 8) | (step + 1);
    script.steps.forEach(({ thread, blocks, ends: expected }, step) => {
      pending.set(thread, step);
      this.#order(this.#actors[thread]!, order(step));
      const collect = (): boolean => {
        for (const [who, what] of pending) {
          if (Atomics.load(this.#actors[who]!.words, DONE_WORD) !== order(what)) continue;
          ends[what] = step;
          pending.delete(who);
        }
        return expected.every((who) => !pending.has(who));
      };
      this.#until(collect, () => `step ${step} of ${JSON.stringify(script)} does not end`);
      if (!blocks) return;
      const isOver = (): boolean => this.#isBlocked(thread) || (collect() && !pending.has(thread));
      this.#until(isOver, () => `step ${step} of ${JSON.stringify(script)} does not block`, LOOK_MS);
    });
    return ends;
  }

  #order({ words }: Actor, order: number): void {
    Atomics.store(words, ORDER_WORD, order);
    Atomics.notify(words, ORDER_WORD);
  }

  /** Gives every thread the same order, and waits until it is carried out. */
  #all(order: number, before: (actor: Actor) => void = () => undefined): void {
    for (const actor of this.#actors) {
      before(actor);
      this.#order(actor, order);
    }
    const isDone = (): boolean => this.#actors.every(({ words }) => Atomics.load(words, DONE_WORD) === order);
    this.#until(isDone, () => `a thread does not answer order ${order}`);
  }

  /** Blocks until the condition holds; looks whenever the bell rings, and after so many milliseconds. */
  #until(condition: () => boolean, describe: () => string, lookMs = 100): void {
    const deadline = performance.now() + STUCK_MS;
    for (;;) {
      const rung = Atomics.load(this.#bell, 0);
      if (condition()) return;
      if (performance.now() > deadline) throw new Error(`stuck: ${describe()}`);
      Atomics.wait(this.#bell, 0, rung, lookMs);
    }
  }

  /** Whether the thread sleeps on a primitive: it has noted so, and the system says it sleeps, twice. */
  #isBlocked(thread: number): boolean {
    const { realm } = home();
    const { id } = this.#actors[thread]!;
    const sleeps = (): boolean => waitNote(realm, id) !== undefined && isAsleep(nativeIdOf(realm, id));
    if (!sleeps()) return false;
    Atomics.wait(this.#bell, 0, Atomics.load(this.#bell, 0), LOOK_MS);
    return sleeps();
  }
}

/** Whether the system says that the native thread sleeps; where it cannot be asked, after a little time. */
function isAsleep(nativeId: number): boolean {
  try {
    const stat = readFileSync(`/proc/self/task/${nativeId}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3) === 'S';
  } catch {
    return process.platform !== 'linux';
  }
}
