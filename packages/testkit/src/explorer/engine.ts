/**
 * Runs virtual threads: stands in for the seam while one of them runs, and keeps their past.
 * How a thread is set aside and goes on is told in thread.ts.
 */
import { exchangeAgent, Member, type Realm } from '@x/core';
import type { Lens } from './attach.js';
import { describeOperation, describeTask } from './describe.js';
import { keyOfValue, mix } from './hash.js';
import { drainMicrotasks } from './microtasks.js';
import { ModelMemory, type SharedArray } from './memory.js';
import type { Driver } from './driver.js';
import { real, timeoutOf, valueAt, type Operation, type OpName } from './operation.js';
import { RunState } from './run-state.js';
import { UNWIND, type Task, type Thread } from './thread.js';
import { agentOf, SLICE } from './virtual-agent.js';
import { WaitQueues } from './wait-queues.js';

/** An operation that code goes on to try while it unwinds, this often, will never end. */
const MAX_UNWINDING_STEPS = 10_000;

export class Engine {
  readonly memory = new ModelMemory();
  readonly queues = new WaitQueues();
  readonly threads: Thread[] = [];
  readonly realm: Realm;
  /** Positions of realm words whose accesses are scheduling points. */
  readonly realmPoints = new Set<number>();
  /** Positions of words whose loads are no scheduling points. */
  readonly still = new Set<number>();
  allRealmPoints = false;
  interruptible = false;
  /** Threads that may be killed. */
  mortal: ReadonlySet<string> = new Set();
  readonly #driver: Driver;
  readonly #start: (thread: Thread, member: Member) => unknown;
  #active: Thread | undefined;
  #run = new RunState();
  /** The thread was told to go on, and need not ask before its next operation. */
  #granted = false;

  constructor(realm: Realm, driver: Driver, start: (thread: Thread, member: Member) => unknown) {
    this.realm = realm;
    this.#driver = driver;
    this.#start = start;
  }

