/** Semaphores: free and contended. */
import { Semaphore, toShared } from '@x/semaphore';
import { each } from '../harness/each.js';
import { scaled, type Row } from '../harness/row.js';
import { crowd } from '../peers/crowd.js';

const PEER = 'multithreading Semaphore';

const uncontended: Row = {
  id: 'semaphore/uncontended',
  what: 'Semaphore: acquire and release, free',
  category: 'throughput',
  unit: 'ns/pair',
  better: 'lower',
  together: true,
  contestants: [
    {
      name: '@x/semaphore',
      role: 'ours',
      prepare(context) {
        const semaphore = new Semaphore(4);
        return {
          slice: () =>
            each(scaled(context, 1_000_000), (count) => {
              for (let i = 0; i < count; i++) {
                semaphore.acquire();
                semaphore.release();
              }
            }),
        };
      },
    },
    {
      name: PEER,
      role: 'peer',
      async prepare(context) {
        const library = await import('multithreading');
        const semaphore = new library.Semaphore(4);
        return {
          slice: () =>
            each(scaled(context, 250_000), (count) => {
              for (let i = 0; i < count; i++) semaphore.blockingAcquire().dispose();
            }),
        };
      },
    },
  ],
  targets: [{ against: 'best peer', atMost: 1 }],
};

const how = { threads: 4, iterations: 100_000 };

const contended: Row = {
  id: 'semaphore/contended-4',
  what: 'Semaphore of 2: 4 threads contend',
  category: 'throughput',
  unit: 'ns/pair',
  better: 'lower',
  contestants: [
    crowd('@x/semaphore', 'ours', 'semaphore', () => toShared(new Semaphore(2)), how),
    {
      name: PEER,
      role: 'peer',
      async prepare(context) {
        const library = await import('multithreading');
        const { semaphoreRound, startThreads, stopThreads } = await import('../peers/multithreading.js');
        startThreads(how.threads);
        const semaphore = new library.Semaphore(2);
        return {
          slice: () => semaphoreRound(semaphore, how.threads, scaled(context, how.iterations)),
          close: stopThreads,
        };
      },
    },
  ],
  targets: [{ against: 'best peer', atMost: 1 }],
};

/** The rows of this subject. */
export const semaphoreRows: readonly Row[] = [uncontended, contended];
