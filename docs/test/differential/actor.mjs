/** This side's threads of the differential check: each does, one by one, the operations that the conductor names. */
import { receiveMessageOnPort, workerData } from 'node:worker_threads';
import { fromShared, home } from '@x/core';
import { Event } from '@x/event';
import { ThreadPoolExecutor, wait } from '@x/executor';
import '@x/barrier';
import '@x/lock';
import '@x/queue';
import '@x/semaphore';

/**
 * @typedef {{ op: string, args: any[] }} Operation
 * @typedef {{ kind: string, subject: unknown, steps: Operation[] }} Task
 */

// Words: the order (a script's and a step's number), and the last order that was carried out.
const ORDER = 0;
const DONE = 1;
const BATCH = -1;
const REPORT = -2;

const { words, bell, port } =
  /** @type {{ words: Int32Array, bell: Int32Array, port: import("node:worker_threads").MessagePort }} */ (
    workerData
  );

/** @param {number | string} timeout */
const within = (timeout) => /** @type {{ timeout: number }} */ ({ timeout });

/** One worker, and the futures of this thread. */
class Pool {
  #executor = new ThreadPoolExecutor({ maxWorkers: 1 });
  /** @type {import('@x/executor').Future<number>[]} */
  #futures = [];
  /** @type {Event[]} */
  #gates = [];
  /** @type {number[]} */
  #log = [];

  forget() {
    this.#futures = [];
    this.#gates = [];
    this.#log = [];
  }

  /** @param {string} op @param {any[]} args */
  operate(op, args) {
    const future = /** @type {import('@x/executor').Future<number>} */ (this.#futures[args[0]]);
    switch (op) {
      case 'submit': {
        const gate = new Event();
        const task = (
          /** @type {string} */ kind,
          /** @type {number} */ number,
          /** @type {Event} */ gate,
        ) => {
          if (kind === 'throw') throw new EvalError('on purpose');
          if (kind === 'gate') gate.wait();
          return number;
        };
        this.#gates.push(gate);
        this.#futures.push(this.#executor.submit(task, args[0], this.#futures.length, gate));
        this.#advance(args[1], args[2]);
        return;
      }
      case 'open':
        this.#gates[args[0]]?.set();
        {
          this.#advance(args[1], args[2]);
          return;
        }
      case 'callback': {
        future.addDoneCallback(() => this.#log.push(args[0]));
        return;
      }
      case 'log':
        return [...this.#log];
      case 'wait': {
        const { done, notDone } = wait(this.#futures.slice(0, Number(args[0]) + 1), { timeout: 0 });
        return [done.size, notDone.size];
      }
      case 'result':
        return future.result(within(args[1]));
      case 'exception':
        return future.exception(within(args[1])) !== undefined;
      default:
        return /** @type {any} */ (future)[op]();
    }
  }

  /** Waits until the worker is where the script has it. @param {number} settled @param {number} runs */
  #advance(settled, runs) {
    if (settled >= 0) wait([/** @type {import('@x/executor').Future<number>} */ (this.#futures[settled])]);
    while (runs >= 0 && !this.#futures[runs]?.running())
      Atomics.wait(words, DONE, Atomics.load(words, DONE), 0.1);
  }
}

/** @type {Pool | undefined} */
let pool;

/** @param {string} kind @param {any} subject @param {string} op @param {any[]} args */
function operate(kind, subject, op, args) {
  if (kind === 'Future') return (pool ??= new Pool()).operate(op, args);
  const [first, second] = args;
  switch (op) {
    case 'acquireFor':
      return subject.acquire(within(first));
    case 'tryAcquireAndRelease':
      if (!subject.tryAcquire()) return false;
      subject.release();
      return true;
    case 'waitRound': {
      for (let i = 0; i < first; i++) subject.acquire();
      const result = subject.wait();
      for (let i = 0; i < first; i++) subject.release();
      return result;
    }
    case 'notifyRound':
      return subject.with(() => subject.notifyAll());
    case 'waitFor':
      return kind.startsWith('Condition')
        ? subject.waitFor(() => first, within(second))
        : subject.wait(within(first));
    case 'waitFor2':
      return subject.wait(within(first));
    case 'setAndClear':
      subject.set();
      return subject.clear();
    case 'putFor':
      return subject.put(first, within(second));
    case 'getFor':
      return subject.get(within(first));
    case 'shutdown':
      return subject.shutdown({ immediate: first });
    default: {
      const member = subject[op];
      return typeof member === 'function' ? member.apply(subject, args) : member;
    }
  }
}

/** @param {Task} task @param {number} number */
function carryOut({ kind, subject, steps }, number) {
  const { op, args } = /** @type {Operation} */ (steps[number]);
  try {
    return { value: operate(kind, subject, op, args) ?? null };
  } catch (error) {
    return { error: /** @type {Error} */ (error).name };
  }
}

/** @type {Task[]} */
let batch = [];
/** @type {Task | undefined} */
let current;
/** @type {[number, object][]} */
let outcomes = [];
port.postMessage(home().id);
for (let last = 0; ;) {
  Atomics.wait(words, ORDER, last);
  const order = Atomics.load(words, ORDER);
  if (order === last) continue;
  last = order;
  if (order === BATCH) {
    batch = fromShared(receiveMessageOnPort(port)?.message);
    outcomes = [];
  } else if (order === REPORT) {
    port.postMessage(outcomes);
    batch = [];
  } else if (order > 0) {
    const task = /** @type {Task} */ (batch[order >> 8]);
    if (task !== current) pool?.forget();
    current = task;
    outcomes.push([order, carryOut(task, (order & 0xff) - 1)]);
  } else break;
  Atomics.store(words, DONE, order);
  Atomics.add(bell, 0, 1);
  Atomics.notify(bell, 0);
}
