/** What can happen next in a state of the model. */
import type { Snapshot } from './memory.js';
import type { Events } from './options.js';
import type { Task, Thread } from './thread.js';
import { SLICE } from './virtual-agent.js';

export type Choice =
  | { readonly kind: 'resume'; readonly thread: Thread; readonly late: Late }
  | { readonly kind: 'turn'; readonly thread: Thread; readonly task: Task; readonly late: Late }
  | { readonly kind: 'timeout' | 'slice' | 'idleSlice'; readonly thread: Thread; readonly asyncId: number }
  /** With `memory`: before it did what it has done since its last operation without one. */
  | { readonly kind: 'kill'; readonly thread: Thread; readonly memory?: Snapshot }
  | { readonly kind: 'mark' | 'interrupt'; readonly thread: Thread };

/** How much time went by until a waiter that was woken noticed. */
export type Late = 'no' | 'starving' | 'expired';

/** Enough that the waiter counts as starving, and no time-out of a test is as short. */
export const STARVING_MS = 2;

/** The slice with which core looks for deadlocks. */
export const DETECTING_SLICE_MS = 100;

/** What may still happen in this schedule. */
export type Budgets = Record<
  Exclude<keyof Events, 'mortal' | 'prompt' | 'idleSlices' | 'sliceMs'> | 'preemptions',
  number
>;

export interface ChoiceRules {
  readonly budgets: Budgets;
  /** The thread that ran last, or -1. */
  readonly current: number;
  readonly mortal: ReadonlySet<string>;
  /** Whether the realm learns of a death before anything else happens. */
  readonly prompt: boolean;
  readonly idleSlices: number;
  /** Times that are slices and not time-outs. */
  readonly slices: ReadonlySet<number>;
}

export interface Choices {
  readonly choices: readonly Choice[];
  /** Whether one of them has to happen some time; kills, aborts and interrupts do not. */
  readonly progress: boolean;
}

/** All that can happen next; going on with the thread that runs comes first. */
export function choicesOf(threads: readonly Thread[], rules: ChoiceRules): Choices {
  const { budgets, current } = rules;
  const dead = rules.prompt && threads.find(({ state }) => state.status === 'dead' && !state.marked);
  if (dead) return { choices: [{ kind: 'mark', thread: dead }], progress: true };
  const choices: Choice[] = [];
  const running = threads[current];
  const mayGoOn = running?.state.status === 'ready';
  if (mayGoOn) addRuns(choices, running, rules);
  let progress = mayGoOn;
  for (const thread of threads) {
    if (thread === running && mayGoOn) continue;
    const canRun = addable(thread, budgets);
    progress ||= canRun;
    if (canRun && (!mayGoOn || budgets.preemptions > 0)) addRuns(choices, thread, rules);
  }
  for (const thread of threads) progress = addEvents(choices, thread, rules) || progress;
  if (!progress) progress = addIdleSlices(choices, threads, rules);
  return { choices, progress };
}

function addable({ state }: Thread, budgets: Budgets): boolean {
  if (state.status === 'ready') return true;
  return (
    state.status === 'idle' && (state.woken.length > 0 || (state.timers.length > 0 && budgets.timeouts > 0))
  );
}

/** The ways in which the thread can go on. */
function addRuns(choices: Choice[], thread: Thread, { budgets, slices }: ChoiceRules): void {
  const { state } = thread;
  if (state.status === 'ready') {
    choices.push({ kind: 'resume', thread, late: 'no' });
    if (state.wait?.outcome === 'ok') {
      if (budgets.starves > 0) choices.push({ kind: 'resume', thread, late: 'starving' });
      if (budgets.timeouts > 0 && isTimeout(state.wait.timeout, slices))
        choices.push({ kind: 'resume', thread, late: 'expired' });
    }
    return;
  }
  // Promises are resolved in the order in which their waiters were notified.
  const [task] = state.woken;
  if (task) {
    choices.push({ kind: 'turn', thread, task, late: 'no' });
    if (budgets.starves > 0) choices.push({ kind: 'turn', thread, task, late: 'starving' });
  }
  if (budgets.timeouts > 0)
    for (const timer of state.timers) choices.push({ kind: 'turn', thread, task: timer, late: 'no' });
}

/** What may happen to the thread at any time. Returns whether some of it has to happen. */
function addEvents(choices: Choice[], thread: Thread, { budgets, mortal, slices }: ChoiceRules): boolean {
  const { state } = thread;
  let progress = false;
  if (state.status === 'dead') {
    if (state.marked) return false;
    choices.push({ kind: 'mark', thread });
    return true;
  }
  if (budgets.timeouts > 0) {
    if (state.status === 'sleeping' && isTimeout(state.wait!.timeout, slices)) {
      choices.push({ kind: 'timeout', thread, asyncId: -1 });
      progress = true;
    }
    for (const { id, timeout } of state.asyncs) {
      if (!isTimeout(timeout, slices)) continue;
      choices.push({ kind: 'timeout', thread, asyncId: id });
      progress = true;
    }
  }
  if (budgets.slices > 0) addSlices(choices, thread, 'slice', slices);
  if (state.outcome) return progress;
  if (budgets.aborts > 0 && state.status === 'idle') {
    for (const id of state.signals)
      choices.push({ kind: 'turn', thread, task: { kind: 'abort', id }, late: 'no' });
  }
  if (budgets.kills > 0 && mortal.has(thread.name)) {
    choices.push({ kind: 'kill', thread });
    if (state.afterOperation) choices.push({ kind: 'kill', thread, memory: state.afterOperation });
  }
  if (budgets.interrupts > 0 && !state.interrupted) choices.push({ kind: 'interrupt', thread });
  return progress;
}

/** Slices are equally long, so nobody has a second one before everybody who sleeps has had the first. */
function addIdleSlices(choices: Choice[], threads: readonly Thread[], rules: ChoiceRules): boolean {
  const { idleSlices: limit } = rules;
  let least = limit;
  const ends: Choice[] = [];
  for (const thread of threads) {
    const { idleSlices } = thread.state;
    if (idleSlices > least || idleSlices >= limit) continue;
    const own: Choice[] = [];
    if (!addSlices(own, thread, 'idleSlice', rules.slices)) continue;
    if (idleSlices < least) ends.length = 0;
    least = idleSlices;
    ends.push(...own);
  }
  choices.push(...ends);
  return ends.length > 0;
}

function addSlices(
  choices: Choice[],
  thread: Thread,
  kind: 'slice' | 'idleSlice',
  slices: ReadonlySet<number>,
): boolean {
  const { state } = thread;
  const before = choices.length;
  if (state.status === 'sleeping' && slices.has(state.wait!.timeout))
    choices.push({ kind, thread, asyncId: -1 });
  for (const { id, timeout } of state.asyncs)
    if (slices.has(timeout)) choices.push({ kind, thread, asyncId: id });
  return choices.length > before;
}

function isTimeout(timeout: number, slices: ReadonlySet<number>): boolean {
  return timeout < SLICE && !slices.has(timeout);
}
