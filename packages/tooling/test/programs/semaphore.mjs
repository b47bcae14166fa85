// One thread waits for a permit that another releases. Run in a project that has installed @x/semaphore alone.
import { Worker, isMainThread, workerData } from 'node:worker_threads';
import { Semaphore, fromShared, toShared } from '@x/semaphore';

if (isMainThread) {
  const semaphore = new Semaphore(0);
  const worker = new Worker(new URL(import.meta.url), { workerData: toShared(semaphore) });
  console.log('main acquired:', semaphore.acquire({ timeout: 20_000 }));
  console.log('value:', semaphore.value);
  await worker.terminate();
} else {
  fromShared(workerData).release();
}
