/** Why a worker ended, a pool is broken, or a task was not run, as far as shared memory tells. */
import { BrokenExecutorError, CancelledError, ShutdownError } from '@x/core';
import { decodeBytes, encodeBytes } from '@x/core/bytes';
import { Atomics } from '@x/core/seam';
import { BROKEN_BIT, EXIT_WORD, REASON_BASE, REASON_WORD, recordBase } from './layout.js';
import type { Pool } from './pool.js';
import { REASON_BYTES } from './sizes.js';

/** Milliseconds between the signal to a task and the end of its worker, if the caller names none. */
export const DEFAULT_GRACE_MS = 100;

/** How long one that fails waits for the reason of another one, in milliseconds. */
const REASON_MAX_MS = 100;

/** Why a worker ended, if nothing better is known. */
export function exitReason(pool: Pool, record: number): Error {
  const exit = Atomics.load(pool.words, recordBase(record) + EXIT_WORD);
  return new Error(
    exit === 0
      ? 'the thread was killed by terminate(), ran out of memory, or crashed'
      : `the thread ended by process.exit(${exit - 1}) or an uncaught error`,
  );
}

/** What keeps workers from running tasks: the initializer threw, or they end before they come to it. */
type Obstacle = 'initializer' | 'start';

/** Breaks the pool, since no worker can run a task. The first reason stays. */
export function breakPool(pool: Pool, obstacle: Obstacle, cause: unknown): void {
  if (Atomics.compareExchange(pool.words, REASON_WORD, 0, -1) === 0) {
    const bytes = encodeReason(obstacle, cause);
    pool.bytes.set(bytes, REASON_BASE);
    Atomics.store(pool.words, REASON_WORD, bytes.length);
    Atomics.notify(pool.words, REASON_WORD);
  } else {
    // Whoever learns that the pool is broken finds the reason; unless the one that writes it dies meanwhile.
    Atomics.wait(pool.words, REASON_WORD, -1, REASON_MAX_MS);
  }
  pool.mark(BROKEN_BIT);
}

/** The error of all tasks of a broken pool. */
export function brokenReason(pool: Pool): BrokenExecutorError {
  const length = Atomics.load(pool.words, REASON_WORD);
  const bytes = pool.bytes.subarray(REASON_BASE, REASON_BASE + Math.max(0, length));
  const [obstacle, cause] = (length > 0 ? decodeBytes(bytes) : UNKNOWN) as readonly [Obstacle, unknown];
  const reason = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
  const what =
    obstacle === 'initializer'
      ? 'the initializer of a worker failed'
      : 'workers end again and again before they run a task';
  return new BrokenExecutorError(
    `${what}, so the executor runs no tasks: ${reason}; correct it and make a new executor`,
    { cause },
  );
}

/** One that was to write the reason has died meanwhile. */
const UNKNOWN = ['initializer', new Error('an initializer failed')] as const;

function encodeReason(obstacle: Obstacle, cause: unknown): Uint8Array {
  for (const candidate of [cause, shortened(cause)]) {
    try {
      const bytes = encodeBytes([obstacle, candidate]);
      if (bytes.length <= REASON_BYTES) return bytes;
    } catch {
      // Something in it cannot travel; what is left says enough.
    }
  }
  return encodeBytes([obstacle, String(cause).slice(0, 1000)]);
}

function shortened(cause: unknown): Error {
  const error = new Error(String(cause instanceof Error ? cause.message : cause).slice(0, 1000));
  if (cause instanceof Error) error.name = cause.name.slice(0, 100);
  return error;
}

/** The message of an error, or the text of whatever else was thrown. */
export function messageOf(thrown: unknown): string {
  if (thrown instanceof Error) return thrown.message;
  return typeof thrown === 'string' ? thrown : JSON.stringify(thrown);
}

/** Why a task is not taken. */
export function shutDown(): ShutdownError {
  return new ShutdownError('this executor was shut down and takes no more tasks; submit before shutdown()');
}

/** How a task ends that was cancelled. */
export function cancelled(): CancelledError {
  return new CancelledError('the task was cancelled');
}

/** The same, by a signal. */
export function cancelledBy(signal: AbortSignal): CancelledError {
  return new CancelledError('the task was cancelled by its signal', { cause: signal.reason });
}