  /** What shared memory looks like to threads: what they read in plain data becomes part of their past. */
  readonly lens: Lens = {
    view: (view) => this.memory.watch(view, this.#watcher),
    open: (buffer) => {
      this.#watcher.open(buffer);
    },
  };

  readonly #watcher = {
    read: (position: number, value: number): void => {
      const run = this.#run;
      if (!this.#active || run.unwinding || run.cursor < run.newFrom) return;
      mix(this.#active.state, position);
      mix(this.#active.state, value);
    },
    open: (buffer: SharedArrayBuffer): void => {
      // It did not count as known when this thread went on.
      if (this.memory.open(buffer) && this.#active) mix(this.#active.state, this.memory.plainKey());
    },
  };

  get active(): Thread | undefined {
    return this.#active;
  }

  get run(): RunState {
    return this.#run;
  }

  /** Lets a thread that stands before an operation, was woken, or has not begun, go on. */
  resume(thread: Thread, elapsed: number): void {
    const { state } = thread;
    if (thread.turns.length === 0) {
      this.turn(thread, { kind: 'start' }, 0);
      return;
    }
    this.#learnPlain(thread);
    const done = thread.results.length;
    thread.bounds.push({ op: done, memory: this.memory.save() });
    if (state.wait) {
      const value = state.wait.outcome!;
      this.#driver.note(
        thread,
        () => `wakes: ${value}${elapsed > 0 && elapsed < SLICE ? ` after ${elapsed} ms` : ''}`,
      );
      this.#record(thread, value, value === 'ok' ? OK : TIMED_OUT, elapsed);
      state.wait = undefined;
    }
    this.#execute(thread, done + 1);
  }

  /** Lets a thread's event loop do something. */
  turn(thread: Thread, task: Task, elapsed: number): void {
    this.#learnPlain(thread);
    this.#driver.note(thread, () => describeTask(task, elapsed));
    this.#mix(
      thread,
      task.kind.length,
      'id' in task ? task.id : 'asyncId' in task ? task.asyncId : 0,
      elapsed,
    );
    if (task.kind === 'wake') mix(thread.state, task.result === 'ok' ? OK : TIMED_OUT);
    thread.turns.push({ task, memory: this.memory.save(), elapsed });
    thread.state.status = 'ready';
    this.#execute(thread);
  }

  /** An atomic operation, wherever it comes from. */
  step(name: OpName, view: SharedArray, index: number, x: unknown, y: unknown): unknown {
    const { array, position } = this.memory.locate(view, index);
    const operation: Operation = { name, array, index, x, y, position };
    const thread = this.#active;
    if (!thread) {
      if (position >= 0 && name !== 'load') this.memory.touch(position);
      return name === 'notify' ? this.#notify(operation) : real(operation);
    }
    if (this.#run.unwinding) this.#unwind();
    if (position < 0) return this.#stepPrivate(operation);
    if (!this.#isPoint(operation)) {
      if (name !== 'load') this.memory.touch(position);
      return real(operation);
    }
    const op = this.#enter(thread);
    if (op < thread.results.length) return this.#again(thread, op, operation);
    this.#ask(thread);
    this.memory.touch(position);
    if (name === 'wait') return this.#wait(thread, operation);
    if (name === 'waitAsync') return this.#waitAsync(thread, op, operation);
    const value = name === 'notify' ? this.#notify(operation) : real(operation);
    this.#note(thread, operation, value);
    this.#record(thread, value, position, 0);
    if (this.mortal.has(thread.name)) {
      thread.state.afterOperation = this.memory.save();
      this.memory.noteRun();
    }
    return value;
  }

  /** A scheduling point without an operation on memory; `effect` is what happens there. */
  point(label: string, effect?: () => void): void {
    const thread = this.#active!;
    if (this.#run.unwinding) this.#unwind();
    const op = this.#enter(thread);
    if (op < thread.results.length) return;
    this.#ask(thread);
    this.#driver.note(thread, () => label);
    effect?.();
    this.#record(thread, undefined, 0, 0);
  }

  /** The thread does nothing more, and is in no queue. */
  kill(thread: Thread): void {
    this.queues.remove(thread.index, () => true);
    Object.assign(thread.state, { status: 'dead', asyncs: [], woken: [], timers: [], signals: [] });
  }

  now(): number {
    return this.#active ? this.#run.clock : globalThis.performance.now();
  }

  /** Fails the schedule, and does not return. */
  fail(reason: string): never {
    // Code that unwinds may catch and check anything; it says nothing about the schedule.
    if (this.#run.unwinding) return this.#unwind();
    this.#driver.fail(reason);
    return this.#setAside();
  }

  /** Wakes a sleeping thread, or resolves a `waitAsync`, without a notify. */
  expire(thread: Thread, asyncId: number): void {
    const { state } = thread;
    this.queues.remove(thread.index, (entry) => entry.asyncId === asyncId);
    if (asyncId < 0) {
      state.wait = { ...state.wait!, outcome: 'timed-out' };
      state.status = 'ready';
    } else {
      state.asyncs = state.asyncs.filter(({ id }) => id !== asyncId);
      state.woken = [...state.woken, { kind: 'wake', asyncId, result: 'timed-out' }];
    }
  }

  /** Runs it from the beginning. What it does after so many operations, or else in its last turn, it has not done before. */
  #execute(thread: Thread, newFrom?: number): void {
    const run = (this.#run = new RunState());
    if (newFrom !== undefined) run.newFrom = newFrom;
    this.#active = thread;
    // To be chosen is to execute the next operation; there is nothing to decide in between.
    this.#granted = true;
    const member = new Member(this.realm, thread.id);
    const previous = exchangeAgent(agentOf(thread, member, this.interruptible));
    try {
      const last = thread.turns.at(-1);
      for (const turn of thread.turns) {
        const { task, memory, elapsed } = turn;
        this.memory.load(memory);
        this.memory.noteReplay();
        run.clock += elapsed;
        if (newFrom === undefined && turn === last) run.newFrom = 0;
        this.#perform(thread, task, member);
        drainMicrotasks();
        if (run.unwinding) break;
      }
    } finally {
      this.#active = undefined;
      this.#granted = false;
      exchangeAgent(previous);
    }
    const { state } = thread;
    this.memory.noteRun();
    if (run.saved) this.memory.load(run.saved);
    else {
      state.status = run.promised ? 'idle' : 'done';
      state.plain = this.memory.plainKey();
    }
    if (!run.unwinding && state.outcome && 'error' in state.outcome) {
      this.#driver.fail(`${thread.name} ended with ${String(state.outcome.error)}`);
    }
  }

  #perform(thread: Thread, task: Task, member: Member): void {
    const run = this.#run;
    const settle = (outcome: { value?: unknown; error?: unknown }): void => {
      if (run.unwinding || outcome.error === UNWIND) return;
      thread.state.outcome = outcome;
      thread.state.outcomeKey = keyOfValue(outcome.value);
    };
    try {
      if (task.kind === 'wake') run.resolvers.get(task.asyncId)!(task.result);
      else if (task.kind === 'timer') run.callbacks.get(task.id)!();
      else if (task.kind === 'abort') run.aborts.get(task.id)!();
      else {
        const result = this.#start(thread, member);
        if (result instanceof Promise) {
          run.promised = true;
          result.then(
            (value: unknown) => settle({ value }),
            (error: unknown) => settle({ error }),
          );
        } else {
          settle({ value: result });
        }
      }
    } catch (error) {
      if (task.kind === 'start') settle({ error });
      else if (!run.unwinding) this.#driver.fail(`${thread.name}: an event threw ${String(error)}`);
    }
  }

  /** Counts the operation, and puts the memory in place with which its segment began. */
  #enter(thread: Thread): number {
    const run = this.#run;
    const op = run.cursor++;
    for (let bound = thread.bounds[run.nextBound]; bound?.op === op; bound = thread.bounds[++run.nextBound]) {
      this.memory.load(bound.memory);
      this.memory.noteReplay();
    }
    return op;
  }

  /** Does again what the thread has done in its past. */
  #again(thread: Thread, op: number, operation: Operation): unknown {
    const { value, elapsed } = thread.results[op]!;
    this.#run.clock += elapsed;
    switch (operation.name) {
      case 'wait':
      case 'notify':
        return value;
      case 'waitAsync':
        return value === 'async' ? this.#promise(op) : { async: false, value };
      default:
        this.memory.noteReplay();
        if (real(operation) === value) return value;
        return this.fail(
          `${thread.name} did something else when it was run again; its code must depend on shared memory only`,
        );
    }
  }

  #ask(thread: Thread): void {
    if (this.#granted) this.#granted = false;
    else {
      this.memory.noteRun();
      if (!this.#driver.mayContinue(thread)) this.#setAside();
      this.memory.noteRun();
    }
  }

  #setAside(): never {
    const run = this.#run;
    run.unwinding = true;
    run.saved = this.memory.save();
    this.#active!.state.plain = this.memory.plainKey();
    throw UNWIND;
  }

  #unwind(): never {
    if (++this.#run.unwindingSteps > MAX_UNWINDING_STEPS) {
      throw new RangeError('code under test goes on for ever although its operations throw');
    }
    throw UNWIND;
  }

  #record(thread: Thread, value: unknown, position: number, elapsed: number): void {
    thread.results.push({ value, elapsed });
    this.#run.clock += elapsed;
    const word =
      typeof value === 'bigint' ? Number(BigInt.asIntN(32, value)) : typeof value === 'number' ? value : 0;
    this.#mix(thread, position, word, elapsed);
  }

