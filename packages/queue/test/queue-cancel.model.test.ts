/** Waiters of a queue that leave. */
import { expect, test } from 'vitest';
import { BOUND, check, get, getAsync, getTwice, put, putAsync, setup, valueOf } from './queue-models.js';

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
    events: { timeouts: 1 },
    final: ({ queue }, { A, B }) => {
      const got = [valueOf(A), valueOf(B)].filter((value) => typeof value === 'number');
      expect(got.length + queue.size).toBe(2);
      expect(typeof valueOf(B)).toBe('number');
    },
  });
});

test(
  'a putter that times out while it is woken leaves no other putter asleep beside a place',
  { timeout: 1_000_000 },
  async () => {
    await check({
      ...BOUND,
      setup: setup(1, 1),
      threads: {
        A: put(2, 1),
        B: put(3),
        G: getTwice,
      },
      events: { timeouts: 1 },
      final: (_shared, { A, B }) => {
        expect(['put', 'QueueFullError']).toContain(valueOf(A));
        expect(B).toEqual({ value: 'put' });
      },
    });
  },
);

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
    events: { aborts: 1 },
    final: ({ queue }, { A, B }) => {
      expect(typeof valueOf(B)).toBe('number');
      expect(queue.size).toBe(valueOf(A) === 'AbortError' ? 1 : 0);
    },
  });
});

test(
  'an aborted async put puts nothing, and the other putter has the place',
  { timeout: 1_000_000 },
  async () => {
    await check({
      ...BOUND,
      setup: setup(1, 1),
      threads: {
        A: putAsync(2),
        B: put(3),
        G: getTwice,
      },
      events: { aborts: 1 },
      final: ({ queue }, { A, B }) => {
        expect(B).toEqual({ value: 'put' });
        expect(queue.size).toBe(valueOf(A) === 'AbortError' ? 0 : 1);
      },
    });
  },
);

test('the interrupted getter leaves, the other has the item', { timeout: 1_000_000 }, async () => {
  await check({
    ...BOUND,
    setup: setup(0),
    threads: {
      A: get(),
      B: get(),
      P: ({ queue }) => {
        queue.put(1);
        queue.put(2);
      },
    },
    events: { interrupts: 1, idleSlices: 2 },
    final: ({ queue }, { A, B }) => {
      const got = [valueOf(A), valueOf(B)].filter((value) => typeof value === 'number');
      expect(got.length + queue.size).toBe(2);
    },
  });
});
