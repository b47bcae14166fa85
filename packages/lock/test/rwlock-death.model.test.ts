/** Threads that die while they use an `RWLock`. */
import { describe, test } from 'vitest';
import { model, surviving } from './rwlock-models.js';

describe('with events', () => {
  test('deaths', async () => {
    const events = { kills: 1, idleSlices: 2, mortal: ['A'] };
    await model('a reader dies', [surviving('read'), surviving('write'), surviving('read')], events);
    await model('a writer dies', [surviving('write'), surviving('read'), surviving('write')], events);
  });
});
