/** Bodies for the model tests of `RWLock`. */
import { AbandonedError, RWLock } from '@x/lock';
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
  readonly rw: RWLock;
  /** Who reads · who writes, at this moment. */
  readonly inside: Int32Array;
}
export type RWBody = Body<Shared>;

function reading({ rw, inside }: Shared, thread: VirtualThread): 'read' {
  inside[0]!++;
  thread.check(inside[1] === 0, 'a reader is in beside a writer');
  thread.point('reads');
  thread.check(inside[1] === 0, 'a writer came in beside a reader');
  inside[0]!--;
  rw.read.release();
  return 'read';
}

function writing({ rw, inside }: Shared, thread: VirtualThread): 'wrote' {
  inside[1]!++;
  thread.check(inside[0] === 0 && inside[1] === 1, 'a writer is not alone');
  thread.point('writes');
  thread.check(inside[0] === 0 && inside[1] === 1, 'a writer did not stay alone');
  inside[1]!--;
  rw.write.release();
  return 'wrote';
}

export const reader: RWBody = (shared, thread) => {
  thread.check(shared.rw.read.acquire(), 'acquire() without a time-out returned false');
  return reading(shared, thread);
};
export const writer: RWBody = (shared, thread) => {
  thread.check(shared.rw.write.acquire(), 'acquire() without a time-out returned false');
  return writing(shared, thread);
};
export const readerTimed: RWBody = (shared, thread) =>
  shared.rw.read.acquire({ timeout: 50 }) ? reading(shared, thread) : 'late';
export const writerTimed: RWBody = (shared, thread) =>
  shared.rw.write.acquire({ timeout: 50 }) ? writing(shared, thread) : 'late';
export const readerTrying: RWBody = (shared, thread) =>
  shared.rw.read.tryAcquire() ? reading(shared, thread) : 'refused';
export const writerTrying: RWBody = (shared, thread) =>
  shared.rw.write.tryAcquire() ? writing(shared, thread) : 'refused';
export const readerAwaiting: RWBody = async (shared, thread) => {
  await shared.rw.read.acquireAsync();
  return reading(shared, thread);
};
export const writerAwaiting: RWBody = async (shared, thread) => {
  await shared.rw.write.acquireAsync();
  return writing(shared, thread);
};
export const readerAbortable: RWBody = async (shared, thread) => {
  const signal = thread.signal();
  try {
    await shared.rw.read.acquireAsync({ signal });
  } catch (error) {
    thread.check(error === signal.reason, `rejected with ${String(error)}`);
    return 'aborted';
  }
  return reading(shared, thread);
};
export const writerAbortable: RWBody = async (shared, thread) => {
  const signal = thread.signal();
  try {
    await shared.rw.write.acquireAsync({ signal });
  } catch (error) {
    thread.check(error === signal.reason, `rejected with ${String(error)}`);
    return 'aborted';
  }
  return writing(shared, thread);
};
export const interruptible =
  (side: 'read' | 'write'): RWBody =>
  (shared, thread) => {
    try {
      shared.rw[side].acquire();
    } catch (error) {
      thread.check(error instanceof Interrupted, `threw ${String(error)}`);
      return 'interrupted';
    }
    return side === 'read' ? reading(shared, thread) : writing(shared, thread);
  };

/** Whoever is first puts right what a dead thread has left: nobody is inside. */
function repair({ rw, inside }: Shared): void {
  try {
    rw.write.recover();
  } catch {
    return;
  }
  inside.fill(0);
  rw.write.release();
}
/** Without counting who is inside: what a dead reader has counted, nobody corrects. */
export const surviving =
  (side: 'read' | 'write'): RWBody =>
  (shared, thread) => {
    for (;;) {
      try {
        shared.rw[side].acquire();
        break;
      } catch (error) {
        thread.check(error instanceof AbandonedError, `threw ${String(error)}`);
        repair(shared);
      }
    }
    if (side === 'write') {
      thread.section(shared.inside, 1);
    } else {
      thread.check(shared.inside[1] === 0, 'a reader is in beside a writer');
    }
    shared.rw[side].release();
    return side;
  };

/** Writes, and once more, whoever dies. */
export const writingTwice: RWBody = (shared, thread) => {
  surviving('write')(shared, thread);
  surviving('write')(shared, thread);
};

const NAMES = ['A', 'B', 'C', 'D'] as const;

/** Explores some threads on one lock, and returns how many schedules there were. */
export async function model(
  name: string,
  bodies: readonly RWBody[],
  events: Events = {},
  more: Partial<ExploreOptions<Shared>> = {},
): Promise<number> {
  const { schedules } = await explore<Shared, string>({
    name: `RWLock, ${name}`,
    setup: () => ({ rw: new RWLock(), inside: new Int32Array(new SharedArrayBuffer(8)) }),
    words: {
      rw: {
        4: 'STATE',
        5: 'SEQ',
        8: 'GATE',
        9: 'DRAIN',
        10: 'HIGH',
        12: 'WHO 0',
        13: 'HOLDS 0',
        14: 'WHO 1',
        15: 'HOLDS 1',
      },
    },
    threads: Object.fromEntries(bodies.map((body, i) => [NAMES[i]!, body])),
    events,
    final: ({ rw }, outcomes) => {
      if (Object.values(outcomes).some((outcome) => 'dead' in outcome)) return;
      expect(rw.write.locked()).toBe(false);
      expect(rw.read.locked()).toBe(false);
    },
    ...more,
  });
  return schedules;
}
