/** `BoundedSemaphore`: a semaphore that notices one release too many. */
import { at, registerKind, type Kind } from '@x/core/primitives';
import { LIMIT_WORD, SEMAPHORE_BYTES } from './layout.js';
import { Semaphore } from './semaphore.js';

/**
 * A semaphore that never has more permits than it began with: a release too many throws `RangeError`,
 * and at no moment does anybody see the permit too many. Python:
 * [`threading.BoundedSemaphore`](https://docs.python.org/3/library/threading.html#threading.BoundedSemaphore),
 * where it is a `ValueError`.
 *
 * In everything else it is a `Semaphore`. An acquire of more permits than it began with throws
 * `RangeError`, as it could never succeed.
 *
 * @example
 * ```ts
 * import { BoundedSemaphore } from '@x/semaphore';
 *
 * const semaphore = new BoundedSemaphore(2);
 * semaphore.acquire();
 * semaphore.release();
 * try {
 *   semaphore.release();
 * } catch (error) {
 *   console.log(error instanceof RangeError, semaphore.value);   // true 2
 * }
 * ```
 */
export class BoundedSemaphore extends Semaphore {
  /** @internal */
  protected static override get kind(): Kind {
    return BOUNDED_KIND;
  }

  /** @internal */
  protected static override limitFor(value: number): number {
    return value;
  }

  /** @internal */
  protected override describeValue(): string {
    return `${this.value}/${this.words[LIMIT_WORD]!}`;
  }
}

/** How it travels; see `Kind`. @internal */
export const BOUNDED_KIND: Kind = /* @__PURE__ */ registerKind<BoundedSemaphore>(() => ({
  kind: 6,
  name: 'BoundedSemaphore',
  version: 1,
  bytes: SEMAPHORE_BYTES,
  module: import.meta.url,
  revive: (memory, name) => new BoundedSemaphore(0, at(memory, name)),
}));
