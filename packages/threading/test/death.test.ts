/**
 * Threads that die, in every way, while the main thread waits for something that they have, in every
 * kind of wait; blocked, or in its event loop. The cases stand in programs/death.mjs, and run in a
 * process of their own: a limit of memory can, rarely, abort the whole process (a limit of Node).
 */
import { describe, expect, test } from 'vitest';
import { run, type Ended } from './child.js';

/** What is left of a second, in which everybody has to learn of a death, on a machine that is busy. */
const LEARN_MS = 5000;
/** A process that was aborted says nothing about threads. */
const ATTEMPTS = 3;

const recovered = 'AbandonedError, recovered: true';
const BY_TERMINATE = ['terminate', 'terminate by a sibling'];

/** What comes of each wait, where it is the same for every death. */
const OUTCOMES = {
  'Thread.join': 'true',
  'ThreadHandle.join by a sibling': 'true',
  'Lock.acquire': recovered,
  'RLock.acquire': recovered,
  'RWLock.read.acquire': 'AbandonedError',
  'RWLock.write.acquire, a writer dies': recovered,
  'RWLock.write.acquire, a reader dies': 'true',
  'Semaphore.acquire': 'true',
  'Condition.notify, a waiter dies': 'true',
  'Barrier.wait': 'BrokenBarrierError',
  'Queue.get': 'item',
  'Queue.put': 'of the living',
  'Queue.join': 'AbandonedError, done: true',
  'SharedValue.update': '2',
};
const POOL = { 'Future.result': 'BrokenExecutorError, then next' };

function expected(way: string): Record<string, string> {
  if (way === 'memory of a pool') return POOL;
  return {
    ...OUTCOMES,
    // The workers of a pool have no limits of their own.
    ...(way !== 'memory' && POOL),
    'Thread.result': way === 'error' ? 'RangeError' : 'ThreadStateError',
    // Where the main thread itself has to kill, it cannot wait before.
    ...(way !== 'terminate' && { 'Condition.wait, the holder dies': 'AbandonedError' }),
    // One that sleeps can only be killed from outside.
    ...(BY_TERMINATE.includes(way) && { 'Barrier.wait, the dead one slept': 'BrokenBarrierError' }),
  };
}

/** A worker of a pool runs out of memory where the whole process is short of it. */
async function die(way: string, mode: string): Promise<Ended> {
  const flags = way === 'memory of a pool' ? ['--max-old-space-size=64'] : [];
  for (let attempt = 1; ; attempt++) {
    const ended = await run('death', [way, mode], flags);
    const isAborted = way.startsWith('memory') && /FATAL ERROR/.test(ended.error);
    if (!isAborted || attempt === ATTEMPTS) return ended;
  }
}

describe.concurrent.each([
  ['terminate()', 'terminate'],
  ['terminate() by a sibling', 'terminate by a sibling'],
  ['process.exit()', 'exit'],
  ['an uncaught error', 'error'],
  ['its memory limit', 'memory'],
  ['the memory limit of the process, in a pool', 'memory of a pool'],
  ['a crash', 'crash'],
])('a thread killed by %s', (_title, way) => {
  // Elsewhere than on Linux nobody can be asked whether a thread still lives, so that the death of one
  // that says nothing is found by the event loop of the thread that started it.
  const silent = !['exit', 'error'].includes(way);
  test.runIf(process.platform === 'linux' || !silent)(
    'leaves nobody waiting, while the main thread is blocked',
    async () => {
      check(way, await die(way, 'blocked'));
    },
    120_000,
  );

  test('leaves nobody waiting, while the main thread is in its event loop', async () => {
    check(way, await die(way, 'loop'));
  }, 120_000);
});

function check(way: string, { lines, status, signal, error }: Ended): void {
  const results = lines as [string, string, number][];
  const outcomes = Object.fromEntries(results.map(([name, outcome]) => [name, outcome]));
  // What is stuck is missing.
  expect(outcomes).toEqual(expected(way));
  expect(results.filter(([, , ms]) => ms > LEARN_MS)).toEqual([]);
  expect({ status, signal, error }).toEqual({ status: 0, signal: null, error: '' });
}
