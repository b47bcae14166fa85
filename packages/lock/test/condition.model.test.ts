/** All interleavings of `Condition`. */
import { RLock } from '@x/lock';
import { describe, expect, test } from 'vitest';
import {
  awaiting,
  awaitingTimed,
  consumer,
  model,
  producer,
  producerForAll,
  timed,
  twoLevels,
} from './condition-models.js';

describe('without events', () => {
  test('a consumer and a producer, blocking and async', async () => {
    expect(await model('one blocking', [consumer, producer])).toBeGreaterThan(20);
    expect(await model('one async', [awaiting, producer])).toBeGreaterThan(20);
  });

  test('two consumers', async () => {
    expect(await model('two blocking', [consumer, consumer, producer])).toBeGreaterThan(100);
    await model('blocking and async', [consumer, awaiting, producer]);
    await model('two async', [awaiting, awaiting, producer]);
  });

  test('notifyAll', async () => {
    await model('two blocking, all', [consumer, consumer, producerForAll]);
    await model('blocking and async, all', [consumer, awaiting, producerForAll]);
  });

  test('over an RLock that is held twice', async () => {
    await model('two levels', [twoLevels, consumer, producer], {}, {}, () => new RLock());
  });
});

describe('waiters that leave', () => {
  test('by time-out', async () => {
    await model('timed and blocking', [timed, consumer, producer], { timeouts: 1 });
    await model('timed and async', [timed, awaiting, producer], { timeouts: 1 });
    await model('async timed and blocking', [awaitingTimed, consumer, producer], { timeouts: 1 });
    await model('async timed and async', [awaitingTimed, awaiting, producer], { timeouts: 1 });
  });
});
