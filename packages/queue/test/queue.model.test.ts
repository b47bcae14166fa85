/**
 * The queues under the explorer. One algorithm serves all three, so most models use `Queue`; the
 * others have one for their own order. `slices` are left out except for deaths: no wake may need them.
 */
import { explore, Interrupted, type Body, type ExploreOptions, type Outcome } from '@x/testkit/explorer';
import { LifoQueue, PriorityQueue, Queue } from '@x/queue';
import { expect, test } from 'vitest';
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

interface Shared {
  readonly queue: BaseQueue<number>;
}

/** In memory of its own a queue would be able to grow, which the explorer's snapshots cannot. */
const memory = () => ({ buffer: new SharedArrayBuffer(Queue.BYTES) });

const setup =
  (maxsize: number, ...items: number[]) =>
  (): Shared => {
    const queue = new Queue<number>(maxsize, memory());
    for (const item of items) queue.put(item);
    return { queue };
  };

const check = <N extends string>(options: Omit<ExploreOptions<Shared, N>, 'words' | 'name'>) =>
  explore({ ...options, words, name: expect.getState().currentTestName ?? '' });

const name = (error: unknown): string => {
  if (error instanceof Interrupted) return 'Interrupted';
  const known = ['QueueEmptyError', 'QueueFullError', 'QueueShutDownError', 'AbandonedError', 'AbortError'];
  if (error instanceof Error && known.includes(error.name)) return error.name;
  throw error;
};

/**
 * What is left in the queue at the end; undefined if a dead thread is in the latch and nobody has come
 * since who would have taken it over, so that the explorer's own thread would wait for it.
 */
const drain = (queue: BaseQueue<number>): number[] | undefined => {
  if (queue.memory.words[4] !== 0) return undefined;
  const items: number[] = [];
  while (!queue.empty) items.push(queue.tryGet());
  return items;
};

const valueOf = (outcome: Outcome): unknown => ('value' in outcome ? outcome.value : undefined);

const put =
  (item: number, timeout?: number): Body<Shared> =>
  ({ queue }) => {
    try {
      queue.put(item, { timeout });
      return 'put';
    } catch (error) {
      return name(error);
    }
  };

const get =
  (timeout?: number): Body<Shared> =>
  ({ queue }) => {
    try {
      return queue.get({ timeout });
    } catch (error) {
      return name(error);
    }
  };

const putAsync =
  (item: number): Body<Shared> =>
  async ({ queue }, thread) => {
    try {
      await queue.putAsync(item, { signal: thread.signal() });
      return 'put';
    } catch (error) {
      return name(error);
    }
  };

const getAsync =
  (timeout?: number): Body<Shared> =>
  async ({ queue }, thread) => {
    try {
      return await queue.getAsync({ timeout, signal: thread.signal() });
    } catch (error) {
      return name(error);
    }
  };

test('what is put is got, by a getter that sleeps or comes later', async () => {
  const { schedules } = await check({
    setup: setup(0),
    threads: { P: put(1), G: get() },
    final: ({ queue }, { G }) => {
      expect(G).toEqual({ value: 1 });
      expect(queue.size).toBe(0);
    },
  });
  expect(schedules).toBeGreaterThan(20);
});

test('two items wake two sleepers, though the bit of the sleepers was cleared for the first', async () => {
  await check({
    setup: setup(0),
    threads: {
      A: get(),
      B: get(),
      P: ({ queue }) => {
        queue.put(1);
        queue.put(2);
      },
    },
    preemptions: 1,
    final: (_shared, { A, B }) => {
      expect([valueOf(A), valueOf(B)].sort()).toEqual([1, 2]);
    },
  });
});

test('a putter waits for a place', async () => {
  await check({
    setup: setup(1, 1),
    threads: { P: put(2), G: get() },
    final: ({ queue }, { P, G }) => {
      expect(P).toEqual({ value: 'put' });
      expect(G).toEqual({ value: 1 });
      expect(queue.size).toBe(1);
    },
  });
});

