/**
 * Walks through all schedules, depth first.
 *
 * A *node* is a state, at a point at which something else could happen. Where there is more than one
 * choice the whole state is kept, so that the next choice is tried from there; only the thread that is
 * chosen is run again, not the schedule. A state that was reached before has the same future and is not
 * walked through again: the same memory and queues, the same pasts of all threads that may still run,
 * the same outcomes of the others, and no more left of the bounds (see `Visited`).
 */
import { interruptThread, ThreadState as RealmState } from '@x/core';
import { choicesOf, STARVING_MS, type Budgets, type Choice } from './choices.js';
import type { Engine } from './engine.js';
import type { Driver } from './driver.js';
import { keyOf, mix, newHash } from './hash.js';
import type { Snapshot } from './memory.js';
import type { Merging } from './options.js';
import type { SavedThread, Thread } from './thread.js';
import { leftOf, Visited, type Left } from './visited.js';
import type { SavedQueues } from './wait-queues.js';

export interface SearchLimits {
  readonly preemptions: number;
  readonly events: Omit<Budgets, 'preemptions'>;
  readonly mortal: ReadonlySet<string>;
  readonly prompt: boolean;
  readonly idleSlices: number;
  readonly slices: ReadonlySet<number>;
  readonly merge: Merging;
  readonly maxSteps: number;
}

/** What the search asks of the test. */
export interface SearchHooks {
  invariant(): void;
  final(): void;
  observe(trace: readonly string[]): void;
}

interface Saved {
  readonly memory: Snapshot;
  readonly queues: SavedQueues;
  readonly threads: readonly SavedThread[];
  readonly budgets: Budgets;
  readonly current: number;
  readonly steps: number;
  readonly traced: number;
}

interface Node {
  readonly choices: readonly Choice[];
  /** Undefined if there was one choice only. */
  readonly saved: Saved | undefined;
  readonly key: number;
  readonly left: Left;
  taken: number;
  /** Schedules from here on, of the choices that are done. */
  schedules: number;
}

const NOTHING: Left = { current: -1, preemptions: 0, events: 0 };

const STATUSES = ['ready', 'sleeping', 'idle', 'done', 'dead'] as const;

export class Search implements Driver {
  readonly engine: Engine;
  failure: string | undefined;
  runs = 0;
  schedules = 0;
  /** The present schedule, one line for each step, if somebody wants to know. */
  trace: string[] | undefined;
  readonly #limits: SearchLimits;
  readonly #hooks: SearchHooks;
  readonly #nodes: Node[] = [];
  readonly #visited = new Visited();
  #budgets: Budgets;
  #current = -1;
  #steps = 0;
  #next: Choice | undefined;
  /** Whether the end of the schedule was found while a thread was running. */
  #ended = false;
  /** Which choice to take at each node, when a schedule is replayed. */
  #forced: readonly number[] | undefined;

  constructor(limits: SearchLimits, hooks: SearchHooks, makeEngine: (driver: Driver) => Engine) {
    this.#limits = limits;
    this.#hooks = hooks;
    this.#budgets = { ...limits.events, preemptions: limits.preemptions };
    this.engine = makeEngine(this);
  }

