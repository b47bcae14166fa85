/** What the condition batteries are run against, and a thread that waits. */
import type { Primitive } from '@x/core';
import type { Checkpoints } from '../checkpoints.js';
import { until } from '../until.js';
import { startWorker, type TestWorker } from '../worker-harness.js';
import type { TestLock } from './lock-subject.js';

export interface Options {
  timeout?: number;
}
export interface AsyncOptions extends Options {
  signal?: AbortSignal;
}

/** The interface of a condition. */
export interface TestCondition extends Primitive, TestLock {
  readonly lock: Primitive;
  wait(options?: Options): boolean;
  waitAsync(options?: AsyncOptions): Promise<boolean>;
  waitFor<T>(predicate: () => T, options?: Options): T;
  waitForAsync<T>(predicate: () => T | PromiseLike<T>, options?: AsyncOptions): Promise<T>;
  notify(n?: number): void;
  notifyAll(): void;
}

/** What the battery is run against. */
export interface ConditionSubject {
  readonly title: string;
  readonly make: () => TestCondition;
  /** Its lock may be held several times. */
  readonly reentrant: boolean;
}

/** Checkpoint: a sleeper has the lock and is about to wait. Point 0 counts those that went on. */
const ARRIVED = 1;

/** A worker that waits; its result is what `wait` returned and the order in which it went on. */
export type Sleeper = TestWorker<{ got: boolean; order: number }>;

/** Starts a thread that waits, and returns when it does. */
export async function startSleeper(
  condition: TestCondition,
  order: Checkpoints,
  options?: Options,
  levels = 1,
): Promise<Sleeper> {
  const arrived = order.count(ARRIVED);
  const worker = startWorker(
    ({ condition, buffer, options, levels }, kit) => {
      for (let i = 0; i < levels; i++) condition.acquire();
      kit.checkpoints(buffer).signal(1);
      const got = condition.wait(options);
      // Held, so that nobody is between this and the next line.
      const order = kit.checkpoints(buffer).signal(0);
      for (let i = 0; i < levels; i++) condition.release();
      return { got, order };
    },
    { condition, buffer: order.buffer, options, levels },
  );
  // It has signalled with the lock held, and gives that up only to wait.
  await order.waitForAsync(ARRIVED, arrived + 1);
  await until(() => !condition.locked());
  return worker;
}

/** A condition and its lock, for the dump if a test is stuck. */
export const watching = (condition: TestCondition): Primitive[] => [condition, condition.lock];

/** How many wait, as it prints. */
export function waiters(condition: TestCondition): number {
  return Number(/waiters=(\d+)>$/.exec(String(condition))?.[1]);
}
