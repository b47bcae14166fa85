import { ThreadPoolExecutor } from '@x/executor';
import { home } from '@x/core';
import { threadWithIdent } from '@x/thread';

const currentThread = () => {
  const thread = threadWithIdent(home().id);
  if (!thread) throw new Error('this thread is not known');
  return thread;
};

/** @param {number} n */
export function double(n) {
  return 2 * n;
}

export function threadName() {
  return currentThread().name;
}

/** Waits on a word, noticing only its signal between waits. @param {Int32Array} words */
export function untilSignal(words) {
  Atomics.store(words, 0, 1);
  Atomics.notify(words, 0);
  const { signal } = currentThread();
  while (!signal.aborted) Atomics.wait(words, 1, 0, 1);
  Atomics.store(words, 0, 2);
  Atomics.notify(words, 0);
}

/** @param {Int32Array} words */
export async function untilSignalAsync(words) {
  const { signal } = currentThread();
  Atomics.store(words, 0, 1);
  Atomics.notify(words, 0);
  await new Promise((resolve) => signal.addEventListener('abort', resolve));
  Atomics.store(words, 0, 2);
  Atomics.notify(words, 0);
}

/**
 * Submits to the pool that it runs in, and blocks on the results.
 * @param {ThreadPoolExecutor} executor
 * @param {number} n
 */
export function sumOfSquares(executor, n) {
  const futures = [];
  for (let i = 1; i <= n; i++) futures.push(executor.submit((/** @type {number} */ x) => x * x, i));
  return futures.reduce((sum, future) => sum + future.result(), 0);
}

/** @param {ThreadPoolExecutor} executor @param {number} n */
export async function sumOfSquaresAsync(executor, n) {
  let sum = 0;
  for await (const square of executor.map(
    (/** @type {number} */ x) => x * x,
    Array.from({ length: n }, (_, i) => i + 1),
  )) {
    sum += square;
  }
  return sum;
}

/** @param {ThreadPoolExecutor} executor */
export function waitForOwnPool(executor) {
  return executor.submit(() => 'inner').result();
}

/** @param {ThreadPoolExecutor} executor @param {Uint8Array} bytes */
export function echoThrough(executor, bytes) {
  return executor.submit((/** @type {Uint8Array} */ inner) => inner, bytes).result();
}

/** @param {import('@x/lock').Lock} lock @param {Int32Array} words */
export function incrementUnder(lock, words) {
  for (let i = 0; i < 1000; i++) {
    lock.acquire();
    words[0] = (words[0] ?? 0) + 1;
    lock.release();
  }
}

/** @param {import('@x/lock').Lock} lock @param {Int32Array} words */
export function blockOn(lock, words) {
  Atomics.store(words, 0, 1);
  Atomics.notify(words, 0);
  lock.acquire();
}

export function same(/** @type {ThreadPoolExecutor} */ executor) {
  return executor instanceof ThreadPoolExecutor && executor.stats().workers > 0;
}

/**
 * Awaits a task of its own pool, once so many workers are at it.
 * @param {ThreadPoolExecutor} executor
 * @param {Int32Array} words
 * @param {number} workers
 */
export async function awaitOwnPool(executor, words, workers) {
  Atomics.add(words, 0, 1);
  while (Atomics.load(words, 0) < workers) Atomics.wait(words, 1, 0, 1);
  return executor.submit(() => 'inner');
}

/** Awaits a task of its own pool while a timer of its own is pending. @param {ThreadPoolExecutor} executor @param {number} ms */
export async function awaitOwnPoolOr(executor, ms) {
  return Promise.race([
    executor.submit(() => 'inner'),
    new Promise((resolve) => setTimeout(resolve, ms, 'timer')),
  ]);
}
