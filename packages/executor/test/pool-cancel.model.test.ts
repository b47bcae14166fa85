/** Cancelling under the explorer: against a worker that takes the task, that runs it, that leaves it. */
import { expect, test } from 'vitest';
import { CancelledError } from '@x/core';
import {
  check,
  crewOf,
  ENDLESS,
  GATED,
  isDead,
  LONG,
  open,
  outcomeOf,
  ownerOf,
  passBegun,
  runsOf,
  setup,
  spare,
  worker,
} from './pool-model.js';

test('either the canceller has the task or a worker, never both', async () => {
  await check({
    setup: setup({ ready: 1 }),
    threads: {
      S: (model) => {
        const side = ownerOf(model);
        const first = side.submit(1);
        const cancelled = first.cancel();
        const result = outcomeOf(first);
        const next = outcomeOf(side.submit(2));
        side.close();
        return { cancelled, result, next };
      },
      W0: worker(0),
    },
    preemptions: LONG ? 3 : 2,
    final: (model, { S }) => {
      const { cancelled, result, next } = (S as { value: Record<string, unknown> }).value;
      expect(result).toBe(cancelled ? CancelledError.name : 2);
      expect(next).toBe(4);
      expect(runsOf(model, 1, 2)).toEqual([cancelled ? 0 : 1, 1]);
    },
  });
});

test('a task that was cancelled in the overflow never runs, those around it do', async () => {
  await check({
    setup: setup({ ready: 1 }),
    threads: {
      S: (model) => {
        const side = ownerOf(model);
        const futures = [1, 2, 3, 4].map((n) => side.submit(n));
        const cancelled = futures[2]!.cancel();
        const results = futures.map(outcomeOf);
        side.close();
        return { cancelled, results };
      },
      W0: worker(0),
    },
    preemptions: 2,
    final: (model, { S }) => {
      const { cancelled, results } = (S as { value: Record<string, unknown> }).value;
      expect(results).toEqual([2, 4, cancelled ? CancelledError.name : 6, 8]);
      expect(runsOf(model, 1, 2, 3, 4)).toEqual([1, 1, cancelled ? 0 : 1, 1]);
    },
  });
});

test('a task that runs is cancelled, or has ended; the next one is not interrupted', async () => {
  await check({
    setup: setup({ ready: 1 }),
    threads: {
      S: (model) => {
        const side = ownerOf(model);
        const first = side.submit(1);
        const cancelled = first.cancel({ running: true, grace: Infinity });
        const result = outcomeOf(first);
        const next = outcomeOf(side.submit(2));
        side.close();
        return { cancelled, result, next };
      },
      W0: worker(0),
    },
    preemptions: LONG ? 3 : 2,
    final: (model, { S }) => {
      const { cancelled, result, next } = (S as { value: Record<string, unknown> }).value;
      expect(result).toBe(cancelled ? CancelledError.name : 2);
      expect(next).toBe(4);
      expect(runsOf(model, 2)).toEqual([1]);
    },
  });
});

test('the interrupt for one task does not reach the next one', async () => {
  await check({
    setup: setup({ ready: 1 }),
    threads: {
      S: (model) => {
        const side = ownerOf(model);
        const first = side.submit(GATED);
        passBegun(model, 1);
        open(model);
        const cancelled = first.cancel({ running: true, grace: Infinity });
        const next = side.submit(2).result();
        side.close();
        return { cancelled, next };
      },
      W0: worker(0),
    },
    preemptions: 2,
    final: (_model, { S }) => {
      expect((S as { value: { next: number } }).value.next).toBe(4);
    },
  });
});

test('a task that does not end in its grace period ends with its worker, and another one runs the next', async () => {
  await check({
    setup: setup(),
    threads: {
      S: async (model, thread) => {
        const side = crewOf(model, thread);
        const endless = side.submit(ENDLESS);
        const cancelled = endless.cancel({ running: true, grace: 5 });
        const next = await side.submit(2);
        side.close();
        return { cancelled, next };
      },
      W0: spare(0),
      W1: spare(1),
    },
    preemptions: 1,
    events: { timeouts: 1 },
    final: (model, { S }) => {
      const { cancelled, next } = (S as { value: Record<string, unknown> }).value;
      expect(cancelled).toBe(true);
      expect(next).toBe(4);
      expect(runsOf(model, 2)).toEqual([1]);
    },
  });
});

test('the end of a grace period does not touch the next task in the slot, which is being ended, too', async () => {
  await check({
    setup: setup(),
    threads: {
      S: (model, thread) => {
        const side = crewOf(model, thread);
        const first = side.submit(GATED);
        passBegun(model, 1);
        first.cancel({ running: true, grace: 5 });
        open(model);
        // Its grace period may end here, with its worker, or not yet.
        side.submit(2).result();
        side.submit(3);
        const second = side.submit(GATED);
        passBegun(model, 2);
        const before = isDead(model, 0);
        second.cancel({ running: true, grace: Infinity });
        side.submitter.block(() => false, 1000);
        open(model);
        side.close();
        return before;
      },
      W0: spare(0),
      W1: spare(1),
    },
    preemptions: LONG ? 1 : 0,
    events: { timeouts: 2, prompt: true },
    final: (_model, { S, W0 }) => {
      expect('dead' in W0).toBe((S as { value: unknown }).value);
    },
  });
});
