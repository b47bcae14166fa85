/** The table of threads. */
import { describe, expect, test } from 'vitest';
import {
  endChildren,
  epochNow,
  hasKeepers,
  home,
  isDaemon,
  isThreadId,
  join,
  LayoutError,
  nativeIdOf,
  Realm,
  renameThread,
  THREAD_ID_MASK,
  ThreadKind,
  THREADS_SEQ_WORD,
  ThreadState,
  ThreadStateError,
  type ThreadId,
} from '@x/core';
import { Checkpoints, startWorker } from '@x/testkit';

const CAPACITY = 1024;
const MAGIC_WORD = 0;
const VERSION_WORD = 1;
const CAPACITY_WORD = 4;

const describeThread = (name: string, daemon = false, parent = 0) =>
  ({ kind: ThreadKind.THREAD, name, parent, daemon }) as const;

function started(realm: Realm, name = 'thread', daemon = false): ThreadId {
  const id = realm.register(describeThread(name, daemon));
  realm.begin(id);
  realm.enter(id, 0);
  return id;
}

describe('a thread', () => {
  test('goes from NEW over STARTING and RUNNING to its end, and each step once', () => {
    const realm = Realm.create();
    const id = realm.register(describeThread('mine'));
    expect(isThreadId(id)).toBe(true);
    expect(id & ~THREAD_ID_MASK).toBe(0);
    expect([realm.state(id), realm.isAlive(id), realm.name(id)]).toEqual([ThreadState.NEW, false, 'mine']);
    expect(realm.enter(id, 5)).toBe(false);
    expect(realm.begin(id)).toBe(true);
    expect(realm.begin(id)).toBe(false);
    expect([realm.state(id), realm.isAlive(id)]).toEqual([ThreadState.STARTING, true]);
    expect(realm.enter(id, 5)).toBe(true);
    expect(nativeIdOf(realm, id)).toBe(5);
    expect(realm.ids()).toEqual([id]);
    expect(realm.end(id, ThreadState.FINISHED)).toBe(true);
    expect(realm.end(id, ThreadState.DEAD)).toBe(false);
    expect([realm.state(id), realm.isAlive(id), realm.hasEnded(id)]).toEqual([
      ThreadState.FINISHED,
      false,
      true,
    ]);
    expect(realm.ids()).toEqual([]);
  });

  test('may end before it has begun', () => {
    const realm = Realm.create();
    const id = realm.register(describeThread('mine'));
    expect(realm.end(id, ThreadState.DEAD)).toBe(true);
    expect(realm.begin(id)).toBe(false);
    expect(hasKeepers(realm)).toBe(false);
  });

  test('keeps the process while it lives, unless it is a daemon; its end is announced', () => {
    const realm = Realm.create();
    const [a, b, daemon] = [started(realm), started(realm), started(realm, 'd', true)];
    expect(isDaemon(realm, daemon)).toBe(true);
    expect(hasKeepers(realm)).toBe(true);
    const before = realm.words[THREADS_SEQ_WORD]!;
    realm.end(a, ThreadState.FINISHED);
    realm.end(a, ThreadState.FINISHED);
    realm.end(daemon, ThreadState.DEAD);
    expect(hasKeepers(realm)).toBe(true);
    realm.end(b, ThreadState.DEAD);
    expect(hasKeepers(realm)).toBe(false);
    expect(realm.words[THREADS_SEQ_WORD]! - before).toBe(3);
  });

  test('has a name of up to 128 bytes, cut at a character', () => {
    const realm = Realm.create();
    for (const name of ['', 'Fädchen 🧵', 'x'.repeat(128)])
      expect(realm.name(started(realm, name))).toBe(name);
    const long = realm.name(started(realm, '🧵'.repeat(100)));
    expect(long).toBe('🧵'.repeat(32));
    const id = started(realm, 'before');
    renameThread(realm, id, 'after');
    expect(realm.name(id)).toBe('after');
  });

  test('takes its children with it', () => {
    const realm = Realm.create();
    const parent = started(realm);
    const child = realm.register(describeThread('child', false, parent));
    realm.begin(child);
    const grandchild = realm.register(describeThread('grandchild', false, child));
    realm.begin(grandchild);
    const other = started(realm);
    endChildren(realm, parent);
    expect([child, grandchild, parent, other].map((id) => realm.isAlive(id))).toEqual([
      false,
      false,
      true,
      true,
    ]);
  });

  test('takes along what was started by one between that has ended, also when the record of that one is reused', () => {
    for (const reused of [false, true]) {
      const realm = Realm.create();
      const ancestor = started(realm, 'ancestor');
      const between = realm.register(describeThread('between', false, ancestor));
      realm.begin(between);
      const child = realm.register(describeThread('child', false, between));
      realm.begin(child);
      realm.end(between, ThreadState.FINISHED);
      const others: ThreadId[] = [];
      if (reused) {
        while (realm.state(between) !== undefined) {
          const other = started(realm);
          if (realm.state(between) === undefined) others.push(other);
          else realm.end(other, ThreadState.FINISHED);
        }
        endChildren(realm, others[0]!);
        expect(realm.isAlive(child)).toBe(true);
      }
      endChildren(realm, ancestor);
      expect(realm.isAlive(child)).toBe(false);
      expect([ancestor, ...others].map((id) => realm.isAlive(id))).not.toContain(false);
    }
  });
});

