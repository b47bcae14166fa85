/** The explorer proved: it finds what is wrong with each of these, and nothing in its repaired twin. */
import { ExplorationError, explore, type Body, type ExploreOptions } from '@x/testkit/explorer';
import { expect, test } from 'vitest';
import { SmallAsyncMutex, type AsyncMutexMistake } from '../src/wrong/async-mutex.js';
import { SmallCondition, type ConditionMistake } from '../src/wrong/condition.js';
import { SmallMutex, type MutexMistake } from '../src/wrong/mutex.js';
import { SmallSemaphore, type SemaphoreMistake } from '../src/wrong/semaphore.js';

const memory = (words = 1): Int32Array => new Int32Array(new SharedArrayBuffer(words * 4));

async function failureOf<S, N extends string>(options: ExploreOptions<S, N>): Promise<ExplorationError> {
  const failure = await explore(options).then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(failure instanceof ExplorationError))
    throw failure ?? new Error(`${options.name}: nothing was found`);
  return failure;
}

/** Finds it, replays it, and finds nothing without the mistake. */
async function prove<M extends string, S, N extends string>(
  mistake: M,
  reason: RegExp,
  model: (mistake: M | undefined) => ExploreOptions<S, N>,
): Promise<ExplorationError> {
  const failure = await failureOf(model(mistake));
  expect(failure.reason).toMatch(reason);
  const again = await failureOf({ ...model(mistake), replay: failure.schedule });
  expect(again.trace).toEqual(failure.trace);
  expect((await explore(model(undefined))).runs).toBeGreaterThan(1);
  return failure;
}

const mutexSetup = () => ({ state: memory(), inside: memory() });
type MutexShared = ReturnType<typeof mutexSetup>;

const mutexBody =
  (mistake: MutexMistake | undefined, timeout?: number): Body<MutexShared> =>
  ({ state, inside }, thread) => {
    const mutex = new SmallMutex(state, mistake);
    if (!mutex.lock(timeout)) return;
    thread.section(inside);
    mutex.unlock();
  };

test('a mutex that forgets the contended flag when a waiter times out', async () => {
  const failure = await prove(
    'forgets the contended flag on time-out',
    /nothing can happen.*sleeps on state/,
    (mistake) => ({
      name: 'mutex, time-out',
      setup: mutexSetup,
      threads: { A: mutexBody(mistake), B: mutexBody(mistake, 50), C: mutexBody(mistake) },
      preemptions: 1,
      events: { timeouts: 1 },
    }),
  );
  expect(failure.trace.join('\n')).toContain('its time-out ends');
});

test('an unlock that notifies before it stores', async () => {
  await prove('notifies before it stores', /nothing can happen.*sleeps/, (mistake) => ({
    name: 'mutex, unlock',
    setup: mutexSetup,
    threads: { A: mutexBody(mistake), B: mutexBody(mistake) },
  }));
});

test('a mutex that is taken in two steps', async () => {
  const failure = await prove('takes it in two steps', /in the section/, (mistake) => ({
    name: 'mutex, lock',
    setup: mutexSetup,
    threads: { A: mutexBody(mistake), B: mutexBody(mistake) },
  }));
  // Both have to be stopped in the middle, once; three are allowed, but the schedule shown has the fewest.
  expect(failure.schedule).toMatch(/^p2/);
});

test('a condition with a constant wait word', async () => {
  await prove<ConditionMistake, unknown, string>(
    'its wait word is constant',
    /nothing can happen.*sleeps on condition/,
    (mistake) => ({
      name: 'condition',
      setup: () => ({ state: memory(), condition: memory(), ready: memory() }),
      threads: {
        waiter: (shared) => {
          const { state, condition, ready } = shared as Record<string, Int32Array>;
          const mutex = new SmallMutex(state!);
          const nonEmpty = new SmallCondition(condition!, mutex, mistake);
          mutex.lock();
          while (ready![0] === 0) nonEmpty.wait();
          mutex.unlock();
        },
        notifier: (shared) => {
          const { state, condition, ready } = shared as Record<string, Int32Array>;
          const mutex = new SmallMutex(state!);
          mutex.lock();
          ready![0] = 1;
          new SmallCondition(condition!, mutex, mistake).notify();
          mutex.unlock();
        },
      },
    }),
  );
});

test('a semaphore that wakes one waiter of the wrong weight', async () => {
  await prove<SemaphoreMistake, { permits: Int32Array }, string>(
    'wakes one waiter whatever it asks for',
    /nothing can happen.*large sleeps.*small sleeps/,
    (mistake) => ({
      name: 'semaphore',
      setup: () => ({ permits: memory() }),
      threads: {
        large: ({ permits }) => {
          new SmallSemaphore(permits, mistake).acquire(2);
        },
        small: ({ permits }) => {
          new SmallSemaphore(permits, mistake).acquire(1);
          new SmallSemaphore(permits, mistake).release(2);
        },
        giver: ({ permits }) => {
          new SmallSemaphore(permits, mistake).release(1);
        },
      },
      final: ({ permits }) => {
        expect(permits[0]).toBe(0);
      },
    }),
  );
});

test('an abandoned asynchronous waiter that swallows a wake', async () => {
  const failure = await prove<AsyncMutexMistake, { state: Int32Array }, string>(
    'an abandoned waiter swallows a wake',
    /nothing can happen.*C sleeps on state/,
    (mistake) => ({
      name: 'async mutex',
      setup: () => ({ state: memory(2) }),
      threads: {
        A: ({ state }) => {
          const mutex = new SmallAsyncMutex(state, mistake);
          mutex.lock();
          mutex.unlock();
        },
        B: async ({ state }, thread) => {
          const mutex = new SmallAsyncMutex(state, mistake);
          if (await mutex.lockAsync(thread.signal())) mutex.unlock();
        },
        C: ({ state }) => {
          const mutex = new SmallAsyncMutex(state, mistake);
          mutex.lock();
          mutex.unlock();
        },
      },
      events: { aborts: 1 },
    }),
  );
  expect(failure.trace.join('\n')).toContain('its signal fires');
});
