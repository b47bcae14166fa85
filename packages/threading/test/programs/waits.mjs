/** Targets that block until their thread's signal fires; each says so by the word before. */
import { sleep, Thread, ThreadPoolExecutor } from '@x/threading';

/** @param {Int32Array} word */
function ready(word) {
  Atomics.store(word, 0, 1);
  Atomics.notify(word, 0);
}

/** @param {Int32Array} word @param {any} lock */
export function acquire(word, lock) {
  ready(word);
  lock.acquire();
}

/** @param {Int32Array} word @param {any} lock */
export function read(word, lock) {
  ready(word);
  lock.read.acquire();
}

/** @param {Int32Array} word @param {any} lock */
export function write(word, lock) {
  ready(word);
  lock.write.acquire();
}

/** Leaves the lock of the condition as it must be: held. @param {Int32Array} word @param {any} condition */
export function waitNotified(word, condition) {
  condition.acquire();
  ready(word);
  try {
    condition.wait();
  } finally {
    condition.release();
  }
}

/** @param {Int32Array} word @param {any} one */
export function wait(word, one) {
  ready(word);
  one.wait();
}

/** @param {Int32Array} word @param {any} queue */
export function get(word, queue) {
  ready(word);
  queue.get();
}

/** @param {Int32Array} word @param {any} queue */
export function put(word, queue) {
  ready(word);
  queue.put('too much');
}

/** @param {Int32Array} word @param {any} one */
export function join(word, one) {
  ready(word);
  one.join();
}

/** @param {Int32Array} word @param {any} value */
export function update(word, value) {
  ready(word);
  value.update(() => 'changed');
}

/** @param {Int32Array} word */
export function rest(word) {
  ready(word);
  sleep(100_000);
}

/** @param {Int32Array} word */
export function joinOwn(word) {
  const daemon = new Thread({
    target: (/** @type {Int32Array} */ gate) => Atomics.wait(gate, 1, 0),
    args: [word],
    daemon: true,
  });
  daemon.start();
  ready(word);
  daemon.result();
}

/** @param {Int32Array} word */
export function result(word) {
  const executor = new ThreadPoolExecutor({ maxWorkers: 1 });
  const future = executor.submit((/** @type {Int32Array} */ gate) => Atomics.wait(gate, 1, 0), word);
  ready(word);
  future.result();
}
