/** The action of a barrier: a closure where it was made, a target elsewhere. */
import {
  captureTarget,
  heldReference,
  isTargetReference,
  resolveTargetNow,
  type TargetReference,
} from '@x/core';

/** What runs once per cycle. */
export class Action {
  readonly #given: (() => unknown) | undefined;
  #reference: TargetReference | undefined;
  /** Why the function cannot travel; matters only once it has to. */
  readonly #immovable: unknown;

  /**
   * @param given a function, a target of `targetsFrom`, or the reference that came with a handle
   * @param above the public class: the function was written in the file that called it
   * @throws TypeError if it is nothing of these
   */
  constructor(given: unknown, above: new (...args: never[]) => unknown) {
    if (isTargetReference(given)) {
      this.#reference = given;
      return;
    }
    this.#given = typeof given === 'function' && !heldReference(given) ? (given as () => unknown) : undefined;
    try {
      this.#reference = captureTarget(given, { above, what: 'action' });
    } catch (error) {
      if (!this.#given) throw error;
      this.#immovable = error;
    }
  }

  /** What names the action to another thread. Throws `TargetError` if it cannot travel. */
  get reference(): TargetReference {
    if (!this.#reference) throw this.#immovable;
    return this.#reference;
  }

  /** Runs it, in this thread. */
  run(): void {
    const run = this.#given ?? resolveTargetNow(this.#reference!);
    const result = run();
    if (typeof (result as PromiseLike<unknown> | undefined)?.then === 'function') {
      throw new TypeError(
        'the action of a barrier returned a promise, for which nobody waits; make it an ordinary function',
      );
    }
  }
}
