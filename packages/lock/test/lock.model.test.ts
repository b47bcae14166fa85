import { Lock } from '@x/lock';
import { LONG } from '@x/testkit/explorer';
import { describe, expect, test } from 'vitest';
import {
  again,
  awaiting,
  awaitingAbortable,
  awaitingRecovering,
  awaitingTimed,
  awaitingTwice,
  blocking,
  holding,
  interruptible,
  modelsOf,
  recovering,
  timed,
  trying,
} from './mutex-models.js';

const model = modelsOf('Lock', () => new Lock());

describe('without events', () => {
  test('two blocking threads, all schedules', async () => {
    expect(await model('two blocking', [blocking, blocking], {}, { preemptions: Infinity })).toBeGreaterThan(
      90,
    );
  });

  test('three blocking threads', async () => {
    expect(await model('three blocking', [blocking, blocking, blocking])).toBeGreaterThan(300);
  });

  test('two event loops', async () => {
    expect(await model('two async', [awaiting, awaiting])).toBeGreaterThan(25);
  });

  test('a thread and an event loop', async () => {
    expect(await model('blocking and async', [blocking, awaiting])).toBeGreaterThan(25);
  });

  test('two threads and an event loop', async () => {
    expect(await model('two blocking, one async', [blocking, blocking, awaiting])).toBeGreaterThan(300);
  });

  test('two event loops and a thread', async () => {
    expect(await model('two async, one blocking', [awaiting, awaiting, blocking])).toBeGreaterThan(300);
  });

  test('one that only tries among those that wait', async () => {
    expect(await model('try', [blocking, trying, awaiting])).toBeGreaterThan(300);
  });
});

describe('waiters that starve', () => {
  test('threads that ask for grants', async () => {
    expect(
      await model('three blocking, starving', [blocking, blocking, blocking], { starves: 2 }),
    ).toBeGreaterThan(300);
  });

  test('event loops and threads that ask for grants', async () => {
    await model('blocking and async, starving', [blocking, awaiting, awaiting], { starves: 2 });
    await model('two blocking and async, starving', [blocking, blocking, awaiting], { starves: 2 });
  });

  test('one that asks for a grant and leaves', async () => {
    await model('timed, starving', [blocking, timed, blocking], { starves: 2, timeouts: 1 });
    await model('async timed, starving', [blocking, awaitingTimed, blocking], { starves: 2, timeouts: 1 });
    await model('async aborted, starving', [blocking, awaitingAbortable, awaiting], {
      starves: 2,
      aborts: 1,
    });
  });
});

describe('grants to event loops while threads sleep', () => {
  test('the loop takes it, and the threads come after it', async () => {
    await model('loop grant', [again(blocking), awaiting, blocking], { starves: 1 });
    await model('loop grant, loop again', [blocking, again(awaiting), blocking], { starves: 1 });
  });

  test('the loop has been left meanwhile', async () => {
    await model('loop grant, time-out', [again(blocking), awaitingTimed, blocking], {
      starves: 1,
      timeouts: 1,
    });
    await model('loop grant, abort', [again(blocking), awaitingAbortable, blocking], {
      starves: 1,
      aborts: 1,
    });
  });
});

describe('grants that nobody takes', () => {
  test('a loop that asked for one has had the lock meanwhile', async () => {
    // It asks while the lock is granted to a thread, takes that grant back after a slice, and so has the lock with
    // the flag still set that it starves. Its release grants the lock to loops, and none is left.
    await model('loop grant for nobody', [again(blocking), blocking, awaiting], { starves: 2, slices: 1 });
  });
});

