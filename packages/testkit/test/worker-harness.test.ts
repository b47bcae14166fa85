// By path: this package lies below lock in the package map, its tests do not.
import { Lock } from '../../lock/dist/index.js';
import { Checkpoints, pause, startWorker, untilAsyncWaiting, untilSleeping, watch } from '@x/testkit';
import { expect, test } from 'vitest';

test('a fixture gets its value, imports packages by name, and its result comes back', async () => {
  const lock = new Lock({ name: 'shared' });
  const worker = startWorker(
    async ({ lock, numbers }: { lock: Lock; numbers: number[] }) => {
      const name: string = '@x/lock';
      const own = (await import(name)) as { Lock: typeof Lock };
      return { same: lock instanceof own.Lock, name: lock.name, sum: numbers.reduce((a, b) => a + b), lock };
    },
    { lock, numbers: [1, 2, 3] },
  );
  const result = await worker.result;
  expect(result).toMatchObject({ same: true, name: 'shared', sum: 6 });
  expect(result.lock).toBe(lock);
  expect(await worker.exited).toBe(0);
  expect(await worker.nativeId).toBeGreaterThan(0);
});

test('what a fixture throws rejects the result, with its class', async () => {
  const worker = startWorker(async () => {
    throw new RangeError('as planned');
  }, undefined);
  await expect(worker.result).rejects.toThrow(RangeError);
});

test('a worker that ends without a result rejects', async () => {
  const worker = startWorker(async () => {
    process.exit(3);
  }, undefined);
  await expect(worker.result).rejects.toThrow('exit code 3');
});

test('checkpoints order two threads, and a sleeper is seen asleep', async () => {
  const points = new Checkpoints();
  const lock = new Lock();
  lock.acquire();
  const worker = startWorker(
    ({ lock, buffer }: { lock: Lock; buffer: SharedArrayBuffer }, kit) => {
      const points = kit.checkpoints(buffer);
      points.waitFor(0);
      lock.acquire();
      lock.release();
      return points.count(0);
    },
    { lock, buffer: points.buffer },
  );
  points.signal(0);
  await untilSleeping(lock);
  expect(String(lock)).toContain('waiters=1');
  lock.release();
  expect(await worker.result).toBe(1);
});

test('a pending async wait of a worker is seen from outside', async () => {
  const lock = new Lock();
  lock.acquire();
  const worker = startWorker(async (lock: Lock) => {
    const got = await lock.acquireAsync();
    lock.release();
    return got;
  }, lock);
  await untilAsyncWaiting(worker);
  lock.release();
  expect(await worker.result).toBe(true);
});

test('a killed worker ends and does not fail the test', async () => {
  const worker = startWorker(() => {
    for (;;) Math.random();
  }, undefined);
  await worker.nativeId;
  await worker.terminate();
  await expect(worker.result).rejects.toThrow('before its fixture returned');
});

test('the watchdog ends a blocked wait of the thread that runs the test', async () => {
  const lock = new Lock({ name: 'stuck' });
  lock.acquire();
  await expect(watch([lock], () => lock.acquire(), 50)).rejects.toThrow('watchdog');
  expect(lock.acquire({ timeout: 0 })).toBe(false);
});

test('the watchdog ends a promise that never settles, and names words and threads', async () => {
  const lock = new Lock({ name: 'never' });
  await expect(watch([lock], () => new Promise(() => undefined), 50)).rejects.toThrow(
    /never[\s\S]*MainThread/,
  );
});

test('the watchdog leaves a body alone that ends in time', async () => {
  expect(await watch([], async () => (await pause(1), 'done'))).toBe('done');
});
