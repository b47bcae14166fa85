/**
 * Everything at once: threads that do random things to one of every primitive, in every form, while threads are
 * killed at random moments, from outside and by themselves, and others take their places. Deadlock detection is on.
 * A few seconds; with `TEST_LONG=1` a minute. `TEST_SEED` is another run.
 */
import { agent } from '@x/core';
import { LONG, NEVER_MS, pause, random, scaled, watch } from '@x/testkit';
import {
  AtomicInt32,
  Barrier,
  Condition,
  Event,
  Lock,
  PriorityQueue,
  Queue,
  RLock,
  RWLock,
  Semaphore,
  setDeadlockDetection,
  setExcepthook,
  SharedValue,
  targetsFrom,
  Thread,
  ThreadStateError,
} from '@x/threading';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { act as actInMain, Fate, Word, type World } from './programs/chaos.mjs';

const RUN_MS = LONG ? 60_000 : 4000;
const ACTORS = 4;
const PERMITS = 4;
const ITEMS = LONG ? 4_000_000 : 400_000;
/** An actor that was told to stop has at most one operation to finish; one that was killed, nothing. */
const ENDS_MS = scaled(5000);

const { act } = targetsFrom<typeof import('./programs/chaos.mjs')>(
  new URL('./programs/chaos.mjs', import.meta.url),
);

beforeEach(() => {
  setDeadlockDetection(true);
  setExcepthook(() => undefined);
});
afterEach(() => {
  setDeadlockDetection(false);
  setExcepthook(undefined);
});

function makeWorld(): World {
  return {
    lock: new Lock({ name: 'lock' }),
    rlock: new RLock({ name: 'rlock' }),
    rwlock: new RWLock({ name: 'rwlock' }),
    condition: new Condition(new Lock({ name: 'its lock' }), { name: 'condition' }),
    semaphore: new Semaphore(PERMITS, { name: 'semaphore' }),
    event: new Event({ name: 'event' }),
    barrier: new Barrier(2, { name: 'barrier' }),
    queue: new Queue<[number, string]>(8, { name: 'queue' }),
    heap: new PriorityQueue<[number, string]>(0, { name: 'heap' }),
    value: new SharedValue({ a: 0, b: 0, text: '' }, { name: 'value' }),
    updates: new AtomicInt32(0),
    words: new Int32Array(new SharedArrayBuffer(64 * 4)),
    fates: new Int32Array(new SharedArrayBuffer(ITEMS * 4)),
  };
}

test(
  'whoever is killed in whatever it does, nobody hangs, no data is torn, nothing is doubled and no deadlock is seen',
  async () => {
    const numbers = random();
    const { seed } = numbers;
    const world = makeWorld();
    const { lock, rlock, rwlock, condition, semaphore, event, barrier, queue, heap, value, words } = world;
    const watched = [lock, rlock, rwlock, condition, condition.lock, semaphore, event, barrier, value];
    const wrong: unknown[] = [];
    let deaths = 0;
    const actors: Thread[] = [];

    /** Keeps a place filled until the end. */
    const fill = async (place: number): Promise<void> => {
      while (Atomics.load(words, Word.STOP) === 0) {
        const thread = new Thread({ target: act, args: [world, numbers.int(1, 2 ** 31 - 1)] });
        actors[place] = thread;
        thread.start();
        await thread.joinAsync();
        try {
          thread.result({ timeout: 0 });
        } catch (error) {
          deaths++;
          const isPlanned = error instanceof ThreadStateError || (error as Error).message === 'planned';
          if (!isPlanned) wrong.push(error);
        }
      }
    };

    await watch(
      watched,
      async () => {
        const places = Array.from({ length: ACTORS }, (_, place) => fill(place));
        const main = actInMain(world, numbers.int(1, 2 ** 31 - 1), true);
        const end = performance.now() + RUN_MS;
        while (performance.now() < end) {
          await pause(numbers.int(5, 100));
          const victim = numbers.pick(actors);
          victim.terminate();
          // The longer form looks whether a death is ever missed.
          expect({ seed, ended: await victim.joinAsync({ timeout: ENDS_MS }) }).toEqual({
            seed,
            ended: true,
          });
        }
        Atomics.store(words, Word.STOP, 1);
        await Promise.all([...places, main]);
      },
      RUN_MS + 3 * ENDS_MS,
    );
    expect({ seed, wrong }).toEqual({ seed, wrong: [] });

    // It was no idle run: every kind of operation went through, and threads were killed.
    const kinds = [...words.subarray(Word.KINDS, Word.KINDS + (await actInMain(world, 1, true)))];
    expect({ seed, idle: kinds.filter((count) => count === 0) }).toEqual({ seed, idle: [] });
    expect(deaths).toBeGreaterThan(RUN_MS / 500);

    // Whatever they have left behind, everything can be used again.
    await watch(watched, async () => {
      for (const [side, recoverable] of [
        [lock, lock],
        [rlock, rlock],
        [rwlock.read, rwlock.write],
        [rwlock.write, rwlock.write],
        [condition, condition],
      ] as const) {
        try {
          expect(await side.acquireAsync({ timeout: ENDS_MS })).toBe(true);
          side.release();
        } catch {
          recoverable.recover();
          recoverable.release();
        }
        expect(side.tryAcquire()).toBe(true);
        side.release();
      }
      // All permits have come back, and no more.
      expect(await semaphore.acquireAsync({ permits: PERMITS, timeout: ENDS_MS })).toBe(true);
      expect(semaphore.value).toBe(0);
      barrier.reset();
      expect(await Promise.all([barrier.waitAsync(), barrier.waitAsync()])).toHaveLength(2);

      // Of each item it is known what became of it, but for one in the hands of each thread that died.
      const made = Math.min(Atomics.load(words, Word.ITEMS), ITEMS);
      for (const one of [queue, heap]) {
        while (!one.empty) {
          const [n] = one.get({ timeout: NEVER_MS });
          expect(Atomics.exchange(world.fates, n, Fate.TAKEN)).toBe(Fate.UNKNOWN);
          one.taskDone();
        }
        // The dead have left their items unmarked: join says so, until somebody has marked them.
        for (let marked = 0; ; marked++) {
          expect(marked).toBeLessThanOrEqual(deaths);
          try {
            expect(one.join({ timeout: ENDS_MS })).toBe(true);
            break;
          } catch (error) {
            expect((error as Error).name).toBe('AbandonedError');
            one.taskDone();
          }
        }
      }
      const unknown = world.fates.subarray(0, made).filter((fate) => fate === Fate.UNKNOWN).length;
      expect(unknown).toBeLessThanOrEqual(deaths);

      // As for finished updates that were not counted.
      const { a, b } = value.get();
      expect(a).toBe(b);
      expect(a - world.updates.load()).toBeGreaterThanOrEqual(0);
      expect(a - world.updates.load()).toBeLessThanOrEqual(deaths);
    });
    expect(agent().keepAlive.count).toBe(0);
  },
  RUN_MS + 60_000,
);
