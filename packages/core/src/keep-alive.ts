/**
 * A pending `Atomics.waitAsync` does not keep Node's event loop alive: a program whose only work is
 * `await lock.acquireAsync()` would end in the middle. So every pending wait counts here.
 */
import type { Runtime } from './runtime/index.js';

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

  add(): void {
    if (this.#count++ === 0) this.#letGo = this.#runtime.keepAlive();
  }

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
