/** `LifoQueue`: last in, first out. The algorithm is in state.ts. */
import { at, registerKind, type Place, type Kind } from '@x/core';
import { BaseQueue, onShared, queueShape } from './base-queue.js';
import type { QueueOptions } from './options.js';
import { LifoOrder } from './order.js';

/**
 * Hands items from thread to thread, last in, first out. Python:
 * [`queue.LifoQueue`](https://docs.python.org/3/library/queue.html#queue.LifoQueue). In all else it is as `Queue`.
 *
 * @example
 * ```ts
 * import { LifoQueue } from '@x/queue';
 *
 * const stack = new LifoQueue<number>();
 * stack.put(1);
 * stack.put(2);
 * console.log(stack.get(), stack.get()); // 2 1
 * ```
 */
export class LifoQueue<T = unknown> extends BaseQueue<T> {
  /**
   * Makes an empty queue, or attaches to the one that is in `buffer` already.
   *
   * @param maxsize the most items that it holds; 0 or less is without a bound
   * @throws RangeError, TypeError for a wrong `maxsize`; LayoutError if the memory is misaligned, too
   * small, or holds something else
   */
  constructor(maxsize = 0, options: QueueOptions | Place = {}) {
    super(LIFO_KIND, maxsize, options, (blocks, journal) => new LifoOrder(blocks, journal));
  }

  /** @internal */
  protected rankOf(): undefined {
    return undefined;
  }
}

/** How it travels; see `Kind`. @internal */
export const LIFO_KIND: Kind = /* @__PURE__ */ registerKind<LifoQueue>(() => ({
  ...queueShape(10, 'LifoQueue'),
  module: import.meta.url,
  extra: () => {
    onShared();
  },
  revive: (memory, name) => new LifoQueue(0, at(memory, name)),
}));
