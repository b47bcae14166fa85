/** Bodies for the model tests of `Lock` and `RLock`: the ways in which a thread can use one. */
import { AbandonedError, type Lock, type RLock } from '@x/lock';
import {
  explore,
  Interrupted,
  type Body,
  type Events,
  type ExploreOptions,
  type VirtualThread,
} from '@x/testkit/explorer';
import { expect } from 'vitest';

export interface Shared {
  readonly lock: Lock | RLock;
  /** Who is in the critical section. */
  readonly inside: Int32Array;
}

export type MutexBody = Body<Shared>;

/** Words of a lock, for traces. */
const WORDS = { lock: { 4: 'STATE', 5: 'SEQ', 6: 'DEPTH' } };

const STATE_WORD = 4;
const OWNER_MASK = 0x3ffffff;

const section = (): Int32Array => new Int32Array(new SharedArrayBuffer(4));

function work({ lock, inside }: Shared, thread: VirtualThread): 'worked' {
  thread.section(inside);
  lock.release();
  return 'worked';
}

/** Acquires, however long it takes. */
export const blocking: MutexBody = (shared, thread) => {
  thread.check(shared.lock.acquire(), 'acquire() without a time-out returned false');
  return work(shared, thread);
};

/** Acquires within a time. */
export const timed: MutexBody = (shared, thread) =>
  shared.lock.acquire({ timeout: 50 }) ? work(shared, thread) : 'late';

/** Only tries. */
export const trying: MutexBody = (shared, thread) =>
  shared.lock.tryAcquire() ? work(shared, thread) : 'refused';

/** Acquires without blocking. */
export const awaiting: MutexBody = async (shared, thread) => {
  thread.check(await shared.lock.acquireAsync(), 'acquireAsync() without a time-out gave false');
  return work(shared, thread);
};

/** Acquires without blocking, within a time. */
export const awaitingTimed: MutexBody = async (shared, thread) =>
  (await shared.lock.acquireAsync({ timeout: 50 })) ? work(shared, thread) : 'late';

/** Acquires without blocking, and may be told to stop. */
export const awaitingAbortable: MutexBody = async (shared, thread) => {
  const signal = thread.signal();
  try {
    await shared.lock.acquireAsync({ signal });
  } catch (error) {
    thread.check(error === signal.reason, `rejected with ${String(error)}`);
    return 'aborted';
  }
  return work(shared, thread);
};

/** Two tasks in one event loop, the first of which may be told to stop. */
export const awaitingTwice: MutexBody = async (shared, thread) => {
  const results = await Promise.all([awaitingAbortable(shared, thread), awaiting(shared, thread)]);
  return results.join();
};

/** Acquires; its waits may be interrupted. */
export const interruptible: MutexBody = (shared, thread) => {
  try {
    shared.lock.acquire();
  } catch (error) {
    thread.check(error instanceof Interrupted, `threw ${String(error)}`);
    return 'interrupted';
  }
  return work(shared, thread);
};

/** Acquires, and repairs what a dead thread has left behind. */
export const recovering: MutexBody = (shared, thread) => {
  try {
    shared.lock.acquire();
  } catch (error) {
    thread.check(error instanceof AbandonedError, `threw ${String(error)}`);
    if (!recovered(shared)) return recovering(shared, thread);
  }
  return work(shared, thread);
};

/** The same without blocking. */
export const awaitingRecovering: MutexBody = async (shared, thread) => {
  try {
    await shared.lock.acquireAsync();
  } catch (error) {
    thread.check(error instanceof AbandonedError, `rejected with ${String(error)}`);
    if (!recovered(shared)) return awaitingRecovering(shared, thread);
  }
  return work(shared, thread);
};

/** Whether this thread is the one that took the abandoned lock over; another may have been quicker. */
function recovered({ lock }: Shared): boolean {
  try {
    lock.recover();
    return true;
  } catch {
    return false;
  }
}

/** Holds the lock for a while, so that others find it taken. */
export const holding: MutexBody = ({ lock }, thread) => {
  lock.acquire();
  thread.point('holds it');
  lock.release();
};

/** Does it two times over. */
export const again =
  (body: MutexBody): MutexBody =>
  (shared, thread) => {
    const first = body(shared, thread);
    if (!(first instanceof Promise)) return [first, body(shared, thread)].join();
    return first.then(async (result: unknown) => [result, await body(shared, thread)].join());
  };

const NAMES = ['A', 'B', 'C', 'D'] as const;

/** Explores some threads on one lock, and returns how many schedules there were. */
export type Model = (
  name: string,
  bodies: readonly MutexBody[],
  events?: Events,
  more?: Partial<ExploreOptions<Shared>>,
) => Promise<number>;

/** Models of one kind of lock, which must be free in the end unless a thread has died. */
export function modelsOf(kind: string, make: () => Lock | RLock): Model {
  return async (name, bodies, events = {}, more = {}) => {
    const { schedules } = await explore<Shared, string>({
      name: `${kind}, ${name}`,
      setup: () => ({ lock: make(), inside: section() }),
      words: WORDS,
      threads: Object.fromEntries(bodies.map((body, i) => [NAMES[i]!, body])),
      events,
      final: ({ lock }, outcomes) => {
        const died = Object.values(outcomes).some((outcome) => 'dead' in outcome);
        if (died) return;
        expect(lock.locked()).toBe(false);
        // M4: not granted either. A grant without an addressee would keep the next one waiting for a slice.
        expect(lock.memory.words[STATE_WORD]! & OWNER_MASK).toBe(0);
      },
      ...more,
    });
    return schedules;
  };
}
