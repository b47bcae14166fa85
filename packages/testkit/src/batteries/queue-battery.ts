/**
 * What every queue must do: the behaviours that CPython's `test_queue` checks, and what the contract
 * adds. Run it against each class. Items are `[number, anything]`, which every order can compare.
 */
import type { Primitive } from '@x/core';
import { describe, expect, test } from 'vitest';
import { EXPIRES_MS, NEVER_MS, pause } from '../time.js';
import { until, untilSleeping } from '../until.js';
import { startWorker, untilAsyncWaiting } from '../worker-harness.js';

interface Options {
  timeout?: number;
}
interface AsyncOptions extends Options {
  signal?: AbortSignal;
}

/** An item that every order can compare. */
export type Item = [number, unknown?];

/** The interface of a queue. */
export interface QueueLike extends Primitive {
  readonly size: number;
  readonly empty: boolean;
  readonly full: boolean;
  readonly maxsize: number;
  put(item: Item, options?: Options): void;
  tryPut(item: Item): boolean;
  putAsync(item: Item, options?: AsyncOptions): Promise<void>;
  get(options?: Options): Item;
  tryGet(): Item;
  getAsync(options?: AsyncOptions): Promise<Item>;
  taskDone(): void;
  join(options?: Options): boolean;
  joinAsync(options?: AsyncOptions): Promise<boolean>;
  shutdown(options?: { immediate?: boolean }): void;
  [Symbol.asyncIterator](): AsyncIterator<Item, void, undefined>;
}

/** A class of queues. */
export interface QueueClass {
  readonly name: string;
  readonly BYTES: number;
  new (maxsize?: number, options?: { name?: string; buffer?: SharedArrayBuffer; bytes?: number }): QueueLike;
}

const named = (name: string): unknown => expect.objectContaining({ name });
const EMPTY = named('QueueEmptyError');
const FULL = named('QueueFullError');
const SHUT = named('QueueShutDownError');

/**
 * Registers the tests for one class.
 *
 * @param order the numbers 1, 2, 3, 4 in the order in which they come out, when put as 3, 1, 4, 2
 */
