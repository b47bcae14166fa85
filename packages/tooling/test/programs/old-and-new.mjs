// `old-part` and `new-part` each have their own version of @x/lock. Says, as JSON, what a lock of the old one means
// to the new one: `excluded`, or the class of the error with which it refuses.
import { on } from 'node:events';
import { Worker, isMainThread, workerData } from 'node:worker_threads';
import * as now from 'new-part';

const TURNS = 2000;

/** Adds to a plain word; two threads at once would lose additions. */
function count(lock, counter) {
  for (let turn = 0; turn < TURNS; turn++) {
    lock.acquire();
    const value = counter[0];
    for (let delay = 0; delay < 20; delay++) counter[1] = delay;
    counter[0] = value + 1;
    lock.release();
  }
}

/** What `acquire` comes to while the old part holds the lock. */
function outcome(attach) {
  try {
    return attach().tryAcquire() ? 'not excluded' : 'excluded';
  } catch (error) {
    return error.name;
  }
}

if (isMainThread) {
  const old = await import('old-part');
  const answer = { copies: old.Lock === now.Lock ? 1 : 2 };
  const buffer = new SharedArrayBuffer(old.Lock.BYTES);
  const lock = new old.Lock({ buffer });
  const counter = new Int32Array(new SharedArrayBuffer(8));
  lock.acquire();
  answer['in one thread'] = outcome(() => now.fromShared(old.toShared(lock)));
  answer['in memory of the old one'] = outcome(() => new now.Lock({ buffer }));

  const worker = new Worker(new URL(import.meta.url), {
    workerData: { shared: old.toShared(lock), counter },
  });
  const messages = on(worker, 'message');
  const next = async () => (await messages.next()).value[0];
  answer['between threads'] = await next();
  lock.release();
  if (answer['between threads'] === 'excluded') count(lock, counter);
  const refused = await next();
  answer['counted together'] = refused ?? counter[0];
  await worker.terminate();
  console.log(JSON.stringify(answer));
} else {
  const { parentPort } = await import('node:worker_threads');
  const { shared, counter } = workerData;
  parentPort.postMessage(outcome(() => now.fromShared(shared)));
  try {
    count(now.fromShared(shared), counter);
    parentPort.postMessage(undefined);
  } catch (error) {
    parentPort.postMessage(error.name);
  }
}
