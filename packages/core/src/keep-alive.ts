/**
 * A pending `Atomics.waitAsync` does not keep Node's event loop alive: a program whose only work is
 * `await lock.acquireAsync()` would end in the middle. So every pending wait counts here.
 */
import type { Runtime } from './runtime/index.js';

/** Keeps the process alive while anything in this thread waits. */
export class KeepAlive {
  readonly #runtime: Pick<Runtime, 'keepAlive'>;
  #count = 0;
  #letGo: (() => void) | undefined;
  #idle: (() => void)[] = [];

  constructor(runtime: Pick<Runtime, 'keepAlive'>) {
    this.#runtime = runtime;
  }

  /** How many waits are pending. */
  get count(): number {
    return this.#count;
  }

  /** Counts one more pending wait; the first one holds the event loop. */
  add(): void {
    if (this.#count++ === 0) this.#letGo = this.#runtime.keepAlive();
  }

  /** Takes back one `add`; the last one lets the event loop go and resolves `idle`. */
  remove(): void {
    if (--this.#count !== 0) return;
    this.#letGo?.();
    this.#letGo = undefined;
    for (const callback of this.#idle.splice(0)) callback();
  }

  /** Resolves when nothing is pending. */
  async idle(): Promise<void> {
    while (this.#count > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }
}
