/** What happens where more threads are at work than a primitive can keep account of. */
import { home } from '@x/core';
import { EXPIRES_MS, NEVER_MS, scaled, watch } from '@x/testkit';
import { Barrier, Queue, Semaphore, Thread } from '@x/threading';
import { expect, test } from 'vitest';
import { FIRST_SLOT_WORD, SLOTS_WORD } from '../../barrier/src/cycle.js';
import { SLOT_COUNT } from '../../barrier/src/parties.js';
import { LEDGER_ENTRIES, LEDGER_WORD } from '../../queue/src/layout.js';

/** Starts a thread that does something to the primitive and stays, and waits until it has. */
function holder<T>(target: (it: T, word: Int32Array) => unknown, it: T): Thread {
  const word = new Int32Array(new SharedArrayBuffer(8));
  const thread = new Thread({
    target: target as (it: unknown, word: Int32Array) => unknown,
    args: [it, word],
  });
  thread.start();
  expect(Atomics.wait(word, 0, 0, NEVER_MS)).not.toBe('timed-out');
  return thread;
}

/** Longer than anybody needs to learn of a death. */
const UNNOTICED_MS = scaled(1000);

test('permits of fifteen threads come back when they are killed, those of a sixteenth do not', async () => {
  const semaphore = new Semaphore(16);
  const target = (semaphore: Semaphore, word: Int32Array): void => {
    semaphore.hold();
    Atomics.store(word, 0, 1);
    Atomics.notify(word, 0);
    Atomics.wait(word, 1, 0);
  };
  const holders = Array.from({ length: 16 }, () => holder(target, semaphore));
  expect(semaphore.value).toBe(0);
  for (const thread of holders) thread.terminate();
  await Promise.all(holders.map((thread) => thread.joinAsync()));
  expect(await watch([semaphore], () => semaphore.acquireAsync({ permits: 15, timeout: NEVER_MS }))).toBe(
    true,
  );
  expect(semaphore.acquire({ timeout: EXPIRES_MS })).toBe(false);
});

test('a party that is killed is not noticed where more threads wait than a barrier can know', async () => {
  const barrier = new Barrier(3);
  const { words } = barrier.memory;
  // As if this thread had all places, which saves starting as many threads.
  words[SLOTS_WORD] = SLOT_COUNT;
  for (let slot = 0; slot < SLOT_COUNT; slot++) words[FIRST_SLOT_WORD + 2 * slot] = home().id;
  const party = holder((barrier: Barrier, word: Int32Array) => {
    Atomics.store(word, 0, 1);
    Atomics.notify(word, 0);
    barrier.wait();
  }, barrier);
  while (barrier.nWaiting === 0) await new Promise((resolve) => setTimeout(resolve, 2));
  party.terminate();
  await party.joinAsync();
  const began = performance.now();
  await expect(barrier.waitAsync({ timeout: UNNOTICED_MS })).rejects.toThrow('is broken');
  expect(performance.now() - began).toBeGreaterThanOrEqual(UNNOTICED_MS - 1);
});

test('items of a thread that is killed are not missed where more threads have taken items than a queue can know', async () => {
  const queue = new Queue<string>();
  queue.put('item');
  const { words } = queue.memory;
  for (let entry = 0; entry < LEDGER_ENTRIES; entry++) {
    words[LEDGER_WORD + 2 * entry] = home().id;
    words[LEDGER_WORD + 2 * entry + 1] = 1;
  }
  const taker = holder((queue: Queue<string>, word: Int32Array) => {
    queue.get();
    Atomics.store(word, 0, 1);
    Atomics.notify(word, 0);
    Atomics.wait(word, 1, 0);
  }, queue);
  taker.terminate();
  await taker.joinAsync();
  expect(await queue.joinAsync({ timeout: UNNOTICED_MS })).toBe(false);
  queue.taskDone();
  expect(queue.join({ timeout: NEVER_MS })).toBe(true);
});
