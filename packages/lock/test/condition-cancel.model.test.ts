/** Waiters of a `Condition` that are told to stop. */
import { LONG } from '@x/testkit/explorer';
import { describe, test } from 'vitest';
import {
  awaiting,
  awaitingAbortable,
  awaitingProducer,
  awaitingTwice,
  consumer,
  interruptible,
  model,
  producer,
} from './condition-models.js';

describe('waiters that leave', () => {
  test('by abort', async () => {
    await model('abortable and blocking', [awaitingAbortable, consumer, producer], { aborts: 1 });
    await model('abortable in one loop', [awaitingTwice, producer], { aborts: 1 });
  });

  test('by abort, more of them', { timeout: 1_000_000 }, async () => {
    await model('abortable and async', [awaitingAbortable, awaiting, producer], { aborts: 1 });
    // Three tasks of two loops: two preemptions take minutes.
    const bound = LONG ? { maxMs: 1_000_000 } : { preemptions: 1 };
    const bodies = [awaitingTwice, consumer, producer];
    await model('abortable in one loop, and blocking', bodies, { aborts: 1 }, bound);
  });

  test('by interrupt', async () => {
    const bodies = [interruptible, interruptible, awaitingProducer];
    await model('interruptible', bodies, { interrupts: 1, idleSlices: 2 });
  });

  test('by interrupt, just when it is notified', { timeout: 1_000_000 }, async () => {
    // A slice in the middle, so that the interrupt is noticed before the producer comes.
    const bodies = [interruptible, interruptible, awaitingProducer];
    const bound = LONG ? { maxMs: 1_000_000 } : { preemptions: 1 };
    await model('interrupted and notified', bodies, { interrupts: 1, slices: 1, idleSlices: 2 }, bound);
  });
});
