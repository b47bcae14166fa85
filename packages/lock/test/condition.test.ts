/** What is particular to `Condition`, beyond its battery: the table of waiters. */
import { expect, test } from 'vitest';
import { interruptThread, ThreadState, ThreadStateError } from '@x/core';
import { AbandonedError, Condition, Lock } from '@x/lock';
import { Checkpoints, startWorker, until, watch } from '@x/testkit';

// See condition-table.ts.
const NEXT_WORD = 5;
const HIGH_WORD = 6;
const FIRST_ENTRY_WORD = 8;
const ENTRY_WORDS = 4;
const CAPACITY = 256;
/** See mutex.ts. */
const OWNER_WORD = 4;

/** Fills the table, as if so many threads were waiting. */
function fill(condition: Condition, id: number): void {
  const { words } = condition.memory;
  words[HIGH_WORD] = CAPACITY;
  for (let i = 0; i < CAPACITY; i++) words[FIRST_ENTRY_WORD + i * ENTRY_WORDS] = id;
}

test('with a full table a wait is refused before anything changes', async () => {
  const condition = new Condition(new Lock());
  const { id } = condition.memory.member;
  fill(condition, id);
  condition.acquire();
  expect(() => condition.wait({ timeout: 0 })).toThrow(ThreadStateError);
  await expect(condition.waitAsync()).rejects.toThrow(ThreadStateError);
  expect(condition.locked()).toBe(true);
  expect(String(condition)).toContain(`waiters=${CAPACITY}`);
  // One leaves, so that there is room for one.
  condition.memory.words[FIRST_ENTRY_WORD + 40] = 0;
  expect(condition.wait({ timeout: 0 })).toBe(false);
  condition.release();
});

test('event loops that take turns leave entries to threads', async () => {
  const lock = new Lock();
  const buffer = new SharedArrayBuffer(Condition.BYTES);
  // Each object is as an event loop of its own.
  const loops = [new Condition(lock, { buffer }), new Condition(lock, { buffer })];
  const waits: Promise<boolean>[] = [];
  for (let turn = 0; turn < CAPACITY; turn++) {
    for (const loop of loops) {
      lock.acquire();
      waits.push(
        loop.waitAsync().finally(() => {
          lock.release();
        }),
      );
    }
  }
  lock.acquire();
  expect(loops[0]!.wait({ timeout: 0 })).toBe(false);
  expect(String(loops[1])).toContain(`waiters=${2 * CAPACITY}`);
  loops[0]!.notifyAll();
  lock.release();
  expect(await Promise.all(waits)).toEqual(waits.map(() => true));
});

test('with a full table, an event loop that waits already makes room in its own entry', async () => {
  const condition = new Condition(new Lock());
  const { id } = condition.memory.member;
  condition.acquire();
  const first = condition.waitAsync();
  const own = condition.memory.words[FIRST_ENTRY_WORD]!;
  fill(condition, id);
  condition.memory.words[FIRST_ENTRY_WORD] = own;
  // Somebody has come between.
  condition.memory.words[5]!++;
  condition.acquire();
  const second = condition.waitAsync();
  // The others leave.
  for (let i = 1; i < CAPACITY; i++) condition.memory.words[FIRST_ENTRY_WORD + i * ENTRY_WORDS] = 0;
  condition.acquire();
  condition.notifyAll();
  condition.release();
  expect(await first).toBe(true);
  condition.release();
  expect(await second).toBe(true);
  condition.release();
});

test('entries of threads that have ended make room', () => {
  const condition = new Condition(new Lock());
  const { realm, id } = condition.memory.member;
  const dead = realm.register({ kind: 3, name: 'gone', parent: id, daemon: false });
  realm.begin(dead);
  realm.end(dead, ThreadState.DEAD);
  fill(condition, dead);
  condition.acquire();
  expect(condition.wait({ timeout: 0 })).toBe(false);
  condition.release();
  expect(String(condition)).toContain('> waiters=0>');
});