describe('records', () => {
  test('are 1024; one more thread is a ThreadStateError, until one has ended', () => {
    const realm = Realm.create();
    const ids = Array.from({ length: CAPACITY }, () => started(realm));
    expect(new Set(ids).size).toBe(CAPACITY);
    expect(() => realm.register(describeThread('one too many'))).toThrow(ThreadStateError);
    realm.end(ids[500]!, ThreadState.FINISHED);
    const late = started(realm, 'late');
    expect(realm.name(late)).toBe('late');
    expect(ids).not.toContain(late);
  });

  test.runIf(process.platform === 'linux')(
    'of native threads that are gone are found when all are taken',
    () => {
      const realm = Realm.create();
      const killed = Array.from({ length: CAPACITY }, () => {
        const id = realm.register(describeThread('killed'));
        realm.begin(id);
        // No system gives a thread this number.
        realm.enter(id, 2 ** 31 - 1);
        return id;
      });
      const late = started(realm, 'late');
      expect(realm.ids()).toEqual([late]);
      expect(killed.map((id) => realm.isAlive(id))).not.toContain(true);
    },
  );

  test('are reused, ids never: an old id means an ended thread, whatever its record does', () => {
    const realm = Realm.create();
    const seen = new Set<ThreadId>();
    const first = started(realm, 'first');
    realm.end(first, ThreadState.FINISHED);
    for (let i = 0; i < 3 * CAPACITY; i++) {
      const id = started(realm, `thread ${i}`);
      expect(seen.has(id)).toBe(false);
      seen.add(id);
      realm.end(id, ThreadState.FINISHED);
    }
    expect(seen.has(first)).toBe(false);
    expect([realm.state(first), realm.isAlive(first), realm.hasEnded(first)]).toEqual([
      undefined,
      false,
      true,
    ]);
    expect(realm.name(first)).toBeUndefined();
    expect(realm.end(first, ThreadState.DEAD)).toBe(false);
  });

  test('stay readable for as long as possible after their thread has ended', () => {
    const realm = Realm.create();
    const ended = started(realm, 'ended');
    realm.end(ended, ThreadState.FINISHED);
    for (let i = 0; i < CAPACITY - 1; i++) started(realm);
    expect(realm.name(ended)).toBe('ended');
  });
});

describe('several threads', () => {
  test('that register at once get different ids, and exactly one of them sees a thread end', async () => {
    const realm = Realm.create();
    const victims = Array.from({ length: 200 }, () => started(realm));
    const points = new Checkpoints();
    const workers = [0, 1].map(() =>
      startWorker(
        async (
          {
            buffer,
            victims,
            points,
          }: { buffer: SharedArrayBuffer; victims: number[]; points: SharedArrayBuffer },
          kit,
        ) => {
          const { Realm, ThreadKind, ThreadState } = await import('@x/core');
          const realm = new Realm(buffer);
          const gate = kit.checkpoints(points);
          gate.signal(0);
          gate.waitFor(0, 2);
          const ids = victims.map(() =>
            realm.register({ kind: ThreadKind.THREAD, name: 'x', parent: 0, daemon: false }),
          );
          return { ids, ended: victims.filter((id) => realm.end(id, ThreadState.DEAD)) };
        },
        { buffer: realm.buffer, victims, points: points.buffer },
      ),
    );
    const [a, b] = await Promise.all(workers.map((worker) => worker.result));
    expect(new Set([...a!.ids, ...b!.ids]).size).toBe(400);
    expect([...a!.ended, ...b!.ended].sort()).toEqual([...victims].sort());
    expect(hasKeepers(realm)).toBe(false);
  });

  test('of one process are in one realm, and know each other', async () => {
    const own = home();
    const worker = startWorker(async () => {
      const { home } = await import('@x/core');
      const { realm, id } = home();
      return { identity: realm.identity, id, ids: realm.ids(), name: realm.name(id) };
    }, undefined);
    const seen = await worker.result;
    expect(seen.identity).toBe(own.realm.identity);
    expect(seen.ids).toContain(own.id);
    expect(seen.name).toMatch(/^Worker-\d+$/);
    expect(own.realm.name(own.id)).toBe('MainThread');
    await worker.exited;
    expect(own.realm.hasEnded(seen.id)).toBe(true);
  });

  test('join a realm once', () => {
    const realm = Realm.create();
    expect(join(realm)).toBe(join(new Realm(realm.buffer)));
    expect(realm.ids()).toHaveLength(1);
  });
});

test.each([
  ['another magic number', (words: Int32Array) => words[MAGIC_WORD]!++],
  ['another version', (words: Int32Array) => words[VERSION_WORD]!++],
  ['another capacity', (words: Int32Array) => words[CAPACITY_WORD]!++],
])('memory with %s is no realm', (_what, spoil) => {
  const { buffer, words } = Realm.create();
  spoil(words);
  expect(() => new Realm(buffer)).toThrow(LayoutError);
});

test('a buffer that is too small, or none, is no realm', () => {
  for (const wrong of [new SharedArrayBuffer(8), new ArrayBuffer(4096), undefined, {}, 5]) {
    expect(() => new Realm(wrong as SharedArrayBuffer)).toThrow(LayoutError);
  }
  const { words } = Realm.create();
  const cut = new SharedArrayBuffer(4096);
  new Int32Array(cut).set(words.subarray(0, 1024));
  expect(() => new Realm(cut)).toThrow(LayoutError);
});

test('the clock of the process is the same in all threads', async () => {
  const before = epochNow();
  const there = await startWorker(async () => {
    const { epochNow } = await import('@x/core');
    return epochNow();
  }, undefined).result;
  const after = epochNow();
  expect(there).toBeGreaterThan(before - 50);
  expect(there).toBeLessThan(after + 50);
});
