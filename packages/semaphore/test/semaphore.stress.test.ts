import { random, startWorker, watch } from '@x/testkit';
import { expect, test } from 'vitest';
import { BoundedSemaphore } from '@x/semaphore';

const PERMITS = 4;

interface Order {
  readonly semaphore: BoundedSemaphore;
  readonly inside: Int32Array;
  readonly seed: number;
  readonly rounds: number;
}

/** Acquires in every form, with every weight, and says how many permits were out at worst. */
async function hammer({ semaphore, inside, seed, rounds }: Order): Promise<number> {
  let state = seed;
  const next = (limit: number): number => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return (state >>> 8) % limit;
  };
  let worst = 0;
  const enter = (permits: number): void => {
    worst = Math.max(worst, Atomics.add(inside, 0, permits) + permits);
    Atomics.sub(inside, 0, permits);
  };
  for (let round = 0; round < rounds; round++) {
    const permits = 1 + next(4);
    const options = { permits };
    switch (next(6)) {
      case 0:
        semaphore.acquire(options);
        enter(permits);
        semaphore.release(permits);
        break;
      case 1:
        await semaphore.acquireAsync(options);
        enter(permits);
        semaphore.release(permits);
        break;
      case 2:
        if (semaphore.acquire({ permits, timeout: 1 })) {
          enter(permits);
          semaphore.release(permits);
        }
        break;
      case 3:
        semaphore.with(() => {
          enter(permits);
        }, options);
        break;
      case 4:
        await semaphore.withAsync(() => {
          enter(permits);
        }, options);
        break;
      default: {
        const controller = new AbortController();
        const got = semaphore.acquireAsync({ permits, signal: controller.signal }).catch(() => false);
        if (next(2) === 0) await Promise.resolve();
        controller.abort();
        if (await got) {
          enter(permits);
          semaphore.release(permits);
        }
      }
    }
  }
  return worst;
}

test('threads that acquire in every form, with every weight, never exceed the permits and lose none', async () => {
  const seeded = random();
  const semaphore = new BoundedSemaphore(PERMITS, { name: `seed ${seeded.seed}` });
  const inside = new Int32Array(new SharedArrayBuffer(4));
  const workers = [0, 1, 2].map(() =>
    startWorker(hammer, { semaphore, inside, seed: seeded.int(1, 2 ** 30), rounds: 1500 }),
  );
  const worst = await watch([semaphore], () => Promise.all(workers.map(({ result }) => result)), 20_000);
  expect(Math.max(...worst)).toBeLessThanOrEqual(PERMITS);
  expect(semaphore.value).toBe(PERMITS);
});

test('threads that are killed at random moments in guarded blocks keep no permit', async () => {
  const seeded = random();
  const semaphore = new BoundedSemaphore(PERMITS, { name: `seed ${seeded.seed}` });
  for (let round = 0; round < 8; round++) {
    const workers = [0, 1].map(() =>
      startWorker((semaphore: BoundedSemaphore) => {
        for (;;) {
          semaphore.with(() => undefined, { permits: 3 });
          semaphore.with(() => semaphore.with(() => undefined, { permits: 1 }));
        }
      }, semaphore),
    );
    await Promise.all(workers.map(({ nativeId }) => nativeId));
    await new Promise((resolve) => setTimeout(resolve, seeded.int(0, 15)));
    await Promise.all(workers.map((worker) => worker.terminate()));
    await watch([semaphore], () => {
      expect(semaphore.acquire({ permits: PERMITS, timeout: 3000 })).toBe(true);
      semaphore.release(PERMITS);
    });
  }
  expect(semaphore.value).toBe(PERMITS);
});
