/** Threads that die while they wait on a `Condition`. */
import { describe, test } from 'vitest';
import { model, surviving, survivingAwaiting, survivingProducer } from './condition-models.js';

describe('waiters that leave', () => {
  const deaths = { kills: 1, idleSlices: 2, mortal: ['A'] };

  test('by death', async () => {
    await model('a waiter dies', [surviving, surviving, survivingProducer], deaths);
  });

  test('by death of an event loop', async () => {
    await model('an async waiter dies', [survivingAwaiting, surviving, survivingProducer], deaths);
  });

  test('by death, beside an event loop', async () => {
    await model('a waiter dies beside a loop', [surviving, survivingAwaiting, survivingProducer], deaths);
  });
});
