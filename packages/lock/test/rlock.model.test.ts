import { RLock } from '@x/lock';
import { describe, expect, test } from 'vitest';
import {
  awaiting,
  awaitingAbortable,
  awaitingRecovering,
  awaitingTimed,
  awaitingTwice,
  blocking,
  interruptible,
  modelsOf,
  recovering,
  timed,
  trying,
  type MutexBody,
} from './mutex-models.js';

const model = modelsOf('RLock', () => new RLock());

/** Enters twice, and is in the critical section on every level. */
const twice: MutexBody = ({ lock, inside }, thread) => {
  lock.acquire();
  thread.check(lock.acquire(), 'the owner did not re-enter');
  thread.section(inside);
  lock.release();
  thread.section(inside);
  lock.release();
  return 'worked';
};

/** Enters twice by trying, if it gets in at all. */
const tryingTwice: MutexBody = ({ lock, inside }, thread) => {
  if (!lock.tryAcquire()) return 'refused';
  thread.check(lock.tryAcquire(), 'the owner was refused');
  lock.release();
  thread.section(inside);
  lock.release();
  return 'worked';
};

/** Releases what another thread holds. */
const releasingOthers: MutexBody = ({ lock }, thread) => {
  try {
    lock.release();
  } catch (error) {
    return (error as Error).name;
  }
  thread.check(false, 'released a lock that it does not hold');
  return undefined;
};

describe('re-entering', () => {
  test('two threads that enter twice, all schedules', async () => {
    expect(await model('two twice', [twice, twice], {}, { preemptions: Infinity })).toBeGreaterThan(90);
  });

  test('blocking, trying and event loops', async () => {
    await model('twice and try', [twice, tryingTwice, twice]);
    await model('twice and async', [twice, awaiting, blocking]);
    await model('two async tasks of a loop exclude each other', [awaitingTwice, twice], { aborts: 1 });
  });

  test('only the owner may release', async () => {
    await model(
      'release by others',
      [twice, releasingOthers, awaiting],
      {},
      {
        final: ({ lock }, { B }) => {
          expect(B).toEqual({ value: 'NotHeldError' });
          expect(lock.locked()).toBe(false);
        },
      },
    );
  });
});

describe('waiters that leave', () => {
  test('time-out, abort, interrupt', async () => {
    await model('time-out', [twice, timed, blocking], { timeouts: 1 });
    await model('async time-out', [twice, awaitingTimed, blocking], { timeouts: 1, starves: 1 });
    await model('abort', [twice, awaitingAbortable, awaiting], { aborts: 1 });
    await model('interrupt', [interruptible, interruptible], { interrupts: 1, idleSlices: 2 });
  });

  test('one that only tries takes no wake with it', async () => {
    await model('try, starving', [blocking, trying, blocking], { starves: 2 });
  });
});

describe('threads that die', () => {
  test('at any depth, and the others recover the lock', async () => {
    await model('death', [twice, recovering], { kills: 1, mortal: ['A'], idleSlices: 2 });
    await model('death, async', [twice, awaitingRecovering, recovering], {
      kills: 1,
      mortal: ['A'],
      idleSlices: 2,
    });
    await model('death of a loop', [awaiting, recovering], { kills: 1, mortal: ['A'], idleSlices: 2 });
  });
});
