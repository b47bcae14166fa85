/**
 * Aborts very many waits, as many as the argument says, split over everything that can be waited for in an
 * event loop. Prints a line of JSON: how many were aborted, by how many bytes the heap has grown, and what is left of them.
 */
import { agent } from '@x/core';
import {
  Barrier,
  Condition,
  Event,
  Lock,
  Queue,
  RLock,
  RWLock,
  Semaphore,
  SharedValue,
  sleepAsync,
  Thread,
  ThreadPoolExecutor,
  waitAsync,
} from '@x/threading';

const BATCH = 1000;
const collect = /** @type {() => void} */ (globalThis.gc);

const lock = new Lock();
lock.acquire();
const rlock = new RLock();
rlock.acquire();
const written = new RWLock();
written.write.acquire();
const read = new RWLock();
read.read.acquire();
const condition = new Condition(new Lock());
const semaphore = new Semaphore(1);
const event = new Event();
const barrier = new Barrier(BATCH + 1);
const empty = new Queue();
const full = new Queue(1);
full.put('item');
const value = new SharedValue(1);
const gate = new Int32Array(new SharedArrayBuffer(8));

/** Keeps the value from everybody else until the gate opens. */
const updater = new Thread({
  target: (/** @type {SharedValue<number>} */ value, /** @type {Int32Array} */ gate) => {
    value.update((number) => {
      Atomics.store(gate, 0, 1);
      Atomics.notify(gate, 0);
      Atomics.wait(gate, 1, 0);
      return number + 1;
    });
  },
  args: [value, gate],
});
updater.start();
Atomics.wait(gate, 0, 0);
const executor = new ThreadPoolExecutor({ maxWorkers: 1 });
const future = executor.submit((/** @type {Int32Array} */ gate) => Atomics.wait(gate, 1, 0), gate);

/** @type {Record<string, (options: { signal: AbortSignal }) => PromiseLike<unknown>>} */
const waits = {
  'Lock.acquireAsync': (options) => lock.acquireAsync(options),
  'RLock.acquireAsync': (options) => rlock.acquireAsync(options),
  'RWLock.read.acquireAsync': (options) => written.read.acquireAsync(options),
  'RWLock.write.acquireAsync': (options) => read.write.acquireAsync(options),
  'Condition.waitAsync': async (options) => {
    await condition.acquireAsync();
    try {
      await condition.waitAsync(options);
    } finally {
      condition.release();
    }
  },
  'Semaphore.acquireAsync': (options) => semaphore.acquireAsync({ ...options, permits: 2 }),
  'Event.waitAsync': (options) => event.waitAsync(options),
  'Barrier.waitAsync': (options) => barrier.waitAsync(options),
  'Queue.getAsync': (options) => empty.getAsync(options),
  'Queue.putAsync': (options) => full.putAsync('item', options),
  'Queue.joinAsync': (options) => full.joinAsync(options),
  'SharedValue.updateAsync': (options) => value.updateAsync((number) => number + 1, options),
  'Thread.joinAsync': (options) => updater.joinAsync(options),
  'Thread.resultAsync': (options) => updater.resultAsync(options),
  sleepAsync: (options) => sleepAsync(100_000, options),
  'waitAsync of futures': (options) => waitAsync([future], options),
};

/** One batch of each wait; returns how many were aborted. */
async function batch() {
  let aborted = 0;
  for (const wait of Object.values(waits)) {
    const controller = new AbortController();
    const pending = [];
    for (let i = 0; i < BATCH; i++) {
      const pass = () => undefined;
      pending.push(wait({ signal: controller.signal }).then(pass, () => aborted++));
    }
    // Those of the condition have given its lock up.
    await Promise.resolve();
    controller.abort();
    await Promise.all(pending);
    barrier.reset();
  }
  return aborted;
}

const total = Number(process.argv[2]);
await batch();
await batch();
collect();
const before = process.memoryUsage().heapUsed;
const pendingBefore = agent().keepAlive.count;
let aborted = 0;
while (aborted < total) aborted += await batch();
collect();
const grown = process.memoryUsage().heapUsed - before;

// Everything goes on as if nobody had ever waited.
Atomics.store(gate, 1, 1);
Atomics.notify(gate, 1);
lock.release();
rlock.release();
written.write.release();
read.read.release();
const left = {
  pending: agent().keepAlive.count - pendingBefore,
  lock: lock.tryAcquire(),
  rlock: rlock.tryAcquire(),
  written: written.read.tryAcquire() && !written.write.tryAcquire(),
  read: read.write.tryAcquire(),
  condition: String(condition).includes('waiters=0'),
  semaphore: semaphore.value,
  event: event.isSet(),
  barrier: barrier.nWaiting,
  empty: empty.size,
  full: full.size,
  joined: updater.join({ timeout: 5000 }),
  value: value.get(),
  future: future.result({ timeout: 5000 }),
};
console.log(JSON.stringify({ aborted, grown, left }));
process.exit(0);
