/** Waiters of a `Condition` in an event loop that are aborted. */
import { LONG } from '@x/testkit/explorer';
import { test } from 'vitest';
import { awaiting, awaitingAbortable, awaitingTwice, consumer, model, producer } from './condition-models.js';

const maxMs = 1_000_000;

test('an aborted waiter passes its wake on', { timeout: maxMs }, async () => {
  await model('abortable and blocking', [awaitingAbortable, consumer, producer], { aborts: 1 });
  await model('abortable and async', [awaitingAbortable, awaiting, producer], { aborts: 1 });
});

test('so does one of several in an event loop', { timeout: maxMs }, async () => {
  await model('abortable in one loop', [awaitingTwice, producer], { aborts: 1 });
  // Three tasks of two loops: two preemptions take five minutes.
  const bound = LONG ? { maxMs } : { preemptions: 1 };
  const bodies = [awaitingTwice, consumer, producer];
  await model('abortable in one loop, and blocking', bodies, { aborts: 1 }, bound);
});
