/** Threads that die while they use an `RWLock`. */
import { LONG } from '@x/testkit/explorer';
import { describe, test } from 'vitest';
import { model, surviving, writingTwice } from './rwlock-models.js';

describe('with events', () => {
  test('deaths', async () => {
    const events = { kills: 1, idleSlices: 2, mortal: ['A'] };
    await model('a reader dies', [surviving('read'), surviving('write'), surviving('read')], events);
    await model('a writer dies', [surviving('write'), surviving('read'), surviving('write')], events);
  });

  test('a writer dies that was granted the lock, and only a reader waits', async () => {
    const events = { kills: 1, starves: 1, idleSlices: 2, mortal: ['A'] };
    const bodies = [surviving('write'), surviving('read'), writingTwice];
    await model('a granted writer dies', bodies, events, LONG ? {} : { preemptions: 1 });
  });
});
