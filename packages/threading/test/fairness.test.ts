/**
 * Nobody starves: while two workers take and give back without a pause, a third thread that blocks, and promises of
 * the main thread, get their turn again and again. A bounded number of turns, whose times say nothing on a
 * busy machine; with `TEST_LONG=1` ten seconds of turns, each of which must come within 100 ms. What the machine
 * takes from everybody, seen by how late a timer of the main thread is, is no fault of the lock.
 */
import { LONG, NEVER_MS, pause, scaled, watch } from '@x/testkit';
import { Condition, Lock, RLock, RWLock, Semaphore, targetsFrom, Thread } from '@x/threading';
import { expect, test } from 'vitest';

/** Turns of each of the two; in the long mode as many as fit. */
const TURNS = LONG ? Infinity : 20;
const RUN_MS = LONG ? 10_000 : scaled(10_000);
/** Only looked at in the long mode. */
const LONGEST_MS = 100;

const { hammer, takeTurns } = targetsFrom<typeof import('./programs/fairness.mjs')>(
  new URL('./programs/fairness.mjs', import.meta.url),
);

interface Acquirable {
  acquireAsync(options?: object): Promise<boolean>;
  release(n?: number): void;
}

test.each([
  ['a Lock among two workers that hammer it', () => new Lock(), '', '', 1],
  ['an RLock among two workers that hammer it', () => new RLock(), '', '', 1],
  ['the lock of a Condition among two workers that hammer it', () => new Condition(), '', '', 1],
  ['an RWLock for writing among writers', () => new RWLock(), 'write', 'write', 1],
  ['an RWLock for writing among readers', () => new RWLock(), 'read', 'write', 1],
  ['an RWLock for reading among writers', () => new RWLock(), 'write', 'read', 1],
  ['a permit of a Semaphore among two workers that hammer it', () => new Semaphore(1), '', '', 1],
  ['all permits of a Semaphore among requests for one', () => new Semaphore(3), '', '', 3],
] as const)(
  'a thread that blocks and a promise each get %s, again and again',
  async (_title, make, hammered, wanted, permits) => {
    const shared = make();
    const words = new Int32Array(new SharedArrayBuffer(8));
    const hammers = [0, 1].map(() => new Thread({ target: hammer, args: [words, shared, hammered] }));
    const third = new Thread({
      target: takeTurns,
      args: [words, shared, wanted, permits, TURNS, RUN_MS],
    });
    for (const thread of [...hammers, third]) thread.start();
    for (let seen = 0; seen < 3; seen = Atomics.load(words, 0)) Atomics.wait(words, 0, seen, NEVER_MS);

    let late = 0;
    const mine = async (): Promise<number[]> => {
      const lock = (wanted === '' ? shared : (shared as RWLock)[wanted]) as Acquirable;
      const waits: number[] = [];
      const end = performance.now() + RUN_MS;
      while (waits.length < TURNS && performance.now() < end) {
        const before = performance.now();
        expect(await lock.acquireAsync({ permits })).toBe(true);
        waits.push(performance.now() - before);
        lock.release(permits);
        const after = performance.now();
        await pause(2);
        late = Math.max(late, performance.now() - after - 2);
      }
      return waits;
    };
    const turns = await watch([shared], () => Promise.all([third.resultAsync(), mine()]), 2 * RUN_MS);
    Atomics.store(words, 1, 1);
    Atomics.notify(words, 1);
    for (const thread of hammers) expect(await thread.resultAsync()).toBeGreaterThan(0);
    for (const waits of turns) {
      // In the long mode a turn for each tenth of a second is the least that the limit leaves.
      expect(waits.length).toBeGreaterThanOrEqual(LONG ? RUN_MS / LONGEST_MS : TURNS);
      if (LONG) expect(Math.max(...waits)).toBeLessThan(LONGEST_MS + late);
    }
  },
  60_000,
);
