/** Items that do not get in, and what travels beside their bytes. */
import { describe, expect, test } from 'vitest';
import { PriorityQueue, Queue, QueueFullError, QueueShutDownError, TransferError } from '@x/queue';
import { parcelsOf } from '@x/testkit';

describe('the shared memory in an item that does not get in is let go', () => {
  const item = (): unknown => ({ inner: new Queue(), buffer: new SharedArrayBuffer(8) });
  const full = (): Queue => {
    const queue = new Queue(1);
    queue.put(1);
    return queue;
  };

  test('because the queue is full', async () => {
    const queue = full();
    const signal = AbortSignal.timeout(20);
    const { sent, kept } = await parcelsOf(async () => {
      expect(queue.tryPut(item())).toBe(false);
      expect(() => {
        queue.put(item(), { timeout: 0 });
      }).toThrow(QueueFullError);
      expect(() => {
        queue.put(item(), { timeout: 5 });
      }).toThrow(QueueFullError);
      await expect(queue.putAsync(item(), { timeout: 5 })).rejects.toThrow(QueueFullError);
      await expect(queue.putAsync(item(), { signal })).rejects.toThrow('timeout');
    });
    expect(sent).toBe(10);
    expect(kept).toBe(0);
  });

  test('because the queue was shut down', async () => {
    const queue = full();
    const { sent, kept } = await parcelsOf(async () => {
      const waiting = queue.putAsync(item());
      queue.shutdown();
      await expect(waiting).rejects.toThrow(QueueShutDownError);
      expect(() => {
        queue.put(item());
      }).toThrow(QueueShutDownError);
      await expect(queue.putAsync(item())).rejects.toThrow(QueueShutDownError);
    });
    expect(sent).toBe(6);
    expect(kept).toBe(0);
  });

  test('because it cannot travel as a whole, is too large, or cannot be compared', async () => {
    const small = new Queue(0, { buffer: new SharedArrayBuffer(Queue.BYTES) });
    const compare = (): number => {
      throw new TypeError('not to be compared');
    };
    const compared = new PriorityQueue<unknown>(0, { compare });
    compared.put(1);
    const { sent, kept } = await parcelsOf(async () => {
      expect(() => {
        small.put([item(), new WeakRef({})]);
      }).toThrow(TransferError);
      expect(() => {
        small.put([item(), 'x'.repeat(Queue.BYTES)]);
      }).toThrow(TransferError);
      expect(() => {
        compared.put(item());
      }).toThrow('not to be compared');
      await expect(compared.putAsync(item())).rejects.toThrow('not to be compared');
    });
    expect(sent).toBeGreaterThanOrEqual(6);
    expect(kept).toBe(0);
  });

  test('but not that of one that waits', async () => {
    const queue = full();
    const { sent, kept } = await parcelsOf(() => {
      void queue.putAsync(item());
      void queue.putAsync(item(), { timeout: 60_000 });
    });
    expect([sent, kept]).toEqual([4, 4]);
    queue.get();
    const { inner } = (await queue.getAsync()) as { inner: Queue };
    expect(inner.empty).toBe(true);
    queue.shutdown({ immediate: true });
  });
});

test('a put that fires its own signal while it is compared is in', async () => {
  const holder = globalThis as { abortOwnPut?: () => void };
  const controller = new AbortController();
  holder.abortOwnPut = () => {
    controller.abort();
  };
  const compare = (first: number, second: number): number => {
    if (first === 3 || second === 3) (globalThis as { abortOwnPut?: () => void }).abortOwnPut?.();
    return first - second;
  };
  const queue = new PriorityQueue<number>(2, { compare });
  queue.put(1);
  queue.put(2);
  const waiting = queue.putAsync(3, { signal: controller.signal });
  expect(queue.get()).toBe(1);
  await waiting;
  delete holder.abortOwnPut;
  expect(controller.signal.aborted).toBe(true);
  expect([queue.get(), queue.get(), queue.empty]).toEqual([2, 3, true]);
});
