import { Atomics } from '@x/core/seam';
import { Event } from '@x/event';
import { explore, type Body, type ExploreOptions } from '@x/testkit/explorer';
import { expect, test } from 'vitest';

const STATE_WORD = 4;
/** Both CONTENDED and ASYNC. */
const WAITED_FOR = 6;

const words = { event: { 4: 'STATE', 5: 'SEQ' } };

interface Shared {
  readonly event: Event;
}

const setup = (): Shared => ({ event: new Event() });

const check = <N extends string>(options: Omit<ExploreOptions<Shared, N>, 'words' | 'setup'>) =>
  explore({ ...options, words, setup });

const setter: Body<Shared> = ({ event }) => {
  event.set();
};

const waiter: Body<Shared> = ({ event }, thread) => {
  thread.check(event.wait(), 'was let go with false');
};

const waiterAsync: Body<Shared> = async ({ event }, thread) => {
  thread.check(await event.waitAsync(), 'was let go with false');
};

test('two threads that wait, one that sets', async () => {
  await check({ name: 'set', threads: { A: waiter, B: waiter, setter } });
});

test('a thread and a loop that wait, one that sets', async () => {
  await check({ name: 'set, mixed', threads: { A: waiter, B: waiterAsync, setter } });
});

test('a set that is cleared at once lets go who was waiting', async () => {
  await check({
    name: 'set and clear',
    threads: {
      A: waiter,
      B: waiterAsync,
      pulse: ({ event }) => {
        event.set();
        event.clear();
        // For those who came too late for the first one.
        event.set();
      },
    },
    final: ({ event }) => {
      expect(event.isSet()).toBe(true);
    },
  });
});

test('a set that is cleared at once, and not set again, lets go who was waiting', async () => {
  await check({
    name: 'pulse',
    threads: {
      A: waiter,
      B: waiterAsync,
      pulse: ({ event }) => {
        const announced = Atomics.load(event.memory.words, STATE_WORD) & WAITED_FOR;
        event.set();
        if (announced === WAITED_FOR) event.clear();
      },
    },
  });
});

test('a wait that may time out, beside one that must not', async () => {
  await check({
    name: 'time-out',
    threads: {
      A: ({ event }) => event.wait({ timeout: 50 }),
      B: waiter,
      setter,
    },
    events: { timeouts: 1 },
  });
});

test('a wait that may be aborted, beside one that must not', async () => {
  await check({
    name: 'abort',
    threads: {
      A: async ({ event }, thread) => {
        const signal = thread.signal();
        await event.waitAsync({ signal }).catch((error: unknown) => {
          if (!signal.aborted) throw error;
        });
      },
      B: waiterAsync,
      setter,
    },
    events: { aborts: 1 },
  });
});

test('a setter that is killed has set it or not, and who waits sees which', async () => {
  await check({
    name: 'death of a setter',
    threads: {
      doomed: setter,
      A: waiter,
      setter,
    },
    events: { kills: 1, mortal: ['doomed'], idleSlices: 2 },
    final: ({ event }) => {
      expect(event.isSet()).toBe(true);
    },
  });
});
