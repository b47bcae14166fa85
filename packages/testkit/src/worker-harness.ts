/**
 * Real workers for tests, started without `@x/thread`.
 *
 * Whatever goes wrong in a worker fails the test that started it, and when the test ends every one
 * of its workers has ended, by itself or by force.
 */
import { Worker, type ResourceLimits } from 'node:worker_threads';
import { fromShared, toShared } from '@x/core';
import { onTestFinished } from 'vitest';
import { PATIENCE_MS, pause, POLL_MS, scaled } from './time.js';
import { until } from './until.js';
import {
  PENDING_WORD,
  STARTED_WORD,
  STATUS_WORDS,
  type WorkerKit,
  type WorkerOrder,
  type WorkerReport,
  type Wired,
} from './worker-protocol.js';

/** How long a worker that has given its result may take to end before it is ended by force. */
const GRACE_MS = scaled(1_000);

export interface StartOptions {
  /** `import.meta.url` of the test: what the fixture's relative imports resolve against. */
  readonly base?: string | URL | undefined;
  readonly resourceLimits?: ResourceLimits | undefined;
}

/** A worker of a test. */
export interface TestWorker<R> {
  readonly worker: Worker;
  /** What the fixture returned; rejects with what it threw. If nobody looks, a failure fails the test. */
  readonly result: Promise<R>;
  /** Resolves with the exit code. */
  readonly exited: Promise<number>;
  /** Resolves with the system's id of its thread, once the fixture is about to run. */
  readonly nativeId: Promise<number>;
  /** How many async waits are pending in it. */
  readonly pending: number;
  /** Kills it; from then on its result may be missing. */
  terminate(): Promise<number>;
}

/**
 * Starts a worker that runs the fixture with the value, which travels by `toShared` and `fromShared`.
 *
 * @param fixture a self-contained function, whose source travels; or the URL of a module with the
 * function as its default export. `await import('@x/lock')` inside gives the built package
 * @param value the fixture's first argument; the second is a `WorkerKit`
 */
export function startWorker<T, R>(
  fixture: ((value: T, kit: WorkerKit) => R) | URL,
  value: T,
  options: StartOptions = {},
): TestWorker<Awaited<R>> {
  const status = new Int32Array(new SharedArrayBuffer(STATUS_WORDS * 4));
  const order: WorkerOrder = {
    source: fixture instanceof URL ? undefined : fixture.toString(),
    module: fixture instanceof URL ? fixture.href : undefined,
    base: String(options.base ?? import.meta.url),
    value: toShared(value) as Wired,
    status: status.buffer,
  };
  // From src, as in model tests, and from dist it is the same file.
  const worker = new Worker(new URL('../dist/worker-entry.js', import.meta.url), {
    workerData: order,
    ...(options.resourceLimits && { resourceLimits: options.resourceLimits }),
  });

  let settled = false;
  let observed = false;
  let terminated = false;
  let failure: { readonly error: unknown } | undefined;
  /** What went wrong after the fixture had returned. */
  let late: { readonly error: unknown } | undefined;
  const exited = new Promise<number>((resolve) => worker.once('exit', resolve));
  const result = new Promise<Awaited<R>>((resolve, reject) => {
    const fail = (error: unknown): void => {
      if (settled) {
        late ??= { error };
        return;
      }
      settled = true;
      failure = { error };
      // A fixture may throw anything.
      reject(error);
    };
    worker.once('message', (report: WorkerReport) => {
      const outcome = fromShared<Awaited<R>>(report.value);
      if (!report.ok) {
        fail(outcome);
        return;
      }
      settled = true;
      resolve(outcome);
    });
    worker.once('messageerror', fail);
    worker.once('error', fail);
    worker.once('exit', (code) => {
      if (!settled) fail(new Error(`the worker ended with exit code ${code} before its fixture returned`));
    });
  });
  // Looked at when the test ends.
  result.catch(() => undefined);

  onTestFinished(async () => {
    const running = !settled && !terminated;
    if (!running) await Promise.race([exited, pause(terminated ? 0 : GRACE_MS)]);
    await worker.terminate();
    if (running)
      throw new Error('the test ended while a worker was still running its fixture; await its result');
    if (failure && !observed && !terminated) throw failure.error;
    if (late) throw late.error;
  });

  return {
    worker,
    exited,
    get result() {
      observed = true;
      return result;
    },
    get nativeId() {
      return until(
        () => Atomics.load(status, STARTED_WORD) !== 0 || settled,
        () => 'the worker did not start',
        PATIENCE_MS,
      ).then(() => Atomics.load(status, STARTED_WORD));
    },
    get pending() {
      return Atomics.load(status, PENDING_WORD);
    },
    terminate() {
      terminated = true;
      return worker.terminate();
    },
  };
}

/** Resolves once at least `n` async waits are pending in the worker's event loop, each of them announced. */
export async function untilAsyncWaiting(
  worker: TestWorker<unknown>,
  n = 1,
  timeout = PATIENCE_MS,
): Promise<void> {
  await until(
    () => worker.pending >= n,
    () => `${worker.pending} of ${n} async waits are pending`,
    timeout,
  );
  await pause(POLL_MS);
}
