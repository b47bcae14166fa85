/**
 * Cycles of threads that wait for each other's locks and ends. With one thread's wait for the end of
 * another in it, the threads are those of `Thread`, and the cycle goes across packages.
 */
import { Checkpoints, NEVER_MS, scaled, watch } from '@x/testkit';
import { Lock, RLock, RWLock, setDeadlockDetection, setExcepthook, targetsFrom, Thread } from '@x/threading';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

/** What is left of half a second, within which a deadlock has to be found, on a machine that is busy. */
const FOUND_MS = scaled(3000);

const { holdAndWait } = targetsFrom<typeof import('./programs/cycle.mjs')>(
  new URL('./programs/cycle.mjs', import.meta.url),
);

beforeEach(() => {
  setDeadlockDetection(true);
  setExcepthook(() => undefined);
});
afterEach(() => {
  setDeadlockDetection(false);
  setExcepthook(undefined);
});

/** What a thread holds, and what it then waits for: a lock with a side, or the thread with that number. */
interface Part {
  readonly holds?: readonly [object, string];
  readonly waits: readonly [object, string] | number;
}

/** Threads in a cycle; the one that is joined must come before the one that joins it. Returns what became of each. */
async function entangle(parts: readonly Part[]): Promise<string[]> {
  const points = new Checkpoints();
  const threads: Thread<typeof holdAndWait>[] = [];
  for (const [i, { holds, waits }] of parts.entries()) {
    const waited = typeof waits === 'number' ? ([threads[waits]!, 'join'] as const) : waits;
    const thread = new Thread({
      name: `party ${i}`,
      target: holdAndWait,
      args: [new Int32Array(points.buffer), parts.length, holds, waited],
    });
    thread.start();
    threads.push(thread);
  }
  await points.waitForAsync(0, parts.length, NEVER_MS);
  const before = performance.now();
  const outcomes = await watch([], () => Promise.all(threads.map((thread) => thread.resultAsync())));
  expect(performance.now() - before).toBeLessThan(FOUND_MS);
  return outcomes;
}

/** That exactly one was told, with every thread of the cycle, and everybody else went on. */
function checkCycle(outcomes: readonly string[], locks: number): void {
  const told = outcomes.filter((outcome) => outcome !== 'went on');
  expect(told).toHaveLength(1);
  const [message] = told;
  expect(message).toMatch(/^DeadlockError: deadlock: /);
  outcomes.forEach((_outcome, i) => {
    // Once as the one that waits, once as the one that is waited for.
    expect(message!.split(`party ${i} (`)).toHaveLength(3);
  });
  expect(new Set(message!.match(/#\d+/g))).toHaveProperty('size', locks);
}

describe('a cycle is found, named in full, and told to exactly one of its threads', () => {
  test('two threads, a Lock and an RLock', async () => {
    const [a, b] = [new Lock(), new RLock()];
    checkCycle(
      await entangle([
        { holds: [a, ''], waits: [b, ''] },
        { holds: [b, ''], waits: [a, ''] },
      ]),
      2,
    );
  });

  test('two threads, a lock and a join', async () => {
    const a = new Lock();
    const outcomes = await entangle([{ waits: [a, ''] }, { holds: [a, ''], waits: 0 }]);
    checkCycle(outcomes, 1);
  });

  test('two threads, the writer of an RWLock and a join', async () => {
    const a = new RWLock();
    checkCycle(await entangle([{ waits: [a, 'read'] }, { holds: [a, 'write'], waits: 0 }]), 1);
  });

  test('five threads, over Lock, RLock, both sides of RWLock, and join', async () => {
    const [a, b, c, d] = [new Lock(), new RLock(), new RWLock(), new RWLock()];
    checkCycle(
      await entangle([
        { waits: [a, ''] },
        { holds: [a, ''], waits: [b, ''] },
        { holds: [b, ''], waits: [c, 'write'] },
        { holds: [c, 'read'], waits: [d, 'read'] },
        { holds: [d, 'write'], waits: 0 },
      ]),
      4,
    );
  });
});

test('a chain that has no cycle is no deadlock, however long it lasts', async () => {
  const [a, b] = [new Lock(), new RLock()];
  const points = new Checkpoints();
  const words = new Int32Array(points.buffer);
  const last = new Thread({
    target: (words: Int32Array, b: RLock) => {
      b.acquire();
      Atomics.add(words, 0, 1);
      Atomics.notify(words, 0);
      // Longer than a cycle needs to be found.
      Atomics.wait(words, 1, 0, 700);
      b.release();
    },
    args: [words, b],
  });
  last.start();
  points.waitFor(0, 1, NEVER_MS);
  const middle = new Thread({
    target: holdAndWait,
    args: [words, 2, [a, ''], [b, '']],
  });
  middle.start();
  points.waitFor(0, 2, NEVER_MS);
  expect(await watch([a, b], () => a.acquire({ timeout: NEVER_MS }) && middle.join())).toBe(true);
  a.release();
  expect(middle.result()).toBe('went on');
});
