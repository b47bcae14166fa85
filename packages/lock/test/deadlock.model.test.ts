import { DeadlockError } from '@x/core';
import { Lock, RLock } from '@x/lock';
import { explore, type Body } from '@x/testkit/explorer';
import { expect, test } from 'vitest';

interface Pair {
  readonly first: Lock | RLock;
  readonly second: Lock | RLock;
}

/** Takes both, and gives up what it has when it is told that this cannot end well. */
const taking =
  (outer: keyof Pair, inner: keyof Pair): Body<Pair> =>
  (pair, thread) => {
    pair[outer].acquire();
    let outcome = 'both';
    try {
      pair[inner].acquire();
      pair[inner].release();
    } catch (error) {
      thread.check(error instanceof DeadlockError, `threw ${String(error)}`);
      outcome = 'deadlock';
    }
    pair[outer].release();
    return outcome;
  };

const WORDS = { first: { 4: 'STATE' }, second: { 4: 'STATE' } };

test('of two threads that take two locks in opposite order exactly one is told, if they meet', async () => {
  const seen = new Set<string>();
  await explore({
    name: 'deadlock of two',
    setup: () => ({ first: new Lock({ detectDeadlock: true }), second: new RLock({ detectDeadlock: true }) }),
    words: WORDS,
    threads: { A: taking('first', 'second'), B: taking('second', 'first') },
    // Who looks for a cycle reads the notes of others.
    realmPoints: true,
    events: { idleSlices: 4 },
    final: (_pair, { A, B }) => {
      seen.add([A, B].map((outcome) => ('value' in outcome ? String(outcome.value) : 'dead')).join());
    },
  });
  expect([...seen].sort()).toEqual(
    ['both,both', 'both,deadlock', 'deadlock,both'].filter((pair) => seen.has(pair)),
  );
  expect(seen.has('both,both')).toBe(true);
  expect(seen.size).toBe(2);
});

test('two threads that take two locks in one order are never told', async () => {
  await explore({
    name: 'no deadlock',
    setup: () => ({ first: new Lock({ detectDeadlock: true }), second: new RLock({ detectDeadlock: true }) }),
    words: WORDS,
    threads: { A: taking('first', 'second'), B: taking('first', 'second') },
    realmPoints: true,
    events: { slices: 1, idleSlices: 2 },
    final: (_pair, outcomes) => {
      for (const outcome of Object.values(outcomes)) expect(outcome).toEqual({ value: 'both' });
    },
  });
});
