/** What every semaphore must do between threads; part of the semaphore battery. */
import { describe, expect, test } from 'vitest';
import { Checkpoints } from '../checkpoints.js';
import { NEVER_MS, pause, SHORT_MS } from '../time.js';
import { untilSleeping } from '../until.js';
import { watch } from '../watch.js';
import { startWorker, untilAsyncWaiting } from '../worker-harness.js';
import { makeSemaphore, type SemaphoreClass, type SemaphoreLike } from './semaphore-subject.js';

/** Registers the tests for one class. */
export function semaphoreThreadsBattery(Semaphore: SemaphoreClass): void {
  const make = (value: number, free: number): SemaphoreLike => makeSemaphore(Semaphore, value, free);

  describe(`${Semaphore.name}: several threads`, () => {
    test('it arrives as the same semaphore, at any depth', async () => {
      const semaphore = new Semaphore(2, { name: 'slots' });
      const worker = startWorker(
        (given: { list: Map<string, SemaphoreLike>[] }) => {
          const found = given.list[0]!.get('it')!;
          found.acquire();
          return { again: [found], printed: String(found) };
        },
        { list: [new Map([['it', semaphore]])] },
      );
      const { again, printed } = await worker.result;
      expect(again[0]).toBe(semaphore);
      expect(semaphore.value).toBe(1);
      expect(printed).toContain('slots');
    });

    test('never more threads are inside than there are permits', async () => {
      const semaphore = new Semaphore(2);
      const inside = new Int32Array(new SharedArrayBuffer(8));
      const workers = [0, 1, 2, 3].map((n) =>
        startWorker(
          async ({
            semaphore,
            inside,
            blocking,
          }: {
            semaphore: SemaphoreLike;
            inside: Int32Array;
            blocking: boolean;
          }) => {
            let worst = 0;
            for (let i = 0; i < 2000; i++) {
              if (blocking) semaphore.acquire();
              else await semaphore.acquireAsync();
              worst = Math.max(worst, Atomics.add(inside, 0, 1) + 1);
              Atomics.sub(inside, 0, 1);
              semaphore.release();
            }
            return worst;
          },
          { semaphore, inside, blocking: n !== 0 },
        ),
      );
      const worst = await watch([semaphore], () => Promise.all(workers.map((worker) => worker.result)));
      expect(Math.max(...worst)).toBeLessThanOrEqual(2);
      expect(semaphore.value).toBe(2);
    });

    test('a release of n wakes n sleepers and no more', async () => {
      const semaphore = make(6, 0);
      const points = new Checkpoints();
      const workers = [1, 2, 3, 4, 5, 6].map(() =>
        startWorker(
          ({ semaphore, buffer }: { semaphore: SemaphoreLike; buffer: SharedArrayBuffer }, kit) => {
            semaphore.acquire();
            return kit.checkpoints(buffer).signal(0);
          },
          { semaphore, buffer: points.buffer },
        ),
      );
      await untilSleeping(semaphore, 6);
      semaphore.release(2);
      await points.waitForAsync(0, 2);
      await pause(SHORT_MS);
      expect(points.count(0)).toBe(2);
      semaphore.release(4);
      await Promise.all(workers.map((worker) => worker.result));
      expect(semaphore.value).toBe(0);
    });

    test('release(5) serves sleepers that want 2, 2 and 1', async () => {
      const semaphore = make(5, 0);
      const workers = [2, 2, 1].map((permits) =>
        startWorker(
          ({ semaphore, permits }: { semaphore: SemaphoreLike; permits: number }) =>
            semaphore.acquire({ permits }),
          {
            semaphore,
            permits,
          },
        ),
      );
      await untilSleeping(semaphore, 3);
      semaphore.release(5);
      expect(await Promise.all(workers.map((worker) => worker.result))).toEqual([true, true, true]);
      expect(semaphore.value).toBe(0);
    });

    test('a permit that is too little for one sleeper reaches the one that wants it', async () => {
      const semaphore = make(5, 0);
      const acquire = ({ semaphore, permits }: { semaphore: SemaphoreLike; permits: number }): boolean =>
        semaphore.acquire({ permits });
      const large = startWorker(acquire, { semaphore, permits: 4 });
      await untilSleeping(semaphore, 1);
      const small = startWorker(acquire, { semaphore, permits: 1 });
      await untilSleeping(semaphore, 2);
      semaphore.release();
      // Who gets it depends on whether the large one has become first in line by now.
      await pause(SHORT_MS);
      semaphore.release(4);
      expect(await watch([semaphore], () => Promise.all([large.result, small.result]))).toEqual([true, true]);
      expect(semaphore.value).toBe(0);
    });

    test('a large request is not starved by threads that hammer small ones', async () => {
      const semaphore = new Semaphore(3);
      const stop = new Int32Array(new SharedArrayBuffer(4));
      const hammers = [0, 1].map(() =>
        startWorker(
          ({ semaphore, stop }: { semaphore: SemaphoreLike; stop: Int32Array }) => {
            while (Atomics.load(stop, 0) === 0) {
              semaphore.acquire();
              for (let i = 0; i < 200; i++) Atomics.load(stop, 0);
              semaphore.release();
            }
          },
          { semaphore, stop },
        ),
      );
      try {
        await Promise.all(hammers.map((hammer) => hammer.nativeId));
        for (let i = 0; i < 20; i++) {
          expect(semaphore.acquire({ permits: 3, timeout: NEVER_MS })).toBe(true);
          semaphore.release(3);
          expect(await semaphore.acquireAsync({ permits: 3, timeout: NEVER_MS })).toBe(true);
          semaphore.release(3);
        }
      } finally {
        Atomics.store(stop, 0, 1);
      }
      await Promise.all(hammers.map((hammer) => hammer.result));
      expect(semaphore.value).toBe(3);
    });

    test('a thread and a loop that wait are both served by one release of two', async () => {
      const semaphore = make(2, 0);
      const sleeper = startWorker((semaphore: SemaphoreLike) => semaphore.acquire(), semaphore);
      const loop = startWorker((semaphore: SemaphoreLike) => semaphore.acquireAsync(), semaphore);
      await untilSleeping(semaphore);
      await untilAsyncWaiting(loop);
      semaphore.release(2);
      expect(await Promise.all([sleeper.result, loop.result])).toEqual([true, true]);
    });

    test('a loop that is first in line and blocks does not keep others from free permits', async () => {
      const semaphore = make(1, 0);
      const points = new Checkpoints();
      const loop = startWorker(
        async ({ semaphore, buffer }: { semaphore: SemaphoreLike; buffer: SharedArrayBuffer }, kit) => {
          const points = kit.checkpoints(buffer);
          const pending = semaphore.acquireAsync();
          // Twice past a slice: by now it is first in line.
          await new Promise((resolve) => setTimeout(resolve, 600));
          points.signal(0);
          points.waitFor(1);
          return pending;
        },
        { semaphore, buffer: points.buffer },
      );
      await points.waitForAsync(0);
      semaphore.release();
      expect(await watch([semaphore], () => semaphore.acquire())).toBe(true);
      points.signal(1);
      semaphore.release();
      expect(await loop.result).toBe(true);
    });

    test('a killed sleeper takes no permit with it', async () => {
      const semaphore = make(1, 0);
      const doomed = startWorker((semaphore: SemaphoreLike) => semaphore.acquire(), semaphore);
      await untilSleeping(semaphore);
      const next = startWorker((semaphore: SemaphoreLike) => semaphore.acquire(), semaphore);
      await untilSleeping(semaphore, 2);
      await doomed.terminate();
      semaphore.release();
      expect(await watch([semaphore], () => next.result)).toBe(true);
      expect(semaphore.value).toBe(0);
    });

    test.each(['hold', 'with', 'holdAsync'])(
      'permits held through %s come back when their thread is killed',
      async (form) => {
        const semaphore = new Semaphore(5);
        const points = new Checkpoints();
        const doomed = startWorker(
          async (
            {
              semaphore,
              buffer,
              form,
            }: { semaphore: SemaphoreLike; buffer: SharedArrayBuffer; form: string },
            kit,
          ) => {
            const points = kit.checkpoints(buffer);
            const stay = (): void => {
              points.signal(0);
              points.waitFor(1, 1, 60_000);
            };
            const guards = [semaphore.hold()];
            if (form === 'hold') guards.push(semaphore.hold({ permits: 2 }));
            if (form === 'holdAsync') guards.push(await semaphore.holdAsync({ permits: 2 }));
            if (form === 'with') semaphore.with(stay, { permits: 2 });
            else stay();
            return guards.length;
          },
          { semaphore, buffer: points.buffer, form },
        );
        await points.waitForAsync(0);
        expect(semaphore.value).toBe(2);
        void doomed.terminate();
        const before = performance.now();
        // The main thread blocks, so that no event tells anybody of the death.
        expect(semaphore.acquire({ permits: 5, timeout: NEVER_MS })).toBe(true);
        expect(performance.now() - before).toBeLessThan(1000);
        semaphore.release(5);
      },
    );
  });
}
