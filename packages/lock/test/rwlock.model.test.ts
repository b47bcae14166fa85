/** All interleavings of `RWLock`. */
import { AbandonedError, RWLock } from '@x/lock';
import {
  explore,
  Interrupted,
  LONG,
  type Body,
  type Events,
  type ExploreOptions,
  type VirtualThread,
} from '@x/testkit/explorer';
import { describe, expect, test } from 'vitest';

interface Shared {
  readonly rw: RWLock;
  /** Who reads · who writes, at this moment. */
  readonly inside: Int32Array;
}
type RWBody = Body<Shared>;

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

const reader: RWBody = (shared, thread) => {
  thread.check(shared.rw.read.acquire(), 'acquire() without a time-out returned false');
  return reading(shared, thread);
};
const writer: RWBody = (shared, thread) => {
  thread.check(shared.rw.write.acquire(), 'acquire() without a time-out returned false');
  return writing(shared, thread);
};
const readerTimed: RWBody = (shared, thread) =>
  shared.rw.read.acquire({ timeout: 50 }) ? reading(shared, thread) : 'late';
const writerTimed: RWBody = (shared, thread) =>
  shared.rw.write.acquire({ timeout: 50 }) ? writing(shared, thread) : 'late';
const readerTrying: RWBody = (shared, thread) =>
  shared.rw.read.tryAcquire() ? reading(shared, thread) : 'refused';
const writerTrying: RWBody = (shared, thread) =>
  shared.rw.write.tryAcquire() ? writing(shared, thread) : 'refused';
const readerAwaiting: RWBody = async (shared, thread) => {
  await shared.rw.read.acquireAsync();
  return reading(shared, thread);
};
const writerAwaiting: RWBody = async (shared, thread) => {
  await shared.rw.write.acquireAsync();
  return writing(shared, thread);
};
const readerAbortable: RWBody = async (shared, thread) => {
  const signal = thread.signal();
  try {
    await shared.rw.read.acquireAsync({ signal });
  } catch (error) {
    thread.check(error === signal.reason, `rejected with ${String(error)}`);
    return 'aborted';
  }
  return reading(shared, thread);
};
const writerAbortable: RWBody = async (shared, thread) => {
  const signal = thread.signal();
  try {
    await shared.rw.write.acquireAsync({ signal });
  } catch (error) {
    thread.check(error === signal.reason, `rejected with ${String(error)}`);
    return 'aborted';
  }
  return writing(shared, thread);
};
const interruptible =
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
const surviving =
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

const NAMES = ['A', 'B', 'C', 'D'] as const;

async function model(
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
    // With events, two preemptions of three threads take minutes.
    ...(bodies.length > 2 && Object.keys(events).length > 0 && !LONG && { preemptions: 1 }),
    final: ({ rw }, outcomes) => {
      if (Object.values(outcomes).some((outcome) => 'dead' in outcome)) return;
      expect(rw.write.locked()).toBe(false);
      expect(rw.read.locked()).toBe(false);
    },
    ...more,
  });
  return schedules;
}

describe('without events', () => {
  test('a reader and a writer', async () => {
    expect(await model('blocking', [reader, writer])).toBeGreaterThan(50);
    expect(await model('async reader', [readerAwaiting, writer])).toBeGreaterThan(50);
    expect(await model('async writer', [reader, writerAwaiting])).toBeGreaterThan(50);
    expect(await model('both async', [readerAwaiting, writerAwaiting])).toBeGreaterThan(50);
  });

  test('three threads', async () => {
    await model('two readers, one writer', [reader, reader, writer]);
    await model('one reader, two writers', [reader, writer, writer]);
    await model('two readers, one async, a writer', [reader, readerAwaiting, writer]);
    await model('a reader, two writers, one async', [reader, writer, writerAwaiting]);
  });

  test('those that only try', async () => {
    await model('trying reader', [readerTrying, writer, reader]);
    await model('trying writer', [writerTrying, writer, reader]);
  });
});

describe('with events', () => {
  test('time-outs', async () => {
    await model('timed reader', [readerTimed, writer, reader], { timeouts: 1 });
    await model('timed writer', [writerTimed, reader, writer], { timeouts: 1 });
    await model('both timed', [writerTimed, readerTimed], { timeouts: 2 });
  });

  test('aborts', async () => {
    await model('abortable reader', [readerAbortable, writer, reader], { aborts: 1 });
    await model('abortable writer', [writerAbortable, reader, writer], { aborts: 1 });
  });

  test('grants', async () => {
    await model('starving writers', [reader, writer, writer], { starves: 2 });
    await model('starving writers, one async', [reader, writer, writerAwaiting], { starves: 2 });
  });

  test('interrupts', async () => {
    const events = { interrupts: 1, idleSlices: 2 };
    const [read, write] = [interruptible('read'), interruptible('write')];
    await model('interrupted readers', [read, write, read], events);
    await model('interrupted writers', [write, read, write], events);
  });

  test('deaths', async () => {
    const events = { kills: 1, idleSlices: 2, mortal: ['A'] };
    await model('a reader dies', [surviving('read'), surviving('write'), surviving('read')], events);
    await model('a writer dies', [surviving('write'), surviving('read'), surviving('write')], events);
  });
});
