/**
 * The watchdog: a test that is stuck fails with a dump instead of hanging.
 *
 * It lives in a thread of its own, since the thread of the test may be the one that is blocked.
 */
import { Worker } from 'node:worker_threads';
import { agent, home } from '@x/core';
import { scaled, STUCK_MS } from './time.js';
import type { Watched } from './until.js';

// Word of a thread record that ends its waits; see core's realm/layout.ts.
const INTERRUPT_WORD = 11;

/** How long a thread that was interrupted may take to notice before the process is killed. */
const LAST_MS = scaled(5_000);

export interface WatchOrder {
  /** Word 0: 0 while watching, 1 once the body has ended. */
  readonly done: Int32Array;
  readonly realm: SharedArrayBuffer;
  readonly primitives: readonly { readonly name: string; readonly words: Int32Array }[];
  readonly ms: number;
  readonly lastMs: number;
}

/**
 * Runs the body. If it has not ended after `ms` milliseconds, every word of the primitives and every
 * thread record is written to the standard error, all blocking waits of the process are interrupted,
 * and the promise rejects with the dump. If even then this thread does not come back, the process is killed.
 */
export async function watch<T>(
  primitives: readonly Watched[],
  body: () => T | Promise<T>,
  ms = STUCK_MS,
): Promise<T> {
  const member = home();
  const done = new Int32Array(new SharedArrayBuffer(4));
  const order: WatchOrder = {
    done,
    realm: member.realm.buffer,
    primitives: primitives.map(({ name, memory }) => ({ name, words: memory.words })),
    ms,
    lastMs: LAST_MS,
  };
  const self = agent();
  const previous = self.interruption;
  let report: string | undefined;
  self.interruption = () =>
    new Error(report ?? 'a watchdog found this wait stuck; its dump is on the standard error');
  const worker = new Worker(new URL('../dist/watchdog-entry.js', import.meta.url), { workerData: order });
  const stuck = new Promise<never>((_resolve, reject) => {
    worker.once('message', (text: string) => {
      report = text;
      reject(new Error(text));
    });
    worker.once('error', reject);
  });
  stuck.catch(() => undefined);
  try {
    await new Promise((resolve) => worker.once('online', resolve));
    return await Promise.race([body(), stuck]);
  } finally {
    Atomics.store(done, 0, 1);
    Atomics.notify(done, 0);
    self.interruption = previous;
    Atomics.store(member.realm.words, member.realm.base(member.id) + INTERRUPT_WORD, 0);
    await worker.terminate();
  }
}
