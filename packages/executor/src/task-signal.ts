/** How a running task learns that it has to end: an `AbortSignal`, and blocking waits that end. */
import { agent, CancelledError, endInterrupt } from '@x/core';
import { Atomics, queueMicrotask } from '@x/core/seam';
import { AREA_THREAD_WORD, areaBase, CODE_MASK, SlotState } from './layout.js';
import type { Pool } from './pool.js';

/** How long a worker waits at a time for a submitter that is about to interrupt it, in milliseconds. */
const HANDSHAKE_MS = 10;

export class TaskSignal {
  readonly #pool: Pool;
  #controller: AbortController | undefined;
  #index = -1;
  #state = 0;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** A task begins; `state` is that of its slot while nobody wants it to end. */
  begin(index: number, state: number): void {
    this.#index = index;
    this.#state = state;
    this.#controller = undefined;
  }

  end(): void {
    this.#index = -1;
  }

  /** Whether the task that runs has to end. */
  isFiring(): boolean {
    return this.#look();
  }

  /** The signal of the task that runs, if there is one. */
  get signal(): AbortSignal | undefined {
    if (this.#index < 0) return undefined;
    if (!this.#controller) {
      this.#controller = new AbortController();
      this.#observe(this.#controller.signal, this.#index);
      this.#look();
    }
    return this.#controller.signal;
  }

  /** Why the task has to end. */
  reason(): unknown {
    return this.#controller?.signal.aborted === true
      ? this.#controller.signal.reason
      : new CancelledError('the task was cancelled while it ran');
  }

  /** Lets the event loop notice, until the task has ended. */
  listen(control: number): void {
    const { words } = this.#pool;
    const index = this.#index;
    const state = this.#state;
    const wait = (): void => {
      if (this.#index !== index || this.#state !== state) return;
      const seen = Atomics.load(words, control);
      if (this.#look()) return;
      const result = Atomics.waitAsync(words, control, seen, agent().slice);
      if (result.async) void result.value.then(wait);
      else queueMicrotask(wait);
    };
    wait();
  }

  /**
   * Leaves a task that is to be ended: waits until its submitter has sent the interrupt, and takes that back, so that it
   * reaches no other task. Never returns if the worker is to be terminated.
   */
  release(index: number, running: number, area: number): void {
    const { words, realm, member } = this.#pool;
    for (;;) {
      const state = Atomics.load(words, index);
      switch (state & CODE_MASK) {
        case SlotState.STOPPING:
          Atomics.wait(words, index, state, HANDSHAKE_MS);
          if (realm.hasEnded(Atomics.load(words, areaBase(area) + AREA_THREAD_WORD))) {
            Atomics.compareExchange(words, index, state, (running & ~CODE_MASK) | SlotState.STOPPED);
          }
          break;
        case SlotState.STOPPED:
          endInterrupt(realm, member.id);
          if (
            Atomics.compareExchange(words, index, state, (running & ~CODE_MASK) | SlotState.RELEASED) ===
            state
          ) {
            return;
          }
          break;
        case SlotState.KILLED:
          // The owner is on its way; whatever ran now would be cut off in the middle.
          Atomics.wait(words, index, state);
          break;
        default:
          return;
      }
    }
  }

  /** Aborts the signal if the task has to end. Returns whether it has. */
  #look(): boolean {
    if (this.#index < 0) return false;
    const code = Atomics.load(this.#pool.words, this.#index) & CODE_MASK;
    const ends = code === SlotState.STOPPING || code === SlotState.STOPPED || code === SlotState.KILLED;
    if (ends && this.#controller && !this.#aborting) {
      this.#aborting = true;
      this.#controller.abort(new CancelledError('the task was cancelled while it ran'));
      this.#aborting = false;
    }
    return ends;
  }

  #aborting = false;

  /** A task that never lets the event loop turn still sees its signal fire when it looks. */
  #observe(signal: AbortSignal, index: number): void {
    const prototype = Object.getPrototypeOf(signal) as AbortSignal;
    // eslint-disable-next-line @typescript-eslint/unbound-method -- called with the signal
    const aborted = Object.getOwnPropertyDescriptor(prototype, 'aborted')!.get as (
      this: AbortSignal,
    ) => boolean;
    const look = (): boolean => {
      const fired = aborted.call(signal);
      if (fired || index !== this.#index) return fired;
      this.#look();
      return aborted.call(signal);
    };
    Object.defineProperty(signal, 'aborted', { get: look, configurable: true });
    Object.defineProperty(signal, 'throwIfAborted', {
      value: () => {
        if (look()) throw signal.reason;
      },
      configurable: true,
    });
  }
}