test('a getter that times out while it is woken leaves no other getter asleep beside an item', async () => {
  await check({
    setup: setup(0),
    threads: {
      A: get(1),
      B: get(),
      P: ({ queue }) => {
        queue.put(1);
        queue.put(2);
      },
    },
    preemptions: 1,
    events: { timeouts: 1 },
    final: ({ queue }, { A, B }) => {
      const got = [valueOf(A), valueOf(B)].filter((value) => typeof value === 'number');
      expect(got.length + queue.size).toBe(2);
      expect(typeof valueOf(B)).toBe('number');
    },
  });
});

test('a putter that times out while it is woken leaves no other putter asleep beside a place', async () => {
  await check({
    setup: setup(1, 1),
    threads: {
      A: put(2, 1),
      B: put(3),
      G: ({ queue }) => {
        queue.get();
        queue.get();
      },
    },
    preemptions: 1,
    events: { timeouts: 1 },
    final: (_shared, { A, B }) => {
      expect(['put', 'QueueFullError']).toContain(valueOf(A));
      expect(B).toEqual({ value: 'put' });
    },
  });
});

test('threads and event loops that get each have their item', async () => {
  await check({
    setup: setup(0),
    threads: {
      A: get(),
      B: getAsync(),
      P: ({ queue }) => {
        queue.put(1);
        queue.put(2);
      },
    },
    preemptions: 1,
    final: (_shared, { A, B }) => {
      expect([valueOf(A), valueOf(B)].sort()).toEqual([1, 2]);
    },
  });
});

test('an aborted async get takes nothing, and the other getter has the item', async () => {
  await check({
    setup: setup(0),
    threads: {
      A: getAsync(),
      B: get(),
      P: ({ queue }) => {
        queue.put(1);
        queue.put(2);
      },
    },
    preemptions: 1,
    events: { aborts: 1 },
    final: ({ queue }, { A, B }) => {
      expect(typeof valueOf(B)).toBe('number');
      expect(queue.size).toBe(valueOf(A) === 'AbortError' ? 1 : 0);
    },
  });
});

test('an aborted async put puts nothing, and the other putter has the place', async () => {
  await check({
    setup: setup(1, 1),
    threads: {
      A: putAsync(2),
      B: put(3),
      G: ({ queue }) => {
        queue.get();
        queue.get();
      },
    },
    preemptions: 0,
    events: { aborts: 1 },
    final: ({ queue }, { A, B }) => {
      expect(B).toEqual({ value: 'put' });
      expect(queue.size).toBe(valueOf(A) === 'AbortError' ? 0 : 1);
    },
  });
});

test('shutdown wakes every getter and putter, threads and event loops', async () => {
  await check({
    setup: setup(0),
    threads: {
      A: get(),
      B: getAsync(),
      S: ({ queue }) => {
        queue.shutdown();
      },
    },
    preemptions: 1,
    final: (_shared, { A, B }) => {
      expect(A).toEqual({ value: 'QueueShutDownError' });
      expect(B).toEqual({ value: 'QueueShutDownError' });
    },
  });
  await check({
    setup: setup(1, 1),
    threads: {
      A: put(2),
      B: putAsync(3),
      S: ({ queue }) => {
        queue.shutdown({ immediate: true });
      },
    },
    preemptions: 1,
    final: ({ queue }, { A, B }) => {
      expect(A).toEqual({ value: 'QueueShutDownError' });
      expect(B).toEqual({ value: 'QueueShutDownError' });
      expect(queue.size).toBe(0);
      expect(queue.join({ timeout: 0 })).toBe(true);
    },
  });
});

test('join returns when the last item is marked done', async () => {
  await check({
    setup: setup(0, 1, 2),
    threads: {
      J: ({ queue }) => queue.join(),
      K: ({ queue }) => queue.joinAsync(),
      A: ({ queue }) => {
        queue.get();
        queue.taskDone();
      },
      B: ({ queue }) => {
        queue.get();
        queue.taskDone();
      },
    },
    preemptions: 1,
    final: (_shared, { J, K }) => {
      expect([J, K]).toEqual([{ value: true }, { value: true }]);
    },
  });
});

