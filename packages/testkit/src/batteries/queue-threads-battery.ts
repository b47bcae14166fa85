/** What every queue must do when it is shut down, and between threads; part of the queue battery. */
import { describe, expect, test } from 'vitest';
import { EXPIRES_MS, NEVER_MS } from '../time.js';
import { until, untilSleeping } from '../until.js';
import { startWorker, untilAsyncWaiting } from '../worker-harness.js';
import { fill, named, SHUT, type Item, type QueueClass, type QueueLike } from './queue-subject.js';

/** Registers the tests for one class. */
export function queueThreadsBattery(Queue: QueueClass): void {
  const filled = (maxsize: number, ...numbers: number[]): QueueLike => fill(Queue, maxsize, numbers);

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

    test('that goes for a thread also whose queue object is gone by then', async () => {
      const buffer = new SharedArrayBuffer(Queue.BYTES);
      const queue = new Queue(0, { buffer });
      queue.put([1]);
      // An object for memory that was not passed as a queue is not known to be of use to others.
      const worker = startWorker(
        ({ buffer, other }: { buffer: SharedArrayBuffer; other: QueueLike }) =>
          new (other.constructor as QueueClass)(0, { buffer }).get(),
        { buffer, other: new Queue() },
      );
      expect(await worker.result).toEqual([1]);
      await worker.exited;
      expect(queue.join({ timeout: EXPIRES_MS })).toBe(false);
      queue.taskDone();
      expect(queue.join()).toBe(true);
    });
  });
}
