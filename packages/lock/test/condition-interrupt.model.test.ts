/** Blocked waiters of a `Condition` that are interrupted. */
import { LONG } from '@x/testkit/explorer';
import { test } from 'vitest';
import { awaitingProducer, interruptible, model } from './condition-models.js';

const maxMs = 1_000_000;
const bodies = [interruptible, interruptible, awaitingProducer];

test('an interrupted waiter passes its wake on', async () => {
  await model('interruptible', bodies, { interrupts: 1, idleSlices: 2 });
});

test('so does one that is interrupted just when it is notified', { timeout: maxMs }, async () => {
  // A slice in the middle, so that the interrupt is noticed before the producer comes; two preemptions take minutes.
  const events = { interrupts: 1, slices: 1, idleSlices: 2 };
  await model('interrupted and notified', bodies, events, LONG ? { maxMs } : { preemptions: 1 });
});