test('a putter that dies at any step: its item is in the queue or not, and nobody hangs', async () => {
  await check({
    setup: setup(0),
    threads: {
      P: put(1),
      Q: ({ queue }) => {
        queue.put(2);
        return queue.get();
      },
    },
    preemptions: 2,
    events: { kills: 1, mortal: ['P'], idleSlices: 2 },
    final: ({ queue }, { P, Q }) => {
      const rest = drain(queue);
      if (!rest) return;
      const all = [valueOf(Q), ...rest].sort();
      if (valueOf(P) === 'put') expect(all).toEqual([1, 2]);
      else expect([[1, 2], [2]]).toContainEqual(all);
    },
  });
});

test('a getter that dies at any step leaves the other its item', async () => {
  await check({
    setup: setup(0, 1),
    threads: {
      A: get(),
      B: ({ queue }) => {
        queue.put(2);
        return queue.get();
      },
    },
    preemptions: 2,
    events: { kills: 1, mortal: ['A'], idleSlices: 2 },
    final: ({ queue }, { A, B }) => {
      const rest = drain(queue);
      if (!rest) return;
      // What A took when it died is gone, at most one; nothing is there twice.
      const seen = [valueOf(A), valueOf(B), ...rest].filter((item) => item !== undefined);
      expect(new Set(seen).size).toBe(seen.length);
      expect(seen.length).toBeGreaterThanOrEqual('dead' in A ? 1 : 2);
    },
  });
});

test('join throws if a thread died with an item that it took, and returns if it was done', async () => {
  const seen = new Set<unknown>();
  await check({
    setup: setup(0, 1),
    threads: {
      A: ({ queue }) => {
        queue.tryGet();
        queue.taskDone();
      },
      J: ({ queue }) => {
        try {
          return queue.join({ timeout: 1 });
        } catch (error) {
          return name(error);
        }
      },
    },
    preemptions: 1,
    events: { kills: 1, mortal: ['A'], timeouts: 1, idleSlices: 2 },
    final: ({ queue }, { A, J }) => {
      seen.add(valueOf(J));
      if (valueOf(J) === true) expect(queue.size).toBe(0);
      if (valueOf(J) === 'AbandonedError') expect(A).toHaveProperty('dead');
    },
  });
  expect([...seen].map(String).sort()).toEqual(['AbandonedError', 'false', 'true']);
});

test('the interrupted getter leaves, the other has the item', async () => {
  await check({
    setup: setup(0),
    threads: {
      A: get(),
      B: get(),
      P: ({ queue }) => {
        queue.put(1);
        queue.put(2);
      },
    },
    preemptions: 0,
    events: { interrupts: 1, idleSlices: 2 },
    final: ({ queue }, { A, B }) => {
      const got = [valueOf(A), valueOf(B)].filter((value) => typeof value === 'number');
      expect(got.length + queue.size).toBe(2);
    },
  });
});

test('a stack and a heap keep their order whatever comes in between', async () => {
  await check({
    setup: () => {
      const queue = new LifoQueue<number>(0, memory());
      queue.put(1);
      return { queue };
    },
    threads: { P: put(2), G: get() },
    final: ({ queue }) => {
      expect(queue.size).toBe(1);
    },
  });
  await check({
    setup: () => {
      const queue = new PriorityQueue<number>(0, memory());
      queue.put(5);
      return { queue };
    },
    threads: { P: put(4), Q: put(6) },
    events: { kills: 1, mortal: ['P'], idleSlices: 2 },
    final: ({ queue }) => {
      const rest = drain(queue);
      if (!rest) return;
      expect(rest).toEqual([...rest].sort());
      expect(rest).toContain(6);
    },
  });
});