test('a thread that waits once more and again needs one entry at a time', () => {
  const condition = new Condition();
  condition.acquire();
  for (let i = 0; i < 2 * CAPACITY; i++) condition.wait({ timeout: 0 });
  expect(condition.memory.words[HIGH_WORD]).toBe(1);
  condition.release();
});

test('two conditions may share a lock, and a notify concerns one of them', async () => {
  const lock = new Lock();
  const [full, empty] = [new Condition(lock), new Condition(lock)];
  const went: string[] = [];
  const wait = async (condition: Condition, name: string): Promise<void> => {
    await lock.acquireAsync();
    await condition.waitAsync();
    went.push(name);
    lock.release();
  };
  const waits = [wait(full, 'full'), wait(empty, 'empty')];
  await until(() => String(empty).includes('> waiters=1>'));
  await lock.withAsync(() => empty.notifyAll());
  await waits[1];
  expect(went).toEqual(['empty']);
  await lock.withAsync(() => full.notifyAll());
  await waits[0];
  expect(went).toEqual(['empty', 'full']);
});

test('a waiting thread whose signal fires has the lock again when the reason is thrown, and passes its wake on', async () => {
  const condition = new Condition();
  const points = new Checkpoints();
  const interrupted = startWorker(
    async ({ condition, buffer }: { condition: Condition; buffer: SharedArrayBuffer }, kit) => {
      const { agent } = await import('@x/core');
      agent().interruption = () => new RangeError('as planned');
      condition.acquire();
      condition.acquire();
      kit.checkpoints(buffer).signal(0);
      try {
        condition.wait();
        return 'notified';
      } catch (error) {
        condition.release();
        const held = condition.locked();
        condition.release();
        return `${(error as Error).name}, held: ${held}, id: ${kit.id}`;
      }
    },
    { condition, buffer: points.buffer },
  );
  await points.waitForAsync(0);
  await condition.acquireAsync();
  const { realm, id } = condition.memory.member;
  for (const other of realm.ids()) if (other !== id) interruptThread(realm, other);
  const second = condition.waitAsync();
  expect(await watch([condition], () => interrupted.result)).toContain('RangeError, held: true');
  condition.with(() => condition.notify());
  expect(await second).toBe(true);
  condition.release();
});

test('an async waiter that was notified and cannot get the lock again passes its wake on', async () => {
  const condition = new Condition();
  const { words, member } = condition.memory;
  const { realm, id } = member;
  const start = (name: string): number => {
    const other = realm.register({ kind: 3, name, parent: id, daemon: false });
    realm.begin(other);
    return other;
  };
  condition.acquire();
  const first = condition.waitAsync();
  condition.acquire();
  const second = condition.waitAsync();
  // A thread waits behind them; it came before the notify.
  const sleeper = start('sleeper');
  words[HIGH_WORD] = 2;
  words.set([sleeper, words[NEXT_WORD]!++], FIRST_ENTRY_WORD + ENTRY_WORDS);
  condition.acquire();
  condition.notify(2);
  // The notifier dies with the lock held.
  const notifier = start('notifier');
  condition.lock.memory.words[OWNER_WORD] = notifier;
  realm.end(notifier, ThreadState.DEAD);
  await expect(first).rejects.toThrow(AbandonedError);
  await expect(second).rejects.toThrow(AbandonedError);
  condition.recover();
  const third = condition.waitAsync();
  condition.acquire();
  condition.notify(0);
  // The thread has one of the two wakes; nobody else came before the notify.
  expect(words[FIRST_ENTRY_WORD + ENTRY_WORDS]).not.toBe(sleeper);
  expect(String(condition)).toContain('> waiters=1>');
  condition.notify();
  condition.release();
  expect(await third).toBe(true);
  condition.release();
  realm.end(sleeper, ThreadState.DEAD);
});
