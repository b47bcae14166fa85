/** All interleavings of `RWLock`. */
import { describe, expect, test } from 'vitest';
import {
  model,
  reader,
  readerAwaiting,
  readerTrying,
  writer,
  writerAwaiting,
  writerTrying,
} from './rwlock-models.js';

describe('without events', () => {
  test('a reader and a writer', async () => {
    expect(await model('blocking', [reader, writer])).toBeGreaterThan(50);
    expect(await model('async reader', [readerAwaiting, writer])).toBeGreaterThan(50);
    expect(await model('async writer', [reader, writerAwaiting])).toBeGreaterThan(50);
    expect(await model('both async', [readerAwaiting, writerAwaiting])).toBeGreaterThan(50);
  });

  test('three threads', async () => {
    await model('two readers, one writer', [reader, reader, writer]);
    await model('one reader, two writers', [reader, writer, writer]);
    await model('two readers, one async, a writer', [reader, readerAwaiting, writer]);
    await model('a reader, two writers, one async', [reader, writer, writerAwaiting]);
  });

  test('those that only try', async () => {
    await model('trying reader', [readerTrying, writer, reader]);
    await model('trying writer', [writerTrying, writer, reader]);
  });
});
