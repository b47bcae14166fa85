/**
 * What the model tests of queues share. One algorithm serves all three, so most models use `Queue`; the
 * others have one for their own order. `slices` are left out except for deaths: no wake may need them.
 */
import {
  explore,
  Interrupted,
  LONG,
  type Body,
  type ExploreOptions,
  type Outcome,
} from '@x/testkit/explorer';
import { Queue } from '@x/queue';
import { expect } from 'vitest';
import type { BaseQueue } from '@x/queue';

const words = {
  queue: {
    4: 'LATCH',
    5: 'WAITING',
    6: 'ITEMS',
    7: 'SPACE',
    8: 'DONE',
    9: 'ITEMS_LOOP',
    10: 'SPACE_LOOP',
    11: 'DONE_LOOP',
    12: 'COMMIT',
    13: 'STATE',
    14: 'CAPACITY',
    17: 'SIZE',
    18: 'UNFINISHED',
  },
};

export interface Shared {
  readonly queue: BaseQueue<number>;
}

/** In memory of its own a queue would be able to grow, which the explorer's snapshots cannot. */
export const memory = () => ({ buffer: new SharedArrayBuffer(Queue.BYTES) });

export const setup =
  (maxsize: number, ...items: number[]) =>
  (): Shared => {
    const queue = new Queue<number>(maxsize, memory());
    for (const item of items) queue.put(item);
    return { queue };
  };

/** For models of which two preemptions take minutes: CI has no time for those. */
export const BOUND = LONG ? { maxMs: 1_000_000 } : { preemptions: 1 };

/** Explores a model, under the name of its test. The largest take most of a minute, and more on a busy machine. */
export const check = <N extends string, S extends Shared = Shared>(
  options: Omit<ExploreOptions<S, N>, 'words' | 'name'>,
) => explore({ maxMs: 200_000, ...options, words, name: expect.getState().currentTestName ?? '' });

export const name = (error: unknown): string => {
  if (error instanceof Interrupted) return 'Interrupted';
  const known = ['QueueEmptyError', 'QueueFullError', 'QueueShutDownError', 'AbandonedError', 'AbortError'];
  if (error instanceof Error && known.includes(error.name)) return error.name;
  throw error;
};

/**
 * What is left in the queue at the end; undefined if a dead thread is in the latch and nobody has come
 * since who would have taken it over, so that the explorer's own thread would wait for it.
 */
export const drain = (queue: BaseQueue<number>): number[] | undefined => {
  if (queue.memory.words[4] !== 0) return undefined;
  const items: number[] = [];
  while (!queue.empty) items.push(queue.tryGet());
  return items;
};

export const valueOf = (outcome: Outcome): unknown => ('value' in outcome ? outcome.value : undefined);

export const put =
  (item: number, timeout?: number): Body<Shared> =>
  ({ queue }) => {
    try {
      queue.put(item, { timeout });
      return 'put';
    } catch (error) {
      return name(error);
    }
  };

export const get =
  (timeout?: number): Body<Shared> =>
  ({ queue }) => {
    try {
      return queue.get({ timeout });
    } catch (error) {
      return name(error);
    }
  };

export const putAsync =
  (item: number): Body<Shared> =>
  async ({ queue }, thread) => {
    try {
      await queue.putAsync(item, { signal: thread.signal() });
      return 'put';
    } catch (error) {
      return name(error);
    }
  };

export const getAsync =
  (timeout?: number): Body<Shared> =>
  async ({ queue }, thread) => {
    try {
      return await queue.getAsync({ timeout, signal: thread.signal() });
    } catch (error) {
      return name(error);
    }
  };

export const getTwice: Body<Shared> = ({ queue }) => [queue.get(), queue.get()];
