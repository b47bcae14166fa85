/**
 * Submitting, taking, finishing and sleeping under the explorer. No slice ends here but where a nap has to: no wake may be
 * lost, of a worker, of a blocked submitter or of its event loop.
 */
import { Atomics } from '@x/core/seam';
import { expect, test } from 'vitest';
// First, since it puts the small sizes in place.
import {
  check,
  crewOf,
  guestOf,
  LONG,
  MEETING,
  open,
  ownerOf,
  pass,
  poolIn,
  runsOf,
  setup,
  spare,
  worker,
  type PoolModel,
} from './pool-model.js';
import * as layout from '../src/layout.js';
import { Taker } from '../src/taker.js';
import { setupFilled, takenFrom, taker } from './ring-model.js';

/** Submits tasks at once, blocks for each result, and shuts the pool down. */
const blocking =
  (...numbers: number[]) =>
  (model: PoolModel) => {
    const side = ownerOf(model);
    const futures = numbers.map((n) => side.submit(n));
    const results = futures.map((future) => future.result());
    side.close();
    return results;
  };

test('a blocked thread gets the result of its task, and the worker ends after it', async () => {
  await check({
    setup: setup({ ready: 1 }),
    threads: { S: blocking(3), W0: worker(0) },
    preemptions: LONG ? 3 : 2,
    final: (model, { S }) => {
      expect(S).toEqual({ value: [6] });
      expect(runsOf(model, 3)).toEqual([1]);
    },
  });
});

test('an event loop gets the result of its task', async () => {
  await check({
    setup: setup({ ready: 1 }),
    threads: {
      S: async (model) => {
        const side = ownerOf(model);
        const result = await side.submit(3);
        side.close();
        return result;
      },
      W0: worker(0),
    },
    preemptions: LONG ? 3 : 2,
    final: (model, { S }) => {
      expect(S).toEqual({ value: 6 });
      expect(runsOf(model, 3)).toEqual([1]);
    },
  });
});

test('a worker that sleeps, or is about to, gets the next task, whose slot was used before', async () => {
  await check({
    setup: setup({ ready: 1 }),
    threads: {
      S: (model) => {
        const side = ownerOf(model);
        const results = [side.submit(1).result(), side.submit(2).result(), side.submit(3).result()];
        side.close();
        return results;
      },
      W0: worker(0),
    },
    preemptions: LONG ? 3 : 2,
    final: (model, { S }) => {
      expect(S).toEqual({ value: [2, 4, 6] });
      expect(runsOf(model, 1, 2, 3)).toEqual([1, 1, 1]);
    },
  });
});

test('more tasks than slots: all are run, in order, once', async () => {
  await check({
    setup: setup({ ready: 1 }),
    threads: { S: blocking(1, 2, 3, 4), W0: worker(0) },
    preemptions: LONG ? 2 : 1,
    final: (model, { S }) => {
      expect(S).toEqual({ value: [2, 4, 6, 8] });
      expect(runsOf(model, 1, 2, 3, 4)).toEqual([1, 1, 1, 1]);
    },
  });
});

test('two workers: each task is run by one of them', async () => {
  await check({
    setup: setup({ ready: 2 }),
    threads: { S: blocking(1, 2), W0: worker(0), W1: worker(1) },
    preemptions: LONG ? 2 : 1,
    final: (model, { S }) => {
      expect(S).toEqual({ value: [2, 4] });
      expect(runsOf(model, 1, 2)).toEqual([1, 1]);
    },
  });
});

test.each([2, 3])('%i workers that take from one ring have each task once, and leave none', async (count) => {
  const threads = Object.fromEntries(Array.from({ length: count }, (_, n) => [`W${n}`, taker(n)]));
  await check({
    setup: setupFilled,
    threads,
    preemptions: LONG ? Infinity : 6 - count,
    final: (model, outcomes) => {
      const taken = Object.values(outcomes).flatMap((outcome) => (outcome as { value: number[] }).value);
      expect(taken.sort()).toEqual([0, 1]);
      expect(takenFrom(model)).toBe(2);
    },
  });
});

test('two tasks that wait for each other wake both workers', async () => {
  await check({
    setup: setup({ ready: 2 }),
    threads: { S: blocking(MEETING - 1, MEETING), W0: worker(0), W1: worker(1) },
    preemptions: LONG ? 2 : 1,
    final: (_model, { S }) => {
      expect(S).toEqual({ value: [2 * MEETING - 2, 2 * MEETING] });
    },
  });
});

