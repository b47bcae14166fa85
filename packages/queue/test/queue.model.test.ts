/** The queues under the explorer. */
import { LifoQueue, PriorityQueue, Queue } from '@x/queue';
import { expect, test } from 'vitest';
import {
  BOUND,
  check,
  drain,
  get,
  getAsync,
  getTwice,
  memory,
  put,
  putAsync,
  setup,
  valueOf,
} from './queue-models.js';

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

test('two places wake two putters, though the bit of the sleepers was cleared for the first', async () => {
  await check({
    setup: setup(2, 1, 2),
    threads: {
      A: put(3),
      B: put(4),
      G: getTwice,
    },
    final: ({ queue }, { A, B, G }) => {
      expect([A, B]).toEqual([{ value: 'put' }, { value: 'put' }]);
      expect(G).toEqual({ value: [1, 2] });
      expect(queue.size).toBe(2);
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
    final: (_shared, { A, B }) => {
      expect([valueOf(A), valueOf(B)].sort()).toEqual([1, 2]);
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
    final: ({ queue }, { A, B }) => {
      expect(A).toEqual({ value: 'QueueShutDownError' });
      expect(B).toEqual({ value: 'QueueShutDownError' });
      expect(queue.size).toBe(0);
      expect(queue.join({ timeout: 0 })).toBe(true);
    },
  });
});

test('join returns when the last item is marked done', { timeout: 1_000_000 }, async () => {
  await check({
    ...BOUND,
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
    final: (_shared, { J, K }) => {
      expect([J, K]).toEqual([{ value: true }, { value: true }]);
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

test('a putter that is woken and has no memory for its item lets another have the place', async () => {
  // Two of them do not fit beside each other.
  const large = 'x'.repeat(Queue.BYTES / 4) as never;
  await check({
    setup: () => {
      const queue = new Queue<number>(2, memory());
      queue.put(1);
      queue.put(large);
      return { queue, small: new Queue<number>(0, memory()) };
    },
    threads: {
      A: put(large),
      B: ({ queue, small }) => {
        queue.put(2);
        small.put(1);
      },
      G: ({ queue, small }) => {
        queue.get();
        small.get();
        queue.get();
      },
    },
    final: ({ queue }, { A }) => {
      expect(A).toEqual({ value: 'put' });
      expect(drain(queue)).toEqual([2, large]);
    },
  });
});

test('a putter that is woken and cannot be compared lets another have the place', async () => {
  const compare = (first: number, second: number): number => {
    if (first === 9) throw new TypeError('not to be compared');
    return first - second;
  };
  await check({
    setup: () => {
      const queue = new PriorityQueue<number>(2, { ...memory(), compare });
      queue.put(1);
      queue.put(2);
      return { queue };
    },
    threads: {
      // It may also find that the place has gone to the other, and then waits in vain.
      A: ({ queue }) => {
        expect(() => {
          queue.put(9, { timeout: 1 });
        }).toThrow();
      },
      B: put(3),
      G: get(),
    },
    events: { timeouts: 1 },
    final: ({ queue }, { B, G }) => {
      expect(B).toEqual({ value: 'put' });
      expect(G).toEqual({ value: 1 });
      expect(drain(queue)).toEqual([2, 3]);
    },
  });
});