  #mix(thread: Thread, x: number, y: number, z: number): void {
    mix(thread.state, x);
    mix(thread.state, y | 0);
    mix(thread.state, z | 0);
  }

  /** What others have written to plain memory since it was set aside is part of what the thread may know. */
  #learnPlain(thread: Thread): void {
    const plain = this.memory.plainKey();
    if (plain !== thread.state.plain) mix(thread.state, plain);
    thread.state.plain = plain;
  }

  #isPoint({ name, position }: Operation): boolean {
    if (name === 'wait' || name === 'notify' || name === 'waitAsync' || this.allRealmPoints) return true;
    if (name === 'load' && this.still.has(position)) return false;
    return !this.memory.isRealm(position) || this.realmPoints.has(position);
  }

  /** Memory that no other thread knows: nobody will notify there. */
  #stepPrivate(operation: Operation): unknown {
    const { name } = operation;
    if (name === 'notify') return 0;
    if (name !== 'wait' && name !== 'waitAsync') return real(operation);
    if (valueAt(operation) !== operation.x) {
      return name === 'wait' ? 'not-equal' : { async: false, value: 'not-equal' };
    }
    return this.fail(`${this.#active!.name} waits on memory that setup did not return`);
  }

  #wait(thread: Thread, operation: Operation): unknown {
    const { position, x: expected, y: timeout } = operation;
    if (valueAt(operation) !== expected) {
      this.#note(thread, operation, 'not-equal');
      this.#record(thread, 'not-equal', position, 0);
      mix(thread.state, NOT_EQUAL);
      return 'not-equal';
    }
    this.#note(thread, operation, 'sleeps');
    this.queues.add(position, { thread: thread.index, asyncId: -1 });
    thread.state.wait = { position, timeout: timeoutOf(timeout), outcome: undefined };
    thread.state.status = 'sleeping';
    return this.#setAside();
  }

  #waitAsync(thread: Thread, op: number, operation: Operation): unknown {
    const { position, x: expected, y: timeout } = operation;
    const equal = valueAt(operation) === expected;
    const value = equal ? 'async' : 'not-equal';
    this.#note(thread, operation, value);
    this.#record(thread, value, position, 0);
    mix(thread.state, equal ? ASYNC : NOT_EQUAL);
    if (!equal) return { async: false, value };
    this.queues.add(position, { thread: thread.index, asyncId: op });
    thread.state.asyncs = [...thread.state.asyncs, { id: op, timeout: timeoutOf(timeout) }];
    return this.#promise(op);
  }

  #promise(asyncId: number): { async: true; value: Promise<'ok' | 'timed-out'> } {
    const value = new Promise<'ok' | 'timed-out'>((resolve) => {
      this.#run.resolvers.set(asyncId, resolve);
    });
    return { async: true, value };
  }

  #notify({ position, x: count }: Operation): number {
    const woken = this.queues.take(position, count === undefined ? Infinity : Number(count));
    for (const { thread: index, asyncId } of woken) {
      const { state } = this.threads[index]!;
      if (asyncId < 0) {
        state.wait = { ...state.wait!, outcome: 'ok' };
        state.status = 'ready';
      } else {
        state.asyncs = state.asyncs.filter(({ id }) => id !== asyncId);
        state.woken = [...state.woken, { kind: 'wake', asyncId, result: 'ok' }];
      }
    }
    return woken.length;
  }

  #note(thread: Thread, { name, position, x, y }: Operation, value: unknown): void {
    this.#driver.note(thread, () =>
      describeOperation(name, this.memory.nameOf(position), [x, y, value], this.threads),
    );
  }
}

// What is mixed into a past for results that are not numbers.
const OK = 1;
const TIMED_OUT = 2;
const NOT_EQUAL = 3;
const ASYNC = 4;
