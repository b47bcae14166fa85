/** A file of its own, and so a process: here no thread expects what travels beside bytes for another reason. */
import { AtomicInt32, SharedValue, TransferError } from '@x/shared';
import { Checkpoints, parcelsOf, startWorker } from '@x/testkit';
import { expect, test } from 'vitest';

test('a primitive in the value is there for all, also once the thread that has set it has ended', async () => {
  const shared = new SharedValue<{ counter: AtomicInt32 }>(undefined as never);
  const points = new Checkpoints();
  // Knows the value before it is set, and reads it when its setter is gone.
  const reader = startWorker(
    (given: { shared: SharedValue<{ counter: AtomicInt32 }>; buffer: SharedArrayBuffer }, kit) => {
      const points = kit.checkpoints(given.buffer);
      points.signal(0);
      points.waitFor(1);
      return given.shared.value.counter.load();
    },
    { shared, buffer: points.buffer },
  );
  await points.waitForAsync(0);
  const setter = startWorker(async (shared: SharedValue<unknown>) => {
    const { AtomicInt32: Counter } = await import('@x/shared');
    shared.set({ counter: new Counter(7) });
  }, shared);
  await setter.result;
  await setter.terminate();
  expect(shared.value.counter.load()).toBe(7);
  points.signal(1);
  expect(await reader.result).toBe(7);
});

test('what would have travelled beside a first value that nobody reads is let go', async () => {
  const parcels = await parcelsOf(() => {
    const counter = new AtomicInt32();
    const buffer = new SharedArrayBuffer(SharedValue.BYTES);
    const shared = new SharedValue<unknown>('there already', { buffer });
    expect(new SharedValue({ counter }, { buffer }).value).toBe(shared.value);
    expect(() => new SharedValue({ counter }, { maxBytes: 10 })).toThrow(TransferError);
  });
  expect(parcels).toEqual({ sent: 2, kept: 0 });
});
