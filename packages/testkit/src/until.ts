/** Waiting until other threads are where a test wants them, without guessing how long that takes. */
import { readFileSync } from 'node:fs';
import { nativeIdOf, UID_WORD, type Primitive } from '@x/core';
import { PATIENCE_MS, pause, POLL_MS, SHORT_MS } from './time.js';

// The word of a thread record that names the primitive it sleeps on; see core's realm/layout.ts.
const WAIT_UID_WORD = 5;

/** What a test may wait for: a primitive; only its memory is looked at. */
export type Watched = Pick<Primitive, 'memory' | 'name'>;

/** The ids of the threads that have noted that they sleep on the primitive. */
export function sleepersOn({ memory }: Watched): number[] {
  const { realm } = memory.member;
  const uid = memory.words[UID_WORD]!;
  return realm.ids().filter((id) => Atomics.load(realm.words, realm.base(id) + WAIT_UID_WORD) === uid);
}

/** Resolves once `condition` holds. Rejects after `timeout` milliseconds, with what `describe` says then. */
export async function until(
  condition: () => boolean,
  describe: () => string = () => 'the condition did not come true',
  timeout: number = PATIENCE_MS,
): Promise<void> {
  const deadline = performance.now() + timeout;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`${describe()} (waited ${timeout} ms)`);
    await pause(POLL_MS);
  }
}

/** Resolves once the primitive's words satisfy the condition. */
export function untilWords(
  primitive: Watched,
  condition: (words: Int32Array) => boolean,
  timeout?: number,
): Promise<void> {
  const { words } = primitive.memory;
  return until(
    () => condition(words),
    () => `${primitive.name} has the words ${words.join(' ')}`,
    timeout,
  );
}

/**
 * Resolves once at least `n` threads sleep on the primitive. A thread writes its note just before it
 * sleeps; so on Linux the system is asked whether it sleeps by now, elsewhere a little time is given.
 */
export async function untilSleeping(primitive: Watched, n = 1, timeout: number = PATIENCE_MS): Promise<void> {
  const { realm } = primitive.memory.member;
  const asleep = (): boolean =>
    sleepersOn(primitive).filter((id) => isAsleep(nativeIdOf(realm, id))).length >= n;
  const describe = (): string => `${sleepersOn(primitive).length} of ${n} threads sleep on ${primitive.name}`;
  await until(asleep, describe, timeout);
  // Twice, some time apart: a thread may also be off the processor for a moment on its way.
  await pause(POLL_MS);
  await until(asleep, describe, timeout);
  if (process.platform !== 'linux') await pause(SHORT_MS);
}

/** Whether the system says that the native thread sleeps. True where it cannot be asked. */
function isAsleep(nativeId: number): boolean {
  try {
    const stat = readFileSync(`/proc/self/task/${nativeId}/stat`, 'latin1');
    // The name in parentheses may hold anything, also parentheses.
    return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3) === 'S';
  } catch {
    return process.platform !== 'linux';
  }
}
