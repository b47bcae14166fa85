/** Threads that are killed at random moments in the middle of puts and gets; seeded, a few seconds. */
import { LifoQueue, PriorityQueue, Queue, QueueEmptyError, type BaseQueue } from '@x/queue';
import { PATIENCE_MS, pause, random, startWorker, watch } from '@x/testkit';
import { expect, test } from 'vitest';

const ROUNDS = 6;

function* everything<T>(queue: BaseQueue<T>): Generator<T> {
  try {
    for (;;) yield queue.tryGet();
  } catch (error) {
    if (!(error instanceof QueueEmptyError)) throw error;
  }
}

test.each([
  ['Queue', Queue],
  ['LifoQueue', LifoQueue],
  ['PriorityQueue', PriorityQueue],
] as const)(
  '%s: killed putters and getters neither hang the others nor damage the queue',
  async (_name, Class) => {
    const rng = random();
    for (let round = 0; round < ROUNDS; round++) {
      const queue = new Class<[number, string]>(round % 2 === 0 ? 0 : 8);
      const work = (queue: Queue<[number, string]>): void => {
        for (let n = 0; ; n++) {
          queue.put([n % 7, 'x'.repeat((n * 37) % 400)], { timeout: 5 });
          if (n % 2 === 0) queue.get({ timeout: 5 });
          else if (queue.size > 20) queue.tryGet();
        }
      };
      // A full or empty queue ends the body, which is fine: what counts is what the killed one left.
      const workers = [0, 1].map(() => startWorker(work, queue as Queue<[number, string]>));
      for (const worker of workers) worker.result.catch(() => undefined);
      await pause(60 + rng.int(0, 40));
      await workers[rng.int(0, 1)]!.terminate();
      await pause(10 + rng.int(0, 10));
      await Promise.all(workers.map((worker) => worker.terminate()));
      await watch(
        [queue],
        () => {
          // Whatever was going on, every item that is left is whole, and the queue works.
          // Taken until there is none: the number is exact only once somebody has finished what a dead one began.
          for (const [priority, text] of everything(queue)) {
            expect(priority).toBeLessThan(7);
            expect(text).toBe('x'.repeat(text.length));
          }
          expect(queue.empty).toBe(true);
          for (let n = 0; n < 8; n++) queue.put([n, 'after'], { timeout: PATIENCE_MS });
          expect(queue.size).toBe(8);
        },
        PATIENCE_MS,
      );
    }
  },
);

test('each producer’s items come out of a Queue in its order', async () => {
  const EACH = 3000;
  const queue = new Queue<[number, number]>(16);
  const producers = [0, 1, 2].map((producer) =>
    startWorker(
      ({ queue, producer, EACH }: { queue: Queue<[number, number]>; producer: number; EACH: number }) => {
        for (let n = 0; n < EACH; n++) queue.put([producer, n]);
      },
      { queue, producer, EACH },
    ),
  );
  const next = [0, 0, 0];
  for (let n = 0; n < 3 * EACH; n++) {
    const [producer, item] = queue.get({ timeout: PATIENCE_MS });
    expect(item).toBe(next[producer]);
    next[producer]!++;
  }
  for (const producer of producers) await producer.result;
});
