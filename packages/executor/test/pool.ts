/** Helpers of this package's tests. */
import { ThreadPoolExecutor, type ThreadPoolExecutorOptions } from '@x/executor';
import { watch } from '@x/testkit';
import { onTestFinished } from 'vitest';

/** An executor that is shut down when the test ends. */
export function pool(maxWorkers = 2, options: ThreadPoolExecutorOptions = {}): ThreadPoolExecutor {
  const executor = new ThreadPoolExecutor({ maxWorkers, ...options });
  onTestFinished(async () => {
    executor.shutdown({ wait: false, cancelFutures: true });
    // A test that was stuck leaves workers that never end.
    await Promise.race([executor.shutdownAsync(), new Promise((resolve) => setTimeout(resolve, 3000))]);
  });
  return executor;
}

/** What the action throws. */
export function caught(action: () => unknown): Error & { code?: string } {
  try {
    action();
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was thrown');
}

/** Words in shared memory. */
export function shared(length = 4): Int32Array {
  return new Int32Array(new SharedArrayBuffer(length * 4));
}

/** Blocks until the word has at least that value. */
export function awaitWord(words: Int32Array, index: number, value: number, ms = 5000): void {
  const deadline = performance.now() + ms;
  for (let now = Atomics.load(words, index); now < value; now = Atomics.load(words, index)) {
    if (performance.now() > deadline) throw new Error(`word ${index} is ${now}, and was to become ${value}`);
    Atomics.wait(words, index, now, 50);
  }
}

/** Runs the body under the watchdog of the testkit. */
export function guarded<T>(body: () => T | Promise<T>, ms?: number): Promise<T> {
  return watch([], body, ms);
}

/** Runs while the given worker is kept busy: returns what lets it go on. */
export function occupy(executor: ThreadPoolExecutor, workers = 1): () => void {
  const words = shared();
  const futures = Array.from({ length: workers }, () =>
    executor.submit((gate: Int32Array) => {
      Atomics.add(gate, 0, 1);
      Atomics.notify(gate, 0);
      Atomics.wait(gate, 1, 0);
    }, words),
  );
  awaitWord(words, 0, workers);
  return () => {
    Atomics.store(words, 1, 1);
    Atomics.notify(words, 1);
    for (const future of futures) future.result({ timeout: 5000 });
  };
}