describe('waiters that leave', () => {
  test('a thread whose time is over', async () => {
    await model('time-out of one', [blocking, timed, blocking], { timeouts: 1 });
    await model('time-out of two', [blocking, timed, timed], { timeouts: 2 });
  });

  test('an event loop whose time is over', async () => {
    await model('async time-out', [blocking, awaitingTimed, blocking], { timeouts: 1 });
    await model('async time-out among loops', [awaiting, awaitingTimed, awaiting], { timeouts: 1 });
  });

  test('an aborted wait', async () => {
    await model('abort', [blocking, awaitingAbortable, blocking], { aborts: 1 });
    await model('abort of one of two in a loop', [blocking, awaitingTwice], { aborts: 1 });
    await model('abort of one of two in a loop, three', [blocking, awaitingTwice, blocking], { aborts: 1 });
  });

  test('an interrupted thread', async () => {
    await model('interrupt', [interruptible, interruptible, interruptible], { interrupts: 1, idleSlices: 2 });
  });
});

describe('the classical trap', () => {
  /** A and B sleep; the release wakes A; C takes the lock before A; just then A's time is over. */
  const trap = [
    /A +wait/,
    /B +wait/,
    /D +notify lock.STATE 1: wakes 1/,
    /C +compareExchange .*→ C.*: done/,
    /A +wakes: ok after 50 ms/,
  ];

  test('B is woken, although the wake went to A, which left while C held the lock', async () => {
    let trapped = 0;
    await model(
      'the trap',
      [timed, blocking, trying, holding],
      { timeouts: 1 },
      {
        observe: (trace) => {
          let next = 0;
          for (const line of trace) if (trap[next]?.test(line)) next++;
          if (next === trap.length) trapped++;
        },
        final: ({ lock }, { A, B }) => {
          expect(B).toEqual({ value: 'worked' });
          expect(['worked', 'late']).toContain('value' in A! && A.value);
          expect(lock.locked()).toBe(false);
        },
      },
    );
    expect(trapped).toBeGreaterThan(0);
  });
});

describe('threads that die', () => {
  test('a thread dies at any step, and the others recover the lock', async () => {
    await model('death, two', [blocking, recovering], { kills: 1, mortal: ['A'], idleSlices: 2 });
    await model('death, three', [recovering, recovering, recovering], {
      kills: 1,
      mortal: ['A'],
      idleSlices: 2,
    });
  });

  test('a thread dies among event loops', async () => {
    await model('death, async', [blocking, awaitingRecovering, awaitingRecovering], {
      kills: 1,
      mortal: ['A'],
      idleSlices: 2,
    });
  });

  test('an event loop dies', async () => {
    await model('death of a loop', [awaiting, recovering, awaitingRecovering], {
      kills: 1,
      mortal: ['A'],
      idleSlices: 2,
    });
  });

  // Four threads are the fewest with which a loop can die between its grant and its turn while one comes later.
  test.runIf(LONG)('a loop dies that was granted the lock', { timeout: 1_000_000 }, async () => {
    await model(
      'death of a loop with a grant',
      [recovering, awaitingRecovering, recovering, recovering],
      { kills: 1, starves: 1, mortal: ['B'], idleSlices: 2 },
      { maxMs: 1_000_000 },
    );
  });

  test('a thread dies that was granted the lock, and only a loop, or only a thread, waits', async () => {
    const events = { kills: 1, starves: 1, mortal: ['A'], idleSlices: 2 };
    await model('death with a grant, loop', [recovering, awaitingRecovering, again(recovering)], events);
    await model('death with a grant, thread', [recovering, recovering, again(recovering)], events);
    await model(
      'death of a loop with a grant, thread',
      [awaitingRecovering, recovering, again(recovering)],
      events,
    );
  });

  test('a thread dies that was granted the lock', async () => {
    await model('death, starving', [recovering, recovering, recovering], {
      kills: 1,
      starves: 1,
      mortal: ['A'],
      idleSlices: 2,
    });
    await model('death, starving, async', [recovering, awaitingRecovering, recovering], {
      kills: 1,
      starves: 1,
      mortal: ['A', 'B'],
      idleSlices: 2,
    });
  });
});
