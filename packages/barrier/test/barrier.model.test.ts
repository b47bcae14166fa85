import { Barrier, BrokenBarrierError } from '@x/barrier';
import {
  explore,
  type Body,
  type ExploreOptions,
  type Outcome,
  type VirtualThread,
} from '@x/testkit/explorer';
import { expect, test } from 'vitest';

const words = {
  barrier: {
    4: 'STATE',
    5: 'SEQ',
    6: 'PARTIES',
    7: 'ENDS',
    8: 'SLOTS',
    10: 'RESET',
    18: 'OWNER',
    19: 'CYCLE',
  },
};

interface Shared {
  readonly barrier: Barrier;
}

const setup = (parties: number) => (): Shared => ({ barrier: new Barrier(parties) });

const check = <N extends string>(options: Omit<ExploreOptions<Shared, N>, 'words'>) =>
  explore({ ...options, words });

/** The explorer ends threads by an exception of its own, which must not be caught. */
const nameOf = (error: unknown): string => {
  if (error instanceof BrokenBarrierError || (error as Error | undefined)?.name === 'AbortError')
    return (error as Error).name;
  throw error;
};

const party =
  (cycles = 1, timeout?: number): Body<Shared> =>
  ({ barrier }) => {
    const got: (number | string)[] = [];
    for (let cycle = 0; cycle < cycles; cycle++) {
      try {
        got.push(barrier.wait({ timeout }));
      } catch (error) {
        got.push(nameOf(error));
      }
    }
    return got;
  };

const partyAsync =
  (cycles = 1, timeout?: number, abortable = false): Body<Shared> =>
  async ({ barrier }, thread: VirtualThread) => {
    const got: (number | string)[] = [];
    for (let cycle = 0; cycle < cycles; cycle++) {
      try {
        got.push(await barrier.waitAsync({ timeout, signal: abortable ? thread.signal() : undefined }));
      } catch (error) {
        got.push(nameOf(error));
      }
    }
    return got;
  };

const gotBy = (outcome: Outcome): unknown[] => ('value' in outcome ? (outcome.value as unknown[]) : []);

const valuesOf = (outcomes: Record<string, Outcome>, cycle = 0): unknown[] =>
  Object.values(outcomes)
    .filter((outcome) => 'value' in outcome && outcome.value !== undefined)
    .map((outcome) => ((outcome as { value: unknown }).value as unknown[])[cycle])
    .sort();

/** Either everybody passed, or everybody failed. */
const together = (_shared: Shared, outcomes: Record<string, Outcome>): void => {
  const numbers = valuesOf(outcomes).filter((value) => typeof value === 'number');
  expect([0, Object.keys(outcomes).length]).toContain(numbers.length);
};

test('two threads, two cycles', async () => {
  await check({
    name: 'two threads',
    setup: setup(2),
    threads: { A: party(2), B: party(2) },
    final: (_shared, outcomes) => {
      expect([valuesOf(outcomes, 0), valuesOf(outcomes, 1)]).toEqual([
        [0, 1],
        [0, 1],
      ]);
    },
  });
});

test('a thread and a loop, two cycles', async () => {
  await check({
    name: 'mixed',
    setup: setup(2),
    threads: { A: party(2), B: partyAsync(2) },
    final: (_shared, outcomes) => {
      expect([valuesOf(outcomes, 0), valuesOf(outcomes, 1)]).toEqual([
        [0, 1],
        [0, 1],
      ]);
    },
  });
});

test('three threads', async () => {
  await check({
    name: 'three threads',
    setup: setup(3),
    threads: { A: party(), B: party(), C: party() },
    final: (_shared, outcomes) => {
      expect(valuesOf(outcomes)).toEqual([0, 1, 2]);
    },
  });
});

test('two threads and a loop', async () => {
  await check({
    name: 'three, mixed',
    setup: setup(3),
    threads: { A: party(), B: party(), C: partyAsync() },
    final: (_shared, outcomes) => {
      expect(valuesOf(outcomes)).toEqual([0, 1, 2]);
    },
  });
});

test('who has passed learns so, although the next cycle has begun and was reset', async () => {
  await check({
    name: 'reset of the next cycle',
    setup: () => {
      const shared = setup(2)();
      // Not the very first cycle, whose number is that of none.
      shared.barrier.abort();
      shared.barrier.reset();
      return shared;
    },
    threads: {
      A: party(1, 50),
      B: party(2, 50),
      C: ({ barrier }) => {
        barrier.reset();
      },
    },
    events: { timeouts: 3 },
    // B passes with A, in its first cycle or in its second.
    final: (_shared, { A, B }) => {
      const passes = [A, B].map((outcome) => gotBy(outcome).filter((got) => typeof got === 'number'));
      expect(passes[0]!.length).toBe(passes[1]!.length);
    },
  });
});

test('a party that may time out: all pass, or none', async () => {
  await check({
    name: 'time-out',
    setup: setup(2),
    threads: { A: party(1, 50), B: party() },
    events: { timeouts: 1 },
    final: together,
  });
});

test('an async party that may time out: all pass, or none', async () => {
  await check({
    name: 'async time-out',
    setup: setup(2),
    threads: { A: partyAsync(1, 50), B: party() },
    events: { timeouts: 1 },
    final: together,
  });
});

test('an async party that may be aborted leaves nobody waiting', async () => {
  await check({
    name: 'abort',
    setup: setup(2),
    threads: { A: partyAsync(1, undefined, true), B: party() },
    events: { aborts: 1 },
  });
});

test('somebody else aborts it, at any moment', async () => {
  await check({
    name: 'abort()',
    setup: setup(2),
    threads: {
      A: party(),
      B: partyAsync(),
      C: ({ barrier }) => {
        barrier.abort();
      },
    },
    // One that passed before must not be made to fail by an abort that comes late.
    final: (_shared, { A, B }) => {
      together(_shared, { A, B });
    },
  });
});

test('somebody else resets it, and those that failed come again', async () => {
  const again: Body<Shared> = ({ barrier }) => {
    for (;;) {
      try {
        return [barrier.wait()];
      } catch (error) {
        nameOf(error);
        // Reset: once more.
      }
    }
  };
  await check({
    name: 'reset()',
    setup: setup(2),
    threads: {
      A: again,
      B: again,
      C: ({ barrier }) => {
        barrier.reset();
      },
    },
    final: (_shared, outcomes) => {
      expect(valuesOf(outcomes)).toEqual([0, 1]);
    },
  });
});

test('a party that is killed at any instruction leaves nobody waiting', async () => {
  await check({
    name: 'death',
    setup: setup(2),
    threads: { doomed: party(), other: party(1, 50) },
    events: { kills: 1, mortal: ['doomed'], timeouts: 1, idleSlices: 3 },
  });
});

test('a party that is killed after its arrival breaks the barrier without any time-out', async () => {
  await check({
    name: 'death of one of three',
    setup: setup(3),
    threads: {
      doomed: ({ barrier }, thread) => {
        try {
          barrier.wait();
        } catch (error) {
          nameOf(error);
        }
        thread.point('outside');
      },
      other: ({ barrier }) => {
        try {
          return [barrier.wait()];
        } catch (error) {
          return [nameOf(error)];
        }
      },
      third: ({ barrier }) => {
        // Comes only when the two others are in; if one of them has died by then, it is for those to find.
        if (barrier.nWaiting === 2) barrier.wait();
        else barrier.abort();
      },
    },
    events: { kills: 1, mortal: ['doomed'], idleSlices: 2 },
  });
});