export function queueBattery(Queue: QueueClass, order: readonly number[]): void {
  const filled = (maxsize: number, ...numbers: number[]): QueueLike => {
    const queue = new Queue(maxsize);
    for (const number of numbers) queue.put([number]);
    return queue;
  };
  const drain = (queue: QueueLike): number[] => {
    const numbers: number[] = [];
    while (!queue.empty) numbers.push(queue.tryGet()[0]);
    return numbers;
  };

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

  describe(`${Queue.name}: shutdown`, () => {
    test('puts throw at once, gets once it is empty', async () => {
      const queue = filled(0, 1);
      queue.shutdown();
      expect(() => queue.put([2])).toThrow(SHUT);
      expect(() => queue.tryPut([2])).toThrow(SHUT);
      await expect(queue.putAsync([2])).rejects.toEqual(SHUT);
      expect(queue.get()).toEqual([1]);
      expect(() => queue.get()).toThrow(SHUT);
      expect(() => queue.tryGet()).toThrow(SHUT);
      await expect(queue.getAsync()).rejects.toEqual(SHUT);
      expect(queue.join({ timeout: 0 })).toBe(false);
      queue.taskDone();
      expect(queue.join()).toBe(true);
    });

    test('an immediate one drops what is there, and counts it as done', () => {
      const queue = filled(0, 1, 2, 3);
      queue.get();
      queue.shutdown({ immediate: true });
      expect(queue.size).toBe(0);
      expect(() => queue.get()).toThrow(SHUT);
      // What was taken has still to be marked.
      expect(queue.join({ timeout: 0 })).toBe(false);
      queue.taskDone();
      expect(queue.join()).toBe(true);
      queue.shutdown();
    });

    test('whoever waits learns of it at once', async () => {
      const queue = new Queue();
      const full = filled(1, 1);
      const worker = startWorker(
        ({ queue, full }: { queue: QueueLike; full: QueueLike }) => {
          const said = (body: () => unknown): string => {
            try {
              body();
              return 'nothing';
            } catch (error) {
              return (error as Error).name;
            }
          };
          return [said(() => queue.get()), said(() => full.put([2]))];
        },
        { queue, full },
      );
      const get = queue.getAsync();
      const put = full.putAsync([3]);
      await untilSleeping(queue);
      queue.shutdown();
      await expect(get).rejects.toEqual(SHUT);
      await untilSleeping(full);
      full.shutdown();
      await expect(put).rejects.toEqual(SHUT);
      expect(await worker.result).toEqual(['QueueShutDownError', 'QueueShutDownError']);
    });

    test('an immediate one lets a join go on', async () => {
      const queue = filled(0, 1, 2);
      const worker = startWorker((queue: QueueLike) => queue.join(), queue);
      await untilSleeping(queue);
      queue.shutdown({ immediate: true });
      expect(await worker.result).toBe(true);
    });
  });

  describe(`${Queue.name}: threads`, () => {
    test('a sleeping getter has what is put, a sleeping putter the place that is made', async () => {
      const queue = new Queue(1);
      const worker = startWorker((queue: QueueLike) => {
        const got = queue.get();
        queue.put([2]);
        queue.put([3]);
        return got;
      }, queue);
      await untilSleeping(queue);
      queue.put([1]);
      await until(
        () => queue.full,
        () => 'nothing was put',
      );
      await untilSleeping(queue);
      expect(queue.get()).toEqual([2]);
      expect(await worker.result).toEqual([1]);
      expect(queue.get()).toEqual([3]);
    });

    test('an event loop that waits in a worker is served, too', async () => {
      const queue = new Queue();
      const worker = startWorker(
        async (queue: QueueLike) => [await queue.getAsync(), await queue.getAsync()],
        queue,
      );
      await untilAsyncWaiting(worker);
      queue.put([1]);
      await until(
        () => queue.empty,
        () => 'nothing was taken',
      );
      queue.put([2]);
      expect(await worker.result).toEqual([[1], [2]]);
    });

    test('4 producers and 4 consumers lose nothing, and double nothing', async () => {
      const EACH = 400;
      const queue = new Queue(10);
      const producers = [0, 1, 2, 3].map((producer) =>
        startWorker(
          async ({ queue, producer, EACH }: { queue: QueueLike; producer: number; EACH: number }) => {
            for (let n = 0; n < EACH; n++) {
              if (n % 3 === 0) await queue.putAsync([n, producer]);
              else queue.put([n, producer]);
            }
          },
          { queue, producer, EACH },
        ),
      );
      const consumers = [0, 1, 2, 3].map((consumer) =>
        startWorker(
          async ({ queue, consumer }: { queue: QueueLike; consumer: number }) => {
            const got: Item[] = [];
            try {
              for (;;) {
                got.push(consumer % 2 === 0 ? queue.get() : await queue.getAsync());
                queue.taskDone();
              }
            } catch (error) {
              if ((error as Error).name !== 'QueueShutDownError') throw error;
            }
            return got;
          },
          { queue, consumer },
        ),
      );
      for (const producer of producers) await producer.result;
      expect(await queue.joinAsync({ timeout: NEVER_MS })).toBe(true);
      queue.shutdown();
      const got = (await Promise.all(consumers.map((consumer) => consumer.result))).flat();
      const keys = got.map(([n, producer]) => `${String(producer)}/${n}`);
      expect(new Set(keys).size).toBe(4 * EACH);
      expect(keys).toHaveLength(4 * EACH);
    });

    test('one primitive in an item is the same primitive on the other side, whoever made it', async () => {
      const queue = new Queue();
      const back = new Queue();
      queue.put([1, { back }]);
      const worker = startWorker((queue: QueueLike) => {
        const [, { back }] = queue.get() as [number, { back: QueueLike }];
        // Put before the other side asks, and by a thread that has ended by then.
        back.put([2, queue]);
        back.put([3, new (back.constructor as QueueClass)(0, { name: 'of the worker' })]);
      }, queue);
      await worker.result;
      await worker.exited;
      const items = [back.get({ timeout: NEVER_MS }), back.get({ timeout: NEVER_MS })].sort(
        (a, b) => a[0] - b[0],
      );
      expect(items[0]![1]).toBe(queue);
      expect(String(items[1]![1])).toContain('of the worker');
    });

    test('join throws when a thread that had taken items is killed, until they are done', async () => {
      const queue = filled(0, 1, 2, 3);
      const worker = startWorker((queue: QueueLike) => {
        queue.get();
        queue.get();
        queue.taskDone();
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
      }, queue);
      await until(
        () => queue.size === 1 && String(queue).includes('unfinished=2'),
        () => 'nothing was taken',
      );
      expect(queue.join({ timeout: 0 })).toBe(false);
      void worker.terminate();
      expect(() => queue.join({ timeout: NEVER_MS })).toThrow(/^1 of the items of .* were taken by/);
      await expect(queue.joinAsync()).rejects.toEqual(named('AbandonedError'));
      queue.taskDone();
      queue.get();
      queue.taskDone();
      expect(queue.join()).toBe(true);
    });

    test('a thread that ends in an orderly way may leave it to others to mark its items done', async () => {
      const queue = filled(0, 1);
      const worker = startWorker((queue: QueueLike) => queue.get(), queue);
      expect(await worker.result).toEqual([1]);
      await worker.exited;
      expect(queue.join({ timeout: EXPIRES_MS })).toBe(false);
      queue.taskDone();
      expect(queue.join()).toBe(true);
    });
  });
}
