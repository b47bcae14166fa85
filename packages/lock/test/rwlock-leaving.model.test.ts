/** Waiters of an `RWLock` that leave, or ask to be served first. */
import { describe, test } from 'vitest';
import {
  interruptible,
  model,
  reader,
  readerAbortable,
  readerTimed,
  writer,
  writerAbortable,
  writerAwaiting,
  writerTimed,
} from './rwlock-models.js';

describe('with events', () => {
  test('time-outs', async () => {
    await model('timed reader', [readerTimed, writer, reader], { timeouts: 1 });
    await model('timed writer', [writerTimed, reader, writer], { timeouts: 1 });
    await model('both timed', [writerTimed, readerTimed], { timeouts: 2 });
  });

  test('aborts', async () => {
    await model('abortable reader', [readerAbortable, writer, reader], { aborts: 1 });
    await model('abortable writer', [writerAbortable, reader, writer], { aborts: 1 });
  });

  test('grants', async () => {
    await model('starving writers', [reader, writer, writer], { starves: 2 });
    await model('starving writers, one async', [reader, writer, writerAwaiting], { starves: 2 });
  });

  const interrupts = { interrupts: 1, idleSlices: 2 };
  const [read, write] = [interruptible('read'), interruptible('write')];

  test('interrupts of readers', async () => {
    await model('interrupted readers', [read, write, read], interrupts);
  });

  test('interrupts of writers', async () => {
    await model('interrupted writers', [write, read, write], interrupts);
  });
});
