/** `Queue`: first in, first out. The algorithm is in state.ts. */
import { at, registerKind, type Place, type Kind } from '@x/core';
import { BaseQueue, onShared, queueShape } from './base-queue.js';
import type { QueueOptions } from './options.js';
import { FifoOrder } from './order.js';

/**
 * Hands items from thread to thread, first in, first out. Python:
 * [`queue.Queue`](https://docs.python.org/3/library/queue.html#queue.Queue).
 *
 * Items are copied into the queue's own shared memory, so they may be anything that can travel, and
 * primitives in them arrive as the same primitives. Without `maxsize` it grows as needed, up to 4 GiB where
 * the engine allows that much; when its memory is at an end it behaves as if it were full.
 *
 * Items leave in the order in which they were put. Those who wait are not served in any particular
 * order across threads; within one event loop in the order in which they came.
 *
 * A thread that is killed in the middle of a put or get never hangs the others: the item is either in the
 * queue or not, and an item that it had taken without marking it done shows in `join`.
 *
 * Differences from Python: times are in milliseconds; `tryPut` returns false where `put_nowait`
 * raises `Full`; `join` takes a time-out, and throws `AbandonedError` instead of waiting for a dead thread.
 *
 * @example
 * ```ts
 * import { Queue } from '@x/queue';
 *
 * const queue = new Queue<string>(2);
 * queue.put('first');
 * queue.put('second');
 * console.log(queue.tryPut('third'), queue.full); // false true
 * console.log(queue.get(), queue.get(), queue.empty); // first second true
 * ```
 */
export class Queue<T = unknown> extends BaseQueue<T> {
  /**
   * Makes an empty queue, or attaches to the one that is in `buffer` already.
   *
   * @param maxsize the most items that it holds; 0 or less is without a bound
   * @throws RangeError, TypeError for a wrong `maxsize`; LayoutError if the memory is misaligned, too
   * small, or holds something else
   */
  constructor(maxsize = 0, options: QueueOptions | Place = {}) {
    super(QUEUE_KIND, maxsize, options, (blocks, journal) => new FifoOrder(blocks, journal));
  }

  /** @internal */
  protected rankOf(): undefined {
    return undefined;
  }
}

/** How it travels; see `Kind`. @internal */
export const QUEUE_KIND: Kind = /* @__PURE__ */ registerKind<Queue>(() => ({
  ...queueShape(9, 'Queue'),
  module: import.meta.url,
  extra: () => {
    onShared();
  },
  revive: (memory, name) => new Queue(0, at(memory, name)),
}));
