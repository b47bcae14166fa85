/**
 * What every queue must do: the behaviours that CPython's `test_queue` checks, and what the contract
 * adds. Run it against each class. Items are `[number, anything]`, which every order can compare.
 */
import { describe, expect, test } from 'vitest';
import { EXPIRES_MS, pause } from '../time.js';
import {
  drain,
  EMPTY,
  fill,
  FULL,
  named,
  type Item,
  type QueueClass,
  type QueueLike,
} from './queue-subject.js';
import { queueThreadsBattery } from './queue-threads-battery.js';

/**
 * Registers the tests for one class.
 *
 * @param order the numbers 1, 2, 3, 4 in the order in which they come out, when put as 3, 1, 4, 2
 */
export function queueBattery(Queue: QueueClass, order: readonly number[]): void {
  const filled = (maxsize: number, ...numbers: number[]): QueueLike => fill(Queue, maxsize, numbers);

  describe(`${Queue.name}: one thread`, () => {
    test('items come out in the order of the class', () => {
      expect(drain(filled(0, 3, 1, 4, 2))).toEqual(order);
    });

    test('size, empty and full tell what is in it', () => {
      const queue = new Queue(2);
      expect([queue.size, queue.empty, queue.full, queue.maxsize]).toEqual([0, true, false, 2]);
      queue.put([1]);
      expect([queue.size, queue.empty, queue.full]).toEqual([1, false, false]);
      queue.put([2]);
      expect([queue.size, queue.empty, queue.full]).toEqual([2, false, true]);
      queue.get();
      expect([queue.size, queue.empty, queue.full]).toEqual([1, false, false]);
    });

    test('a full queue takes nothing more, in every form', async () => {
      const queue = filled(1, 1);
      expect(queue.tryPut([2])).toBe(false);
      expect(() => queue.put([2], { timeout: 0 })).toThrow(FULL);
      expect(() => queue.put([2], { timeout: EXPIRES_MS })).toThrow(FULL);
      await expect(queue.putAsync([2], { timeout: 0 })).rejects.toEqual(FULL);
      await expect(queue.putAsync([2], { timeout: EXPIRES_MS })).rejects.toEqual(FULL);
      expect(drain(queue)).toEqual([1]);
    });

    test('an empty queue gives nothing, in every form', async () => {
      const queue = new Queue();
      expect(() => queue.tryGet()).toThrow(EMPTY);
      expect(() => queue.get({ timeout: 0 })).toThrow(EMPTY);
      const before = performance.now();
      expect(() => queue.get({ timeout: EXPIRES_MS })).toThrow(EMPTY);
      expect(performance.now() - before).toBeGreaterThan(EXPIRES_MS - 2);
      await expect(queue.getAsync({ timeout: 0 })).rejects.toEqual(EMPTY);
      await expect(queue.getAsync({ timeout: EXPIRES_MS })).rejects.toEqual(EMPTY);
      queue.put([1]);
      expect(queue.get({ timeout: EXPIRES_MS })).toEqual([1]);
    });

    test.each([0, -1])('maxsize %d is without a bound', (maxsize) => {
      const queue = new Queue(maxsize);
      for (let number = 0; number < 5000; number++) queue.put([number]);
      expect([queue.size, queue.full, queue.maxsize]).toEqual([5000, false, 0]);
      expect(drain(queue).sort((a, b) => a - b)).toEqual(Array.from({ length: 5000 }, (_, index) => index));
    });

    test.each([1.5, NaN, 2 ** 31])('maxsize %d is a RangeError', (maxsize) => {
      expect(() => new Queue(maxsize)).toThrow(RangeError);
    });

    test('wrong arguments change nothing', async () => {
      const queue = filled(0, 1);
      expect(() => new Queue('1' as never)).toThrow(TypeError);
      for (const timeout of [-1, NaN]) {
        expect(() => queue.put([2], { timeout })).toThrow(RangeError);
        expect(() => queue.get({ timeout })).toThrow(RangeError);
        expect(() => queue.join({ timeout })).toThrow(RangeError);
        await expect(queue.putAsync([2], { timeout })).rejects.toThrow(RangeError);
        await expect(queue.getAsync({ timeout })).rejects.toThrow(RangeError);
        await expect(queue.joinAsync({ timeout })).rejects.toThrow(RangeError);
      }
      expect(() => queue.get(5 as never)).toThrow(TypeError);
      expect(() => queue.put([2], 5 as never)).toThrow(TypeError);
      expect(() => {
        queue.shutdown(5 as never);
      }).toThrow(TypeError);
      expect(() => queue.put([2, () => 1])).toThrow('item[1] is a function');
      await expect(queue.putAsync([2, () => 1])).rejects.toEqual(named('TransferError'));
      const fired = AbortSignal.abort(new Error('fired'));
      await expect(queue.putAsync([2], { signal: fired })).rejects.toThrow('fired');
      await expect(queue.getAsync({ signal: fired })).rejects.toThrow('fired');
      expect(drain(queue)).toEqual([1]);
    });

    test('taskDone more often than put is a RangeError', () => {
      const queue = new Queue();
      expect(() => {
        queue.taskDone();
      }).toThrow(RangeError);
      queue.put([1]);
      queue.taskDone();
      expect(() => {
        queue.taskDone();
      }).toThrow(RangeError);
    });

    test('join waits until every item is marked done, not until it is taken', () => {
      const queue = new Queue();
      expect(queue.join()).toBe(true);
      queue.put([1]);
      expect(queue.join({ timeout: 0 })).toBe(false);
      queue.get();
      expect(queue.join({ timeout: EXPIRES_MS })).toBe(false);
      queue.taskDone();
      expect(queue.join()).toBe(true);
    });

    test('items are copies, and may be anything that travels', () => {
      const queue = new Queue();
      const item: Item = [
        1,
        { list: [1, -0, undefined, NaN], map: new Map([['€', new Uint8Array([1, 2])]]), big: 5n },
      ];
      queue.put(item);
      const got = queue.get();
      expect(got).toStrictEqual(item);
      expect(got).not.toBe(item);
    });

    test('an item much larger than the queue goes through', () => {
      const queue = new Queue(1);
      const bytes = new Uint8Array(5_000_000).fill(7);
      queue.put([1, bytes]);
      queue.tryPut([2]);
      expect(Buffer.compare(queue.get()[1] as Uint8Array, bytes)).toBe(0);
    });

    test('memory is used again: many items of all sizes go through a small one, one after the other', () => {
      const buffer = new SharedArrayBuffer(Queue.BYTES);
      const queue = new Queue(0, { buffer });
      for (let round = 0; round < 20_000; round++) {
        const size = (round * 7919) % 300;
        queue.put([round % 5, 'x'.repeat(size)]);
        expect(queue.get()[1]).toHaveLength(size);
      }
    });

    test('in memory of the caller it is full when the memory is, and one item that never fits is refused', () => {
      const queue = new Queue(0, { buffer: new SharedArrayBuffer(Queue.BYTES) });
      let count = 0;
      while (queue.tryPut([count])) count++;
      expect(count).toBeGreaterThan(10);
      expect(() => queue.put([1], { timeout: 0 })).toThrow(FULL);
      expect(() => queue.put([1, 'x'.repeat(Queue.BYTES)])).toThrow(named('TransferError'));
      expect(drain(queue)).toHaveLength(count);
      // Blocks of another size than before.
      queue.put([1, 'x'.repeat(600)]);
      expect(queue.get()[1]).toHaveLength(600);
    });

    test('memory that is misaligned, too small, or somebody else’s is refused', () => {
      const buffer = new SharedArrayBuffer(Queue.BYTES * 2);
      expect(() => new Queue(0, { buffer, byteOffset: 4 } as never)).toThrow(named('LayoutError'));
      expect(() => new Queue(0, { buffer: new SharedArrayBuffer(64) })).toThrow(named('LayoutError'));
      new Int32Array(buffer).fill(7);
      expect(() => new Queue(0, { buffer })).toThrow(named('LayoutError'));
    });

    test('printing tells kind, name and state', () => {
      const queue = new Queue(3, { name: 'jobs' });
      queue.put([1]);
      expect(String(queue)).toBe(`<${Queue.name} jobs size=1 maxsize=3 unfinished=1 waiters=0>`);
    });
  });

  describe(`${Queue.name}: async waiters`, () => {
    test('getters of one loop are served in the order they came', async () => {
      const queue = new Queue();
      const got: number[] = [];
      const gets = [0, 1, 2].map(async (n) => {
        await queue.getAsync();
        got.push(n);
      });
      for (const number of [1, 2, 3]) queue.put([number]);
      await Promise.all(gets);
      expect(got).toEqual([0, 1, 2]);
    });

    test('a put that waits goes in when there is a place, as it was when it was given', async () => {
      const queue = filled(1, 1);
      const item: Item = [2, { text: 'before' }];
      const put = queue.putAsync(item);
      item[1] = 'after';
      // Encodes something else meanwhile.
      new Queue().put([9, 'other']);
      expect(queue.get()).toEqual([1]);
      await put;
      expect(queue.get()).toEqual([2, { text: 'before' }]);
    });

    test('an abort takes nothing and puts nothing', async () => {
      const queue = filled(1, 1);
      const controller = new AbortController();
      const put = queue.putAsync([2], { signal: controller.signal });
      controller.abort(new Error('enough'));
      await expect(put).rejects.toThrow('enough');
      expect(drain(queue)).toEqual([1]);
      const other = new AbortController();
      const get = queue.getAsync({ signal: other.signal });
      other.abort(new Error('enough'));
      await expect(get).rejects.toThrow('enough');
      queue.put([3]);
      expect(drain(queue)).toEqual([3]);
    });

    test('a get that timed out does not take what comes later', async () => {
      const queue = new Queue();
      await expect(queue.getAsync({ timeout: EXPIRES_MS })).rejects.toEqual(EMPTY);
      queue.put([1]);
      await pause(EXPIRES_MS);
      expect(queue.size).toBe(1);
    });

    test('for await takes items until the queue is shut down and empty', async () => {
      const queue = filled(0, 3, 1, 4, 2);
      queue.shutdown();
      const got: number[] = [];
      for await (const [number] of queue) got.push(number);
      expect(got).toEqual(order);
    });

    test('joinAsync resolves with the last taskDone', async () => {
      const queue = filled(0, 1, 2);
      const joined = queue.joinAsync();
      expect(await queue.joinAsync({ timeout: EXPIRES_MS })).toBe(false);
      queue.taskDone();
      queue.taskDone();
      expect(await joined).toBe(true);
    });
  });

  queueThreadsBattery(Queue);
}
