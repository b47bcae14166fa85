import { explore, Interrupted, LONG, type Body, type ExploreOptions } from '@x/testkit/explorer';
import { expect, test } from 'vitest';
import { ThreadState } from '@x/core';
import { BoundedSemaphore, Semaphore } from '@x/semaphore';

const VALUE_MASK = 2 ** 23 - 1;

const words = {
  semaphore: {
    3: 'FLAGS',
    4: 'STATE',
    5: 'SEQ',
    6: 'GATE',
    7: 'HEAD',
    8: 'WANT',
    10: 'SLOTS',
    12: 'OWNER',
    13: 'HELD',
    14: 'NEXT',
  },
};

interface Shared {
  readonly semaphore: Semaphore;
  readonly inside: Int32Array;
}

/** A semaphore of `value` permits, of which nobody may ever see more than `limit`. */
const setup = (value: number) => (): Shared => ({
  semaphore: new Semaphore(value),
  inside: new Int32Array(new SharedArrayBuffer(4)),
});

const check = <N extends string>(options: Omit<ExploreOptions<Shared, N>, 'words'>) =>
  explore({ ...options, words });

/** Takes one permit, is inside alone, gives it back. */
const turn =
  (timeout?: number): Body<Shared> =>
  ({ semaphore, inside }, thread) => {
    if (!semaphore.acquire({ timeout })) return false;
    thread.section(inside);
    semaphore.release();
    return true;
  };

const turnAsync =
  (timeout?: number): Body<Shared> =>
  async ({ semaphore, inside }, thread) => {
    if (!(await semaphore.acquireAsync({ timeout }))) return false;
    thread.section(inside);
    semaphore.release();
    return true;
  };

const allFree =
  (value: number) =>
  ({ semaphore }: Shared): void => {
    expect(semaphore.value).toBe(value);
  };

/** All are free once the dead thread is known to be dead. */
const comesBack =
  (value: number) =>
  ({ semaphore }: Shared): void => {
    const { realm } = semaphore.memory.member;
    for (const id of realm.ids()) if (realm.name(id) === 'doomed') realm.end(id, ThreadState.DEAD);
    semaphore.tryAcquire({ permits: value });
    semaphore.release(value);
    expect(semaphore.value).toBe(value);
  };

test('two threads, blocking', async () => {
  await check({
    name: 'two threads',
    setup: setup(1),
    threads: { A: turn(), B: turn() },
    events: { starves: 1 },
    final: allFree(1),
  });
});

test('three threads, one of which may time out, just when it is woken and another barges in', async () => {
  await check({
    name: 'three threads, time-out',
    setup: setup(1),
    threads: { A: turn(), B: turn(50), C: turn() },
    events: { timeouts: 1, starves: 1 },
    final: allFree(1),
  });
});

test('what the first in line leaves over reaches a loop behind it', async () => {
  await check({
    name: 'left over',
    setup: setup(0),
    threads: {
      first: ({ semaphore }) => semaphore.acquire({ permits: 2 }),
      behind: ({ semaphore }) => semaphore.acquireAsync({ permits: 2 }),
      releaser: ({ semaphore }) => {
        semaphore.release();
        semaphore.release(3);
      },
    },
    events: { starves: 2 },
    final: allFree(0),
  });
});

test('two loops', async () => {
  await check({
    name: 'two loops',
    setup: setup(1),
    threads: { A: turnAsync(), B: turnAsync() },
    events: { starves: 2 },
    final: allFree(1),
  });
});

test('a thread and a loop', async () => {
  await check({
    name: 'mixed',
    setup: setup(1),
    threads: { A: turn(), B: turnAsync() },
    events: { starves: 2 },
    final: allFree(1),
  });
});

test('two threads and a loop that may time out', async () => {
  await check({
    name: 'mixed, time-out',
    setup: setup(1),
    threads: { A: turn(), B: turnAsync(50), C: turn() },
    events: { timeouts: 1, starves: 1 },
    final: allFree(1),
  });
});

test('an aborted async wait hides no wake', async () => {
  await check({
    name: 'abort',
    setup: setup(0),
    threads: {
      giver: ({ semaphore }) => {
        semaphore.release();
      },
      aborted: async ({ semaphore }, thread) => {
        try {
          await semaphore.acquireAsync({ signal: thread.signal() });
          semaphore.release();
        } catch {
          // As it should be.
        }
      },
      other: ({ semaphore }) => {
        semaphore.acquire();
        semaphore.release();
      },
    },
    events: { aborts: 1, starves: 1 },
    final: allFree(1),
  });
});

test('permits that are too few for one waiter reach the other, in whatever order they come', async () => {
  await check({
    name: 'weights',
    setup: setup(0),
    threads: {
      large: ({ semaphore }) => semaphore.acquire({ permits: 2 }),
      small: ({ semaphore }) => semaphore.acquire(),
      giver: ({ semaphore }) => {
        semaphore.release();
        semaphore.release(2);
      },
    },
    events: { starves: 1 },
    final: allFree(0),
  });
});

