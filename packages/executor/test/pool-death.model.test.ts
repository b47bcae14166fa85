/**
 * Deaths under the explorer: of a worker and of a submitter, at every step. Slices end here when nothing else can happen,
 * since a wake may die with its sender.
 */
import { expect, test } from 'vitest';
import { BrokenExecutorError } from '@x/core';
import { Atomics } from '@x/core/seam';
import {
  areaOf,
  check,
  crewOf,
  guestOf,
  isTakenAgain,
  LONG,
  outcomeOf,
  open,
  ownerOf,
  pass,
  passOpen,
  runsOf,
  setup,
  spare,
  worker,
} from './pool-model.js';

test('a task whose worker dies is run by the next one, or reported as broken, and its slot comes back', async () => {
  await check({
    setup: setup(),
    threads: {
      S: (model, thread) => {
        const side = crewOf(model, thread);
        const first = outcomeOf(side.submit(1));
        const next = [side.submit(2)].map(outcomeOf);
        side.close();
        return { first, next };
      },
      W0: spare(0),
      W1: spare(1),
    },
    preemptions: 0,
    events: { kills: 1, mortal: ['W0'], idleSlices: 4 },
    final: (model, { S }) => {
      const { first, next } = (S as { value: { first: unknown; next: unknown[] } }).value;
      const runs = runsOf(model, 1, 2, 3);
      [first, ...next].forEach((result, i) => {
        // Broken is only what had been taken; what was run to its end is never run again.
        if (result === BrokenExecutorError.name) expect(runs[i]).toBeLessThanOrEqual(1);
        else expect([result, runs[i]]).toEqual([(i + 1) * 2, 1]);
      });
    },
  });
});

test(
  'an event loop learns of what a worker did, or did not do, before it died',
  { timeout: 400_000 },
  async () => {
    await check({
      setup: setup(),
      threads: {
        S: async (model, thread) => {
          const side = crewOf(model, thread);
          const outcome = (n: number): Promise<unknown> =>
            side.submit(n).then(
              (value) => value,
              (error: unknown) => (error as Error).name,
            );
          const results: unknown[] = [];
          for (let n = 1; n <= (LONG ? 2 : 1); n++) results.push(await outcome(n));
          side.close();
          return results;
        },
        W0: spare(0),
        W1: spare(1),
      },
      preemptions: 0,
      events: { kills: 1, mortal: ['W0'], idleSlices: 3 },
      final: (model, { S }) => {
        const runs = runsOf(model, 1, 2);
        (S as { value: unknown[] }).value.forEach((result, i) => {
          if (result === BrokenExecutorError.name) expect(runs[i]).toBeLessThanOrEqual(1);
          else expect([result, runs[i]]).toEqual([(i + 1) * 2, 1]);
        });
      },
    });
  },
);

test('a submitter that dies, with a task in its memory, keeps no worker from ending, and its area is used again', async () => {
  await check({
    setup: setup({ submitters: 2, ready: 1 }),
    threads: {
      S: (model) => {
        const side = ownerOf(model);
        pass(model);
        side.close();
      },
      G: (model) => {
        const side = guestOf(model);
        const results = [2, 3].map((n) => side.submit(n)).map(outcomeOf);
        open(model);
        return results;
      },
      W0: worker(0),
    },
    preemptions: 0,
    events: { kills: 1, mortal: ['G'], idleSlices: 2 },
    final: (model, { G }) => {
      for (const runs of runsOf(model, 2, 3)) expect(runs).toBeLessThanOrEqual(1);
      if ('value' in G) expect(G).toEqual({ value: [4, 6] });
      else expect(isTakenAgain(model)).toBe(true);
    },
  });
});

test('an area is not taken again before workers are done with what is in it', async () => {
  await check({
    setup: setup({ submitters: 3, ready: 1 }),
    threads: {
      S: (model) => {
        const side = ownerOf(model);
        passOpen(model);
        side.close();
      },
      G: (model) => guestOf(model).submit(2).result(),
      H: (model, thread) => {
        thread.kill('G');
        let area = areaOf(model);
        for (let looks = 0; area === undefined && looks < 3; looks++) {
          Atomics.wait(model.ran, 1, 0, 25);
          area = areaOf(model);
        }
        const result = area === undefined ? undefined : guestOf(model, area).submit(3).result();
        open(model);
        return result;
      },
      W0: worker(0),
    },
    preemptions: 1,
    events: { prompt: true, idleSlices: 3 },
    final: (model, { H }) => {
      expect(H).toEqual({ value: 6 });
      expect(runsOf(model, 3)).toEqual([1]);
    },
  });
});

test('tasks of other threads fail when the owner dies, since its workers end with it', async () => {
  await check({
    setup: setup({ submitters: 2 }),
    threads: {
      S: (model) => {
        ownerOf(model);
        Atomics.wait(model.ran, 1, 0);
      },
      G: (model) => outcomeOf(() => guestOf(model).submit(2)),
      killer: (_model, thread) => {
        thread.kill('S');
      },
    },
    preemptions: 2,
    events: { idleSlices: 3 },
    final: (_model, { G }) => {
      expect(G).toEqual({ value: BrokenExecutorError.name });
    },
  });
});

test.each([2, 3])('a system that has no room for a thread %i times', async (refusals) => {
  await check({
    setup: setup({ refusals }),
    threads: {
      S: (model, thread) => {
        const side = crewOf(model, thread);
        const result = outcomeOf(() => side.submit(1));
        side.close();
        return result;
      },
      W0: spare(0),
    },
    preemptions: LONG ? 3 : 2,
    final: (_model, { S }) => {
      expect(S).toEqual({ value: refusals < 3 ? 2 : BrokenExecutorError.name });
    },
  });
});
