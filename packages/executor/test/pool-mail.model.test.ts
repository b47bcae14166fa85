/**
 * Messages under the explorer: arguments and results that go by letter, arguments that a worker asks for, and letters that
 * nobody asks for any more.
 */
import { BrokenExecutorError, CancelledError, TransferError } from '@x/core';
import { expect, test } from 'vitest';
import {
  check,
  crewOf,
  guestOf,
  LONG,
  open,
  outcomeOf,
  ownerOf,
  parcel,
  pass,
  runsOf,
  setup,
  spare,
  worker,
} from './pool-model.js';

test('arguments and results go by letter, each to its task', async () => {
  await check({
    setup: setup({ ready: 1, mail: 160 }),
    threads: {
      S: (model) => {
        const side = ownerOf(model);
        const results = [side.post(1), side.post(2)].map((future) => future.result());
        side.close();
        return results;
      },
      W0: worker(0),
    },
    preemptions: 2,
    final: (_model, { S }) => {
      expect(S).toEqual({ value: [parcel(2), parcel(4)] });
    },
  });
});

test('the letter of a task that was cancelled is not taken for that of the next one in its slot', async () => {
  await check({
    setup: setup({ ready: 1, mail: 160 }),
    threads: {
      S: (model) => {
        const side = ownerOf(model);
        const first = side.post(1);
        const cancelled = first.cancel();
        const result = outcomeOf(first);
        const next = side.post(2).result();
        side.close();
        return { cancelled, result, next };
      },
      W0: worker(0),
    },
    preemptions: 2,
    final: (model, { S }) => {
      const { cancelled, result, next } = (S as { value: Record<string, unknown> }).value;
      expect(result).toEqual(cancelled ? CancelledError.name : parcel(2));
      expect(next).toEqual(parcel(4));
      expect(runsOf(model, 1, 2)).toEqual([cancelled ? 0 : 1, 1]);
    },
  });
});

test('a worker asks for arguments that are moved, unless the task is cancelled meanwhile', async () => {
  await check({
    setup: setup({ ready: 1, mail: 480 }),
    threads: {
      S: (model) => {
        const side = ownerOf(model);
        const first = side.hold(1);
        const second = side.hold(2);
        const result = first.result();
        const cancelled = second.cancel({ running: true, grace: Infinity });
        const other = outcomeOf(second);
        side.close();
        return { result, cancelled, other };
      },
      W0: worker(0),
    },
    preemptions: 2,
    final: (_model, { S }) => {
      const { result, cancelled, other } = (S as { value: Record<string, unknown> }).value;
      expect(result).toBe(2);
      expect(other).toBe(cancelled ? CancelledError.name : 4);
    },
  });
});

test('another thread sends and gets its letters without a port', async () => {
  await check({
    setup: setup({ submitters: 2, ready: 1, mail: 160 }),
    threads: {
      S: (model) => {
        const side = ownerOf(model);
        pass(model);
        side.close();
      },
      G: (model) => {
        const side = guestOf(model);
        const results = [side.post(1).result(), side.hold(2).result()];
        open(model);
        return results;
      },
      W0: worker(0),
    },
    preemptions: 1,
    events: { idleSlices: 1 },
    final: (_model, { G }) => {
      expect(G).toEqual({ value: [parcel(2), 4] });
    },
  });
});

test('a worker does not wait for the arguments of a thread that has died', async () => {
  await check({
    setup: setup({ submitters: 2, ready: 1, mail: 480 }),
    threads: {
      S: (model) => {
        const side = ownerOf(model);
        pass(model);
        const result = side.submit(1).result();
        side.close();
        return result;
      },
      G: (model) => {
        const result = guestOf(model).hold(2).result();
        open(model);
        return result;
      },
      W0: worker(0),
    },
    preemptions: 0,
    events: { kills: 1, prompt: !LONG, mortal: ['G'], idleSlices: 2 },
    final: (_model, { S }) => {
      expect(S).toEqual({ value: 2 });
    },
  });
});

test('the letters of a worker that died are fetched, or the task is reported', async () => {
  await check({
    setup: setup({ mail: 160 }),
    threads: {
      S: (model, thread) => {
        const side = crewOf(model, thread);
        const result = outcomeOf(side.post(1));
        side.close();
        return result;
      },
      W0: spare(0),
      W1: spare(1),
    },
    preemptions: 0,
    events: { kills: 1, mortal: ['W0'], idleSlices: 2 },
    final: (model, { S }) => {
      expect([parcel(2), BrokenExecutorError.name]).toContainEqual((S as { value: unknown }).value);
      expect(runsOf(model, 1)[0]).toBeLessThanOrEqual(1);
      expect(TransferError.name).not.toBe((S as { value: unknown }).value);
    },
  });
});
