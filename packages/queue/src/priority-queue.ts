/** `PriorityQueue`: lowest first. The algorithm is in state.ts, the heap in priority-order.ts. */
import {
  at,
  captureTarget,
  isTargetReference,
  LayoutError,
  registerKind,
  resolveTargetNow,
  type Place,
  type TargetReference,
  type Kind,
} from '@x/core';
import { BaseQueue, onShared, queueShape } from './base-queue.js';
import type { QueueOptions } from './options.js';
import { PriorityOrder, priorityOf } from './priority-order.js';

/** Options of a priority queue. */
export interface PriorityQueueOptions<T> extends QueueOptions {
  /**
   * Says which of two items leaves first: negative for the first, positive for the second, 0 for the
   * one that came first, as for `Array.prototype.sort`. It runs in every thread that puts and gets, so it
   * is a target: self-contained, or from `targetsFrom`. It has to be quick, and must not use the queue.
   */
  readonly compare?: ((first: T, second: T) => number) | undefined;
}

/**
 * Hands items from thread to thread, lowest priority first, and equal ones in the order in which they
 * came. Python: [`queue.PriorityQueue`](https://docs.python.org/3/library/queue.html#queue.PriorityQueue).
 * In all else it is as `Queue`.
 *
 * An item's priority is the item itself, if it is a number or a string, or the first element of an
 * array such as `[priority, item]`. Strings compare by code units, as `<` does. Numbers and strings do not
 * mix in one queue: such a put throws `TypeError`, as does `NaN`.
 *
 * With `compare`, each put and get decodes the items that it compares, about log2(size) of them, and
 * keeps other threads out meanwhile.
 *
 * Differences from Python: only the first element of a pair counts, so that items need not be
 * comparable; equal priorities are stable.
 *
 * @example
 * ```ts
 * import { PriorityQueue } from '@x/queue';
 *
 * const queue = new PriorityQueue<[number, string]>();
 * queue.put([2, 'later']);
 * queue.put([1, 'first']);
 * queue.put([1, 'second']);
 * console.log(queue.get()[1], queue.get()[1], queue.get()[1]); // first second later
 * ```
 */
export class PriorityQueue<T = unknown> extends BaseQueue<T> {
  readonly #compare: TargetReference | undefined;

  /**
   * Makes an empty queue, or attaches to the one that is in `buffer` already; then `compare` has to be
   * given if it was given there.
   *
   * @param maxsize the most items that it holds; 0 or less is without a bound
   * @throws RangeError, TypeError for a wrong `maxsize` or `compare`; TargetError if `compare` cannot
   * run in other threads; LayoutError if the memory is misaligned, too small, or holds something else
   */
  constructor(maxsize = 0, options: PriorityQueueOptions<T> | Place = {}) {
    const compare = referenceIn(options);
    super(PRIORITY_KIND, maxsize, options, (blocks, journal) => {
      return new PriorityOrder(blocks, journal, compare && resolveTargetNow(compare));
    });
    this.#compare = compare;
  }

  /** How `compare` travels. @internal */
  get compareReference(): TargetReference | undefined {
    return this.#compare;
  }

  /** @internal */
  protected rankOf(item: unknown): unknown {
    return this.#compare ? item : priorityOf(item);
  }
}

/** Where `revive` leaves what it got with the handle. */
const REFERENCE = Symbol('compare');

function referenceIn(options: object): TargetReference | undefined {
  const { compare, [REFERENCE]: reference } = options as { compare?: unknown; [REFERENCE]?: TargetReference };
  if (reference !== undefined || compare === undefined) return reference;
  return captureTarget(compare, { above: PriorityQueue, what: 'compare' });
}

/** How it travels; see `Kind`. @internal */
export const PRIORITY_KIND: Kind = /* @__PURE__ */ registerKind<PriorityQueue>(() => ({
  ...queueShape(11, 'PriorityQueue'),
  module: import.meta.url,
  extra: (queue) => {
    onShared();
    return queue.compareReference;
  },
  revive: (memory, name, extra) => {
    if (extra !== undefined && !isTargetReference(extra)) {
      throw new LayoutError('the handle of a PriorityQueue is damaged: its compare is no target');
    }
    const place: Place & { readonly [REFERENCE]: TargetReference | undefined } = {
      ...at(memory, name),
      [REFERENCE]: extra,
    };
    return new PriorityQueue(0, place);
  },
}));
