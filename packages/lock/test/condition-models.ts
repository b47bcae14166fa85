/**
 * Bodies for the model tests of `Condition`. There is one token to be had. Whoever takes it puts it back and notifies,
 * so that everybody who does not leave gets it once: a wake that is lost leaves somebody asleep for ever.
 */
import type { RLock } from '@x/lock';
import { AbandonedError, Condition, Lock } from '@x/lock';
import { explore, Interrupted, type Body, type Events, type ExploreOptions } from '@x/testkit/explorer';
import { expect } from 'vitest';

export interface Shared {
  readonly condition: Condition;
  /** How many tokens there are · how often one was taken. */
  readonly tokens: Int32Array;
}
export type ConditionBody = Body<Shared>;

/** With the lock held: takes the token, puts it back, tells the next one. */
function use({ condition, tokens }: Shared): 'used' {
  tokens[0]!--;
  tokens[1]!++;
  tokens[0]!++;
  condition.notify();
  condition.release();
  return 'used';
}

export const producer: ConditionBody = ({ condition, tokens }) => {
  condition.acquire();
  tokens[0]!++;
  condition.notify();
  condition.release();
};

export const producerForAll: ConditionBody = ({ condition, tokens }) => {
  condition.acquire();
  tokens[0]!++;
  condition.notifyAll();
  condition.release();
};

/** A producer that nothing interrupts. */
export const awaitingProducer: ConditionBody = async ({ condition, tokens }) => {
  await condition.acquireAsync();
  tokens[0]!++;
  condition.notify();
  condition.release();
};

export const consumer: ConditionBody = (shared, thread) => {
  const { condition, tokens } = shared;
  condition.acquire();
  while (tokens[0] === 0) thread.check(condition.wait(), 'wait() without a time-out returned false');
  return use(shared);
};

export const timed: ConditionBody = (shared) => {
  const { condition, tokens } = shared;
  condition.acquire();
  while (tokens[0] === 0) {
    if (condition.wait({ timeout: 50 })) continue;
    condition.release();
    return 'late';
  }
  return use(shared);
};

export const twoLevels: ConditionBody = (shared, thread) => {
  const { condition, tokens } = shared;
  condition.acquire();
  condition.acquire();
  while (tokens[0] === 0) condition.wait();
  condition.release();
  thread.check(condition.locked(), 'one level of two was lost');
  return use(shared);
};

export const interruptible: ConditionBody = (shared, thread) => {
  const { condition, tokens } = shared;
  try {
    condition.acquire();
  } catch (error) {
    thread.check(error instanceof Interrupted, `acquire threw ${String(error)}`);
    return 'interrupted';
  }
  while (tokens[0] === 0) {
    try {
      condition.wait();
    } catch (error) {
      thread.check(error instanceof Interrupted, `wait threw ${String(error)}`);
      condition.release();
      return 'interrupted';
    }
  }
  return use(shared);
};

export const awaiting: ConditionBody = async (shared, thread) => {
  const { condition, tokens } = shared;
  await condition.acquireAsync();
  while (tokens[0] === 0)
    thread.check(await condition.waitAsync(), 'waitAsync() without a time-out gave false');
  return use(shared);
};

export const awaitingTimed: ConditionBody = async (shared) => {
  const { condition, tokens } = shared;
  await condition.acquireAsync();
  while (tokens[0] === 0) {
    if (await condition.waitAsync({ timeout: 50 })) continue;
    condition.release();
    return 'late';
  }
  return use(shared);
};

export const awaitingAbortable: ConditionBody = async (shared, thread) => {
  const { condition, tokens } = shared;
  const signal = thread.signal();
  await condition.acquireAsync();
  while (tokens[0] === 0) {
    try {
      await condition.waitAsync({ signal });
    } catch (error) {
      thread.check(error === signal.reason, `rejected with ${String(error)}`);
      condition.release();
      return 'aborted';
    }
  }
  return use(shared);
};

/** Two tasks of one loop, the first of which may be told to stop. */
export const awaitingTwice: ConditionBody = async (shared, thread) =>
  (await Promise.all([awaitingAbortable(shared, thread), awaiting(shared, thread)])).join();

/** Takes over what a dead thread has left; there is one token again then. */
function repair({ condition, tokens }: Shared): boolean {
  try {
    condition.recover();
  } catch {
    return false;
  }
  if (tokens[2] === 1) tokens[0] = 1;
  condition.notifyAll();
  condition.release();
  return true;
}

export const surviving: ConditionBody = (shared, thread) => {
  const { condition, tokens } = shared;
  for (;;) {
    try {
      condition.acquire();
      while (tokens[0] === 0) condition.wait();
      return use(shared);
    } catch (error) {
      thread.check(error instanceof AbandonedError, `threw ${String(error)}`);
      repair(shared);
    }
  }
};

export const survivingAwaiting: ConditionBody = async (shared, thread) => {
  const { condition, tokens } = shared;
  for (;;) {
    try {
      await condition.acquireAsync();
      while (tokens[0] === 0) await condition.waitAsync();
      return use(shared);
    } catch (error) {
      thread.check(error instanceof AbandonedError, `rejected with ${String(error)}`);
      repair(shared);
    }
  }
};

/** Says in word 2 that from now on there is a token. */
export const survivingProducer: ConditionBody = (shared, thread) => {
  const { condition, tokens } = shared;
  for (;;) {
    try {
      condition.acquire();
      tokens[2] = 1;
      tokens[0] = 1;
      condition.notify();
      condition.release();
      return;
    } catch (error) {
      thread.check(error instanceof AbandonedError, `threw ${String(error)}`);
      repair(shared);
    }
  }
};

/** The first words of the entries in the table of waiters. */
const ENTRIES = [8, 12, 16];

const NAMES = ['A', 'B', 'C', 'D'] as const;

/** Explores some threads on one condition, and returns how many schedules there were. */
export async function model(
  name: string,
  bodies: readonly ConditionBody[],
  events: Events = {},
  more: Partial<ExploreOptions<Shared>> = {},
  make: () => Lock | RLock = () => new Lock(),
): Promise<number> {
  const { schedules } = await explore<Shared, string>({
    name: `Condition, ${name}`,
    setup: () => ({ condition: new Condition(make()), tokens: new Int32Array(new SharedArrayBuffer(12)) }),
    words: { condition: { 4: 'SEQ', 5: 'NEXT', 6: 'HIGH', 8: 'WHO 0', 12: 'WHO 1', 16: 'WHO 2' } },
    threads: Object.fromEntries(bodies.map((body, i) => [NAMES[i]!, body])),
    events,
    final: ({ condition }, outcomes) => {
      if (Object.values(outcomes).some((outcome) => 'dead' in outcome)) return;
      expect(condition.locked()).toBe(false);
      expect(String(condition)).toContain('> waiters=0>');
      // No entry is left, waited in or notified.
      expect(ENTRIES.map((entry) => condition.memory.words[entry])).toEqual([0, 0, 0]);
    },
    ...more,
  });
  return schedules;
}