  get #failed(): boolean {
    return this.failure !== undefined;
  }

  get states(): number {
    return this.#visited.size;
  }

  /** The choices that led to the present state. */
  get path(): readonly number[] {
    return this.#nodes.filter(({ saved }) => saved).map(({ taken }) => taken);
  }

  /** Follows this path, then the first choice everywhere; to be called before the first `walk`. */
  force(path: readonly number[]): void {
    this.#forced = path;
  }

  /** Explores until the predicate says stop, a failure is found or all is done. True: all is done. */
  walk(stop: () => boolean): boolean {
    for (;;) {
      this.#descend();
      if (this.#failed || this.#forced) return true;
      if (!this.#backtrack()) return true;
      if (stop()) return false;
    }
  }

  mayContinue(thread: Thread): boolean {
    const choice = this.#choose();
    if (choice?.kind === 'resume' && choice.thread === thread) {
      this.#steps++;
      return true;
    }
    this.#next = choice;
    return false;
  }

  fail(reason: string): void {
    this.failure ??= reason;
  }

  note(thread: Thread | undefined, text: () => string): void {
    this.trace?.push(`${(thread?.name ?? '').padEnd(8)} ${text()}`);
  }

  #descend(): void {
    for (let choice = this.#takeNext(); choice && !this.#failed; choice = this.#takeNext())
      this.#apply(choice);
  }

  /** What happens next. A thread that was set aside at a point of choice has chosen already. */
  #takeNext(): Choice | undefined {
    const next = this.#next;
    const ended = this.#ended;
    this.#next = undefined;
    this.#ended = false;
    return next ?? (ended ? undefined : this.#choose());
  }

  /** What happens next, or undefined at the end of the schedule. */
  #choose(): Choice | undefined {
    if (this.#failed) return this.#end();
    if (this.#steps > this.#limits.maxSteps) return this.#end(`no end after ${this.#steps} steps`);
    try {
      this.#hooks.invariant();
    } catch (error) {
      return this.#end(`invariant: ${String(error)}`);
    }
    const { threads } = this.engine;
    // Whoever goes on in the place of a thread that cannot preempts nobody.
    if (threads[this.#current]?.state.status !== 'ready') this.#current = -1;
    const { memory } = this.engine;
    for (const { state } of threads)
      if (state.afterOperation && memory.equals(state.afterOperation)) state.afterOperation = undefined;
    const { choices, progress } = choicesOf(threads, {
      budgets: this.#budgets,
      current: this.#current,
      mortal: this.#limits.mortal,
      prompt: this.#limits.prompt,
      idleSlices: this.#limits.idleSlices,
      slices: this.#limits.slices,
    });
    const allFinished = threads.every((thread) => thread.finished);
    if (!progress && !allFinished) return this.#end(this.#describeDeadlock());
    // The realm may learn of a death after everything else is over; nobody is there to notice.
    if (allFinished && (!progress || choices.every(({ kind }) => kind === 'mark'))) return this.#finish();
    const next = this.#branch(choices);
    // Once something else may have happened, it is too late.
    for (const { state } of threads) state.afterOperation = undefined;
    return next;
  }

  #branch(choices: readonly Choice[]): Choice | undefined {
    const [only] = choices;
    if (this.#forced) {
      if (choices.length === 1) return only;
      const taken = this.#forced[this.#nodes.length] ?? 0;
      this.#nodes.push({ choices, saved: this.#save(), key: 0, left: NOTHING, taken, schedules: 0 });
      return (
        choices[taken] ?? this.#end('this schedule does not fit the test; it was printed by another version')
      );
    }
    const saved = choices.length === 1 ? undefined : this.#save();
    const node: Node = { choices, saved, key: 0, left: NOTHING, taken: 0, schedules: 0 };
    if (this.#limits.merge === 'none') {
      if (saved) this.#nodes.push(node);
      return only;
    }
    const key = this.#key();
    const left = leftOf(this.#budgets, this.#current);
    const known = this.#visited.find(key, left, this.#limits.merge === 'same');
    if (known !== undefined) {
      this.#count(known);
      return this.#end();
    }
    this.#nodes.push({ ...node, key, left });
    return only;
  }

  #finish(): Choice | undefined {
    this.runs++;
    this.#count(1);
    try {
      this.#hooks.final();
      if (this.trace) this.#hooks.observe(this.trace);
    } catch (error) {
      this.fail(`final: ${String(error)}`);
    }
    // It may have drained a queue, or taken a lock.
    this.engine.memory.noteTest();
    return this.#end();
  }

  /** Nothing comes next, and a running thread has to be told so. */
  #end(failure?: string): Choice | undefined {
    if (failure !== undefined) this.fail(failure);
    this.#ended = this.engine.active !== undefined;
    return undefined;
  }

  #count(schedules: number): void {
    const node = this.#nodes.at(-1);
    if (node) node.schedules += schedules;
    else this.schedules += schedules;
  }

  /** Goes back to the last node that has a choice left, and takes it. False: there is none. */
  #backtrack(): boolean {
    for (let node; (node = this.#nodes.at(-1));) {
      if (++node.taken < node.choices.length) {
        this.#load(node.saved!);
        this.#next = node.choices[node.taken];
        return true;
      }
      this.#nodes.pop();
      if (this.#limits.merge !== 'none') this.#visited.add(node.key, node.left, node.schedules);
      this.#count(node.schedules);
    }
    return false;
  }

  #apply(choice: Choice): void {
    const { engine } = this;
    const { thread } = choice;
    const { state } = thread;
    const budgets = this.#budgets;
    this.#steps++;
    switch (choice.kind) {
      case 'resume':
      case 'turn': {
        if (this.#current !== thread.index) {
          if (engine.threads[this.#current]?.state.status === 'ready') budgets.preemptions--;
          this.#current = thread.index;
        }
        const elapsed = this.#spend(choice);
        if (choice.kind === 'resume') engine.resume(thread, elapsed);
        else engine.turn(thread, choice.task, elapsed);
        return;
      }
      case 'timeout':
      case 'slice':
      case 'idleSlice':
        if (choice.kind === 'timeout') budgets.timeouts--;
        else if (choice.kind === 'slice') budgets.slices--;
        else state.idleSlices++;
        this.note(thread, () => (choice.kind === 'timeout' ? '— its time-out ends' : '— its slice ends'));
        engine.expire(thread, choice.asyncId);
        return;
      case 'kill':
        budgets.kills--;
        if (choice.memory) engine.memory.load(choice.memory);
        this.note(thread, () => (choice.memory ? '— dies at once, before what it did then' : '— dies'));
        engine.kill(thread);
        return;
      case 'mark':
        this.note(thread, () => '— is known to be dead');
        state.marked = true;
        engine.memory.noteRun();
        engine.realm.end(thread.id, RealmState.DEAD);
        return;
      case 'interrupt':
        budgets.interrupts--;
        this.note(thread, () => '— is interrupted');
        state.interrupted = true;
        engine.memory.noteRun();
        interruptThread(engine.realm, thread.id);
        return;
    }
  }

  /** Takes out of the budgets and lists what the choice uses up; returns the milliseconds that go by. */
  #spend(choice: Extract<Choice, { kind: 'resume' | 'turn' }>): number {
    const { state } = choice.thread;
    const budgets = this.#budgets;
    let elapsed = 0;
    if (choice.late === 'starving') {
      budgets.starves--;
      elapsed = STARVING_MS;
    } else if (choice.late === 'expired') {
      budgets.timeouts--;
      elapsed = state.wait!.timeout;
    } else if (choice.kind === 'resume' && state.wait?.outcome === 'timed-out') {
      elapsed = state.wait.timeout;
    }
    if (choice.kind === 'turn') {
      const { task } = choice;
      if (task.kind === 'wake') state.woken = state.woken.slice(1);
      if (task.kind === 'timer') {
        budgets.timeouts--;
        elapsed = task.ms;
        state.timers = state.timers.filter(({ id }) => id !== task.id);
      }
      if (task.kind === 'abort') {
        budgets.aborts--;
        state.signals = state.signals.filter((id) => id !== task.id);
      }
    }
    return elapsed;
  }

  #save(): Saved {
    const { engine } = this;
    return {
      memory: engine.memory.save(),
      queues: engine.queues.save(),
      threads: engine.threads.map((thread) => thread.save()),
      budgets: { ...this.#budgets },
      current: this.#current,
      steps: this.#steps,
      traced: this.trace?.length ?? 0,
    };
  }

  #load(saved: Saved): void {
    const { engine } = this;
    engine.memory.load(saved.memory);
    engine.queues.load(saved.queues);
    engine.threads.forEach((thread, i) => {
      thread.load(saved.threads[i]!);
      // The choices that were found then know it.
      thread.state.afterOperation = undefined;
    });
    this.#budgets = { ...saved.budgets };
    this.#current = saved.current;
    this.#steps = saved.steps;
    if (this.trace) this.trace.length = saved.traced;
  }

  /** What the future depends on, but for what is left of the bounds; see `Visited`. */
  #key(): number {
    const hash = newHash();
    const { engine } = this;
    const forget = this.#limits.merge === 'all';
    engine.memory.mixState(hash);
    engine.queues.mixState(hash);
    for (const thread of engine.threads) {
      const { state } = thread;
      const bits = STATUSES.indexOf(state.status) | (state.outcome ? 8 : 0) | (state.marked ? 16 : 0);
      mix(hash, bits);
      if (forget && state.status === 'dead') continue;
      if (forget && thread.over && state.outcomeKey !== undefined) {
        mix(hash, state.outcomeKey);
        continue;
      }
      const wait =
        state.wait?.outcome === 'ok' ? 1 : state.wait?.outcome === 'timed-out' ? 2 : state.wait ? 3 : 0;
      mix(hash, wait | (state.interrupted ? 4 : 0) | (state.idleSlices << 3));
      mix(hash, state.a);
      mix(hash, state.b);
      if (state.afterOperation) for (const word of state.afterOperation) mix(hash, word);
      for (const { asyncId, result } of state.woken) mix(hash, asyncId * 2 + (result === 'ok' ? 1 : 0));
      for (const { id } of state.timers) mix(hash, id + 0x1000);
      for (const id of state.signals) mix(hash, id + 0x2000);
    }
    mix(hash, this.#budgets.timeouts);
    return keyOf(hash);
  }

  #describeDeadlock(): string {
    const stuck = this.engine.threads.filter((thread) => !thread.finished);
    const parts = stuck.map(({ name, state }) =>
      state.status === 'sleeping'
        ? `${name} sleeps on ${this.engine.memory.nameOf(state.wait!.position)}`
        : `${name} waits in its event loop`,
    );
    return `nothing can happen any more: ${parts.join(', ')}`;
  }
}
