import { dump, findDeadlocks, formatDump } from '@x/introspect';
import { Lock } from '@x/lock';
import { sleep, Thread, type ThreadHandle } from '@x/thread';
import { afterEach, describe, expect, it } from 'vitest';

let threads: Thread[] = [];

function start(thread: Thread): Thread {
  thread.start();
  threads.push(thread);
  return thread;
}

/** Until the thread is blocked on something of that kind. */
function untilWaiting(thread: Thread, kind: string): void {
  while (dump().find((line) => line.thread === thread)?.waits?.kind !== kind) sleep(5);
}

afterEach(() => {
  for (const thread of threads) {
    thread.terminate();
    thread.join();
  }
  threads = [];
});

describe('a dump', () => {
  it('says of each thread what it waits for, who holds that, and for how long', () => {
    const lock = new Lock({ name: 'ledger' });
    lock.acquire();
    const blocked = start(
      new Thread({ name: 'blocked', target: (held: Lock) => held.acquire(), args: [lock] }),
    );
    const joiner = start(
      new Thread({ name: 'joiner', target: (other: ThreadHandle) => other.join(), args: [blocked] }),
    );
    const target = async (): Promise<void> => {
      const { sleep } = await import('@x/thread');
      sleep(60_000);
    };
    const sleeper = start(new Thread({ name: 'sleeper', target, daemon: true }));
    untilWaiting(blocked, 'Lock');
    untilWaiting(joiner, 'Thread');
    untilWaiting(sleeper, 'sleep');
    const lines = dump();
    expect(lines.map(({ name, kind, daemon }) => [name, kind, daemon])).toEqual([
      ['MainThread', 'main', false],
      ['blocked', 'thread', false],
      ['joiner', 'thread', false],
      ['sleeper', 'thread', true],
    ]);
    expect(lines[0]!.waits).toBeUndefined();
    expect(lines[1]!.waits).toMatchObject({ kind: 'Lock', name: 'ledger' });
    expect(lines[1]!.waits!.owner?.name).toBe('MainThread');
    expect(lines[1]!.waits!.ms).toBeGreaterThanOrEqual(0);
    expect(lines[2]!.waits!.owner).toBe(blocked);
    const text = formatDump(lines).split('\n');
    expect(text[0]).toMatch(/^MainThread \(\d+.*\): runs$/);
    expect(text[1]).toMatch(/^blocked .*: waits for Lock ledger for \d+ ms, held by MainThread \(\d+\)$/);
    expect(text[2]).toMatch(/: joins blocked for \d+ ms$/);
    expect(text[3]).toMatch(/, daemon\): sleeps for \d+ ms$/);
    expect(findDeadlocks()).toEqual([]);
    lock.release();
  });
});

describe('findDeadlocks', () => {
  it('finds a cycle of two threads over locks that do not detect it themselves, and who is in it', () => {
    const [a, b, words] = [new Lock(), new Lock(), new Int32Array(new SharedArrayBuffer(4))];
    const target = (first: Lock, second: Lock, count: Int32Array): void => {
      first.acquire();
      Atomics.add(count, 0, 1);
      Atomics.notify(count, 0);
      while (Atomics.load(count, 0) < 2) Atomics.wait(count, 0, 1, 10);
      second.acquire();
    };
    const one = start(new Thread({ target, args: [a, b, words] }));
    const two = start(new Thread({ target, args: [b, a, words] }));
    // Waits for a thread of the cycle without being in it.
    const outside = start(new Thread({ target: (other: ThreadHandle) => other.join(), args: [one] }));
    untilWaiting(one, 'Lock');
    untilWaiting(two, 'Lock');
    untilWaiting(outside, 'Thread');
    const found = findDeadlocks();
    expect(found).toHaveLength(1);
    expect(new Set(found[0])).toEqual(new Set([one, two]));
  });
});