test('two threads submit to one worker', async () => {
  await check({
    setup: setup({ submitters: 2, ready: 1 }),
    threads: {
      S: (model) => {
        const side = ownerOf(model);
        const result = side.submit(1).result();
        pass(model);
        side.close();
        return result;
      },
      G: (model) => {
        const result = guestOf(model).submit(2).result();
        open(model);
        return result;
      },
      W0: worker(0),
    },
    preemptions: LONG ? 2 : 1,
    final: (model, { S, G }) => {
      expect([S, G]).toEqual([{ value: 2 }, { value: 4 }]);
      expect(runsOf(model, 1, 2)).toEqual([1, 1]);
    },
  });
});

test('an owner that only listens starts a worker for another thread', async () => {
  await check({
    setup: setup({ submitters: 2 }),
    threads: {
      // Async, so that its event loop goes on.
      S: async (model, thread) => {
        crewOf(model, thread).listen();
      },
      G: (model) => {
        const side = guestOf(model);
        const result = side.submit(1).result();
        side.close();
        return result;
      },
      W0: spare(0),
    },
    preemptions: LONG ? 2 : 1,
    final: (_model, { G }) => {
      expect(G).toEqual({ value: 2 });
    },
  });
});

/** A worker that does one short task after the other. */
const setupQuick = (): PoolModel => {
  const model = setup({ ready: 1 })();
  poolIn(model).words[layout.recordBase(0) + layout.QUICK_WORD] = 1;
  return model;
};

test('tasks for which a napping worker was not woken are told of before their thread blocks', async () => {
  await check({
    setup: setupQuick,
    threads: { S: blocking(1, 2, 3), W0: worker(0) },
    preemptions: LONG ? 3 : 2,
    final: (model, { S }) => {
      expect(S).toEqual({ value: [2, 4, 6] });
      expect(runsOf(model, 1, 2, 3)).toEqual([1, 1, 1]);
    },
  });
});

test('and before the end of a turn of its event loop', async () => {
  await check({
    setup: setupQuick,
    threads: {
      S: async (model) => {
        const side = ownerOf(model);
        const results = await Promise.all([side.submit(1), side.submit(2)]);
        side.close();
        return results;
      },
      W0: worker(0),
    },
    preemptions: LONG ? 2 : 1,
    final: (model, { S }) => {
      expect(S).toEqual({ value: [2, 4] });
      expect(runsOf(model, 1, 2)).toEqual([1, 1]);
    },
  });
});

test('a worker that was long at a task does not rely on what it saw of the ring before', async () => {
  await check({
    setup: setupFilled,
    threads: {
      W: (model) => {
        const pool = poolIn(model);
        const own = new Taker(pool, 0);
        expect(own.take()).toBe(true);
        // Meanwhile others have taken all, and so many more that the positions began anew.
        const far = 2 ** 32 - 1000;
        for (const word of [layout.TAIL_WORD, layout.HEAD_WORD])
          Atomics.store(pool.words, layout.areaBase(0) + word, far | 0);
        own.forget();
        return own.take();
      },
    },
    final: (_model, { W }) => {
      expect(W).toEqual({ value: false });
    },
  });
});

test('a worker that naps beside a quick one has its task when the nap ends', async () => {
  await check({
    setup: () => {
      const model = setup({ ready: 2 })();
      poolIn(model).words[layout.recordBase(0) + layout.QUICK_WORD] = 1;
      return model;
    },
    // Neither task ends without the other, so the quick worker cannot do both.
    threads: { S: blocking(MEETING - 1, MEETING), W0: worker(0), W1: worker(1) },
    preemptions: LONG ? 2 : 1,
    events: { idleSlices: 1 },
    final: (_model, { S }) => {
      expect(S).toEqual({ value: [2 * MEETING - 2, 2 * MEETING] });
    },
  });
});

test('a wake is not spent on a worker that waits for its arguments', async () => {
  await check({
    setup: () => {
      const model = setup({ submitters: 1, ready: 2 })();
      const { words } = poolIn(model);
      for (const record of [0, 1]) words[layout.recordBase(record) + layout.ASLEEP_WORD] = layout.SLEEPING;
      words[layout.SLEEPERS_WORD] = 2;
      return model;
    },
    threads: {
      S: (model) => {
        poolIn(model).wakeWorker();
      },
      // Woken by somebody else; takes that one's task, whose arguments it has to ask for.
      W0: (model) => {
        const own = poolIn(model);
        own.rouse(0);
        own.fallAsleep(0, layout.FETCHING);
      },
    },
    preemptions: 3,
    final: (model) => {
      const { words } = poolIn(model);
      const asleep = [0, 1].map((record) => words[layout.recordBase(record) + layout.ASLEEP_WORD]);
      expect(asleep).not.toEqual([0, layout.SLEEPING]);
    },
  });
});
