/** Shutting down under the explorer, while tasks are in flight and while others submit; and taking an area. */
import { ShutdownError } from '@x/core';
import { Atomics } from '@x/core/seam';
import { expect, test } from 'vitest';
// First, since it puts the small sizes in place.
import {
  areaOf,
  check,
  crewOf,
  guestOf,
  LONG,
  outcomeOf,
  ownerOf,
  poolIn,
  runsOf,
  setup,
  spare,
  tasksIn,
  worker,
} from './pool-model.js';
import * as layout from '../src/layout.js';
import { Taker } from '../src/taker.js';

test('what was submitted before the shutdown is run, and nothing after it', async () => {
  await check({
    setup: setup({ ready: 1 }),
    threads: {
      S: (model) => {
        const side = ownerOf(model);
        const futures = [1, 2, 3].map((n) => side.submit(n));
        side.close();
        const late = outcomeOf(() => side.submit(4));
        return [...futures.map(outcomeOf), late];
      },
      W0: worker(0),
    },
    preemptions: 2,
    final: (model, { S }) => {
      expect(S).toEqual({ value: [2, 4, 6, ShutdownError.name] });
      expect(runsOf(model, 1, 2, 3, 4)).toEqual([1, 1, 1, 0]);
    },
  });
});

test('a task that another thread submits during the shutdown is refused or run, also by a worker that has to be started for it', async () => {
  await check({
    setup: setup({ submitters: 2 }),
    threads: {
      S: (model, thread) => {
        const side = crewOf(model, thread);
        const result = side.submit(1).result();
        side.end();
        return result;
      },
      G: (model) => outcomeOf(() => guestOf(model).submit(2)),
      W0: spare(0),
      W1: spare(1),
    },
    preemptions: LONG ? 1 : 0,
    events: { idleSlices: 4 },
    final: (model, { S, G }) => {
      expect(S).toEqual({ value: 2 });
      const { value } = G as { value: unknown };
      expect([4, ShutdownError.name]).toContain(value);
      expect(runsOf(model, 1, 2)).toEqual([1, value === 4 ? 1 : 0]);
    },
  });
});

test('a task that is submitted during the shutdown is not left behind by the last worker', async () => {
  await check({
    setup: setup({ submitters: 2, ready: 1 }),
    threads: {
      S: (model) => {
        ownerOf(model).close();
      },
      G: (model) => outcomeOf(() => guestOf(model).submit(2)),
      W0: worker(0),
    },
    preemptions: 2,
    final: (model, { G }) => {
      const { value } = G as { value: unknown };
      expect([4, ShutdownError.name]).toContain(value);
      expect(runsOf(model, 2)).toEqual([value === 4 ? 1 : 0]);
    },
  });
});

test('two threads take different areas, or are told that there is none', async () => {
  await check({
    setup: setup({ submitters: 1 }),
    threads: {
      S: () => undefined,
      G: (model) => areaOf(model),
      H: (model) => areaOf(model),
    },
    final: (_model, { G, H }) => {
      expect([G, H]).toContainEqual({ value: 1 });
      expect([G, H]).toContainEqual({ value: undefined });
    },
  });
});

test('an area of a dead thread is not taken while its ring holds a task', async () => {
  await check({
    setup: setup({ submitters: 3 }),
    threads: {
      S: () => undefined,
      G: (model) => {
        guestOf(model).submit(2);
      },
      H: (model, thread) => {
        thread.kill('G');
        return areaOf(model);
      },
    },
    events: { prompt: true },
    final: (model, { H }) => {
      expect(H).toEqual({ value: tasksIn(model, 1) === 0 ? 1 : undefined });
    },
  });
});

test('the slot of a task that a worker is about to claim is not given to another one with its area', async () => {
  await check({
    setup: () => {
      const model = setup({ submitters: 1, ready: 1 })();
      const { words } = poolIn(model);
      // A guest has put a task in, and has ended.
      words[layout.areaBase(1) + layout.AREA_THREAD_WORD] = (1 << 24) | 1;
      words[layout.slotBase(1, 0)] = layout.SlotState.PENDING | (1 << layout.GENERATION_SHIFT);
      words[layout.ringBase(1)] = 1 << layout.GENERATION_SHIFT;
      words[layout.areaBase(1) + layout.TAIL_WORD] = 1;
      words[layout.AREAS_WORD] = 2;
      return model;
    },
    threads: {
      S: () => undefined,
      W0: (model, thread) => {
        const own = new Taker(poolIn(model), 0);
        if (!own.take()) return;
        const done = (own.state & ~layout.CODE_MASK) | layout.SlotState.DONE;
        const was = Atomics.compareExchange(poolIn(model).words, own.index, own.state, done);
        thread.check(was === own.state, `the slot of a task that runs says ${was}, not ${own.state}`);
      },
      H: (model) => {
        const area = areaOf(model);
        if (area !== undefined) guestOf(model, area).submit(3);
        return area ?? 'none';
      },
    },
    preemptions: 3,
  });
});
