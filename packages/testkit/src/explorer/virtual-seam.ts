/** The seam as a model has it: every name leads to the engine. */
import type { Engine } from './engine.js';
import type { SharedArray } from './memory.js';
import type { OpName } from './operation.js';
import { UNWIND } from './thread.js';

/** What `substitute` takes. */
export interface ModelSeam {
  readonly Atomics: typeof globalThis.Atomics;
  readonly performance: { now(): number };
  readonly setTimeout: (callback: () => void, ms: number) => unknown;
  readonly clearTimeout: (handle: unknown) => void;
  readonly queueMicrotask: (callback: () => void) => void;
}

export function makeSeam(engine: Engine): ModelSeam {
  const operation =
    (name: OpName) =>
    (array: SharedArray, index: number, x?: unknown, y?: unknown): unknown =>
      engine.step(name, array, index, x, y);
  const names: OpName[] = [
    'load',
    'store',
    'add',
    'sub',
    'and',
    'or',
    'xor',
    'exchange',
    'compareExchange',
    'notify',
    'wait',
    'waitAsync',
  ];
  const atomics = Object.fromEntries(names.map((name) => [name, operation(name)]));
  return {
    // The engine gives each operation the result that it has for its name.
    Atomics: { ...atomics, isLockFree: () => true } as unknown as typeof globalThis.Atomics,
    performance: { now: () => engine.now() },
    setTimeout: (callback, ms) => setModelTimer(engine, callback, ms),
    clearTimeout: (handle) => {
      clearModelTimer(engine, handle);
    },
    queueMicrotask: (callback) => {
      queueModelMicrotask(engine, callback);
    },
  };
}

function setModelTimer(engine: Engine, callback: () => void, ms: number): unknown {
  const { active, run } = engine;
  if (!active) throw new Error('setup and final of a model must not set timers');
  if (run.unwinding) throw UNWIND;
  const id = run.timers++;
  run.callbacks.set(id, callback);
  const { state } = active;
  // A lower number: it was set in the thread's past.
  if (id === state.timersMade) {
    state.timersMade++;
    state.timers = [...state.timers, { kind: 'timer', id, ms }];
  }
  return id;
}

function clearModelTimer(engine: Engine, handle: unknown): void {
  const { active, run } = engine;
  if (!active || run.unwinding) return;
  // In a thread's past this has been done already, and does nothing.
  active.state.timers = active.state.timers.filter(({ id }) => id !== handle);
}

function queueModelMicrotask(engine: Engine, callback: () => void): void {
  const { active, run } = engine;
  // An error in a real microtask would end the process.
  void Promise.resolve()
    .then(() => {
      try {
        callback();
      } catch (error) {
        if (!run.unwinding) engine.fail(`${active?.name ?? 'setup'}: a microtask threw ${String(error)}`);
      }
    })
    .catch(() => undefined);
}

/** A signal that the scheduler may fire. Cheaper than a real one, and it fires only inside a turn. */
export function makeSignal(engine: Engine): AbortSignal {
  const { active, run } = engine;
  const id = run.signals++;
  const { state } = active!;
  if (id === state.signalsMade && !run.unwinding) {
    state.signalsMade++;
    state.signals = [...state.signals, id];
  }
  const listeners = new Set<() => void>();
  let reason: DOMException | undefined;
  const signal = Object.create(AbortSignal.prototype) as AbortSignal;
  Object.defineProperties(signal, {
    aborted: { get: () => reason !== undefined },
    reason: { get: () => reason },
    throwIfAborted: {
      value: () => {
        if (reason !== undefined) throw reason;
      },
    },
    addEventListener: { value: (_type: string, listener: () => void) => void listeners.add(listener) },
    removeEventListener: { value: (_type: string, listener: () => void) => void listeners.delete(listener) },
  });
  run.aborts.set(id, () => {
    reason = new DOMException(`signal ${id} fired`, 'AbortError');
    for (const listener of [...listeners]) listener();
  });
  return signal;
}
