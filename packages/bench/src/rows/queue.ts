/** Queues: values from thread to thread. */
import { Queue, toShared } from '@x/queue';
import { scaled, type Row } from '../harness/row.js';
import { crowd } from '../peers/crowd.js';
import { HUNDRED_BYTES } from '../workers/operations.js';

/** Room for as many in both; the peer's default of 32 is slower for it. */
const CAPACITY = 256;
const ITEMS = 20_000;

function transport(id: string, what: string, operation: string, value: unknown, pairs: number): Row {
  const ours = crowd('@x/queue', 'ours', operation, () => toShared(new Queue(CAPACITY)), {
    threads: pairs * 2,
    iterations: ITEMS / pairs,
  });
  return {
    id: `queue/${id}-${pairs}-to-${pairs}`,
    what: `Queue: put and get of ${what}, ${pairs} to ${pairs} threads`,
    category: 'throughput',
    unit: 'ns/item',
    better: 'lower',
    contestants: [
      {
        ...ours,
        async prepare(context) {
          const { slice, close } = await ours.prepare(context);
          // A crowd counts the put and the get of an item as two operations.
          return { slice: async () => (await slice()) * 2, close };
        },
      },
      {
        name: 'multithreading channel',
        role: 'peer',
        async prepare(context) {
          const { channel } = await import('multithreading');
          const { channelRound, startThreads, stopThreads } = await import('../peers/multithreading.js');
          startThreads(pairs * 2);
          const ends = channel<unknown>(CAPACITY);
          return {
            slice: () => channelRound(ends, value, pairs, scaled(context, ITEMS / pairs / 4)),
            close: stopThreads,
          };
        },
      },
    ],
    targets: [{ against: 'best peer', atMost: 0.2 }],
  };
}

/** The rows of this subject. */
export const queueRows: readonly Row[] = [1, 4].flatMap((pairs) => [
  transport('number', 'a number', 'queueOfNumbers', 42, pairs),
  transport('object', 'an object of 100 bytes', 'queueOfObjects', HUNDRED_BYTES, pairs),
]);