test('a permit that is too little for the oldest waiter reaches one that can use it', async () => {
  await check({
    name: 'wrong weight',
    setup: setup(0),
    threads: {
      large: ({ semaphore }) => semaphore.acquire({ permits: 2 }),
      small: ({ semaphore }) => {
        semaphore.acquire();
        semaphore.release(2);
      },
      giver: ({ semaphore }) => {
        semaphore.release();
      },
    },
    // Nobody starves: otherwise the permit would rightly be kept for the large request.
    final: allFree(0),
  });
});

test('a release of three serves a thread that wants two and a loop that wants one', async () => {
  await check({
    name: 'weights, mixed',
    setup: setup(0),
    threads: {
      large: ({ semaphore }) => semaphore.acquire({ permits: 2 }),
      small: ({ semaphore }) => semaphore.acquireAsync(),
      giver: ({ semaphore }) => {
        semaphore.release(3);
      },
    },
    events: { starves: 2 },
    final: allFree(0),
  });
});

test('a large request that times out lets the small one behind it have the permit', async () => {
  await check({
    name: 'first in line leaves',
    setup: setup(1),
    threads: {
      large: ({ semaphore }) => {
        if (semaphore.acquire({ permits: 3, timeout: 50 })) semaphore.release(3);
      },
      small: ({ semaphore }) => {
        semaphore.acquire();
        semaphore.release();
      },
      giver: ({ semaphore }) => {
        semaphore.release();
      },
    },
    events: { timeouts: 1, starves: 1 },
    final: allFree(2),
  });
});

test('a killed waiter keeps nobody waiting', async () => {
  await check({
    name: 'death of a waiter',
    setup: setup(0),
    threads: {
      doomed: ({ semaphore }) => {
        semaphore.acquire({ permits: 2 });
      },
      other: ({ semaphore }) => semaphore.acquire({ permits: 2 }),
      giver: ({ semaphore }) => {
        semaphore.release(2);
        semaphore.release(2);
      },
    },
    events: { kills: 1, mortal: ['doomed'], starves: 1, idleSlices: 3 },
  });
});

test('a thread that is killed at any instruction of a guarded block keeps no permit', async () => {
  await check({
    name: 'death of a guard',
    setup: setup(2),
    threads: {
      doomed: ({ semaphore }, thread) => {
        semaphore.with(
          () => {
            thread.point('inside');
          },
          { permits: 2 },
        );
      },
      other: ({ semaphore }) => {
        semaphore.acquire({ permits: 2 });
        semaphore.release(2);
      },
    },
    events: { kills: 1, mortal: ['doomed'], idleSlices: 3 },
    final: comesBack(2),
  });
});

test.each([
  { permits: 1, turns: 2 },
  { permits: 2, turns: 1 },
])(
  'guards of two threads, one of which is killed at any instruction: $permits of two permits',
  async ({ permits, turns }) => {
    await check({
      name: `death beside a guard of ${permits}`,
      setup: () => ({ ...setup(0)(), semaphore: new BoundedSemaphore(2) }),
      threads: {
        doomed: ({ semaphore }) => {
          for (let turn = 0; turn < turns; turn++) semaphore.with(() => undefined);
        },
        other: ({ semaphore }) => {
          semaphore.with(() => undefined, { permits });
        },
      },
      events: { kills: 1, mortal: ['doomed'], idleSlices: 2 },
      ...(LONG ? {} : { preemptions: 2 }),
      final: comesBack(2),
    });
  },
);

test('two threads that find a death give its permits back once', async () => {
  const look: Body<Shared> = ({ semaphore }) => {
    if (semaphore.tryAcquire()) semaphore.release();
  };
  await check({
    name: 'two reclaimers',
    setup: setup(1),
    threads: {
      doomed: ({ semaphore }, thread) => {
        semaphore.with(() => {
          thread.point('inside');
        });
      },
      one: look,
      two: look,
    },
    events: { kills: 1, mortal: ['doomed'] },
    invariant: ({ semaphore }) => {
      // Plainly: an invariant is not a step of its own.
      expect(semaphore.memory.words[4]! & VALUE_MASK).toBeLessThanOrEqual(1);
    },
    final: comesBack(1),
  });
});

test('an async guard whose thread is killed', async () => {
  await check({
    name: 'death of an async guard',
    setup: setup(1),
    threads: {
      doomed: async ({ semaphore }) => {
        await semaphore.withAsync(() => undefined);
      },
      other: async ({ semaphore }) => {
        await semaphore.withAsync(() => undefined);
      },
    },
    events: { kills: 1, mortal: ['doomed'], idleSlices: 3 },
    final: comesBack(1),
  });
});

test('an interrupted wait takes nothing with it', async () => {
  const interruptible: Body<Shared> = ({ semaphore }) => {
    try {
      semaphore.acquire();
      semaphore.release();
    } catch (error) {
      if (!(error instanceof Interrupted)) throw error;
    }
  };
  await check({
    name: 'interrupt',
    setup: setup(0),
    threads: {
      one: interruptible,
      other: interruptible,
      giver: ({ semaphore }) => {
        semaphore.release();
      },
    },
    events: { interrupts: 1, starves: 1, idleSlices: 2 },
    final: allFree(1),
  });
});
