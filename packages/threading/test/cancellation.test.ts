/**
 * Every wait ends when its signal fires, and leaves nothing behind: each async wait by the `signal`
 * it was given, each blocking wait of a thread by that of the thread. Tasks of an executor have
 * their own tests in its package.
 */
import { getEventListeners } from 'node:events';
import {
  Barrier,
  BoundedSemaphore,
  Condition,
  Event,
  LifoQueue,
  Lock,
  PriorityQueue,
  Queue,
  RLock,
  RWLock,
  Semaphore,
  setExcepthook,
  SharedValue,
  sleepAsync,
  targetsFrom,
  Thread,
  ThreadPoolExecutor,
  waitAsync,
} from '@x/threading';
import { LONG, NEVER_MS, pause, SHORT_MS, watch } from '@x/testkit';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { run } from './child.js';

const reason = new RangeError('changed my mind');
interface Signal {
  readonly signal: AbortSignal;
}

const held = <L extends { tryAcquire(): boolean }>(lock: L): L => {
  expect(lock.tryAcquire()).toBe(true);
  return lock;
};

const full = <Q extends { put(item: string): void }>(queue: Q): Q => {
  queue.put('item');
  return queue;
};

/** A thread that does nothing until its gate opens, at the latest when the test ends. */
function idle(before?: SharedValue<string>): { thread: Thread; open(): void } {
  const gate = new Int32Array(new SharedArrayBuffer(8));
  const target = (gate: Int32Array, value?: SharedValue<string>): void => {
    const block = (): string => {
      Atomics.store(gate, 0, 1);
      Atomics.notify(gate, 0);
      Atomics.wait(gate, 1, 0);
      return 'of the other thread';
    };
    if (value) value.update(block);
    else block();
  };
  const thread = new Thread({ target, args: [gate, before] });
  thread.start();
  Atomics.wait(gate, 0, 0, NEVER_MS);
  const open = (): void => {
    Atomics.store(gate, 1, 1);
    Atomics.notify(gate, 1);
  };
  onTestFinished(async () => {
    open();
    await thread.joinAsync();
  });
  return { thread, open };
}

/** An executor whose only worker has a task. */
function busy() {
  const gate = new Int32Array(new SharedArrayBuffer(4));
  const executor = new ThreadPoolExecutor({ maxWorkers: 1 });
  const future = executor.submit((gate: Int32Array) => Atomics.wait(gate, 0, 0), gate);
  onTestFinished(async () => {
    Atomics.store(gate, 0, 1);
    Atomics.notify(gate, 0);
    await executor.shutdownAsync();
  });
  return future;
}

/** One kind of wait: what makes it necessary, the wait, and whether everything is afterwards as it was before. */
interface AsyncWait<T> {
  make(): T;
  wait(it: T, options: Signal): PromiseLike<unknown>;
  intact(it: T): unknown;
}
const asyncWait = <T>(of: AsyncWait<T>): AsyncWait<unknown> => of;

/** That nobody waits any more: what is released can be had. */
const free = (lock: Pick<Lock, 'release' | 'tryAcquire'>): boolean => {
  lock.release();
  return lock.tryAcquire();
};

const ASYNC: Record<string, AsyncWait<unknown>> = {
  'Lock.acquireAsync': asyncWait({
    make: () => held(new Lock()),
    wait: (lock, options) => lock.acquireAsync(options),
    intact: (lock) => free(lock),
  }),
  'Lock.holdAsync': asyncWait({
    make: () => held(new Lock()),
    wait: (lock, options) => lock.holdAsync(options),
    intact: (lock) => free(lock),
  }),
  'RLock.acquireAsync': asyncWait({
    make: () => held(new RLock()),
    wait: (lock, options) => lock.acquireAsync(options),
    intact: (lock) => free(lock),
  }),
  'RWLock.read.acquireAsync': asyncWait({
    make: () => {
      const lock = new RWLock();
      held(lock.write);
      return lock;
    },
    wait: (lock, options) => lock.read.acquireAsync(options),
    intact: (lock) => free(lock.write),
  }),
  'RWLock.write.acquireAsync': asyncWait({
    make: () => {
      const lock = new RWLock();
      held(lock.read);
      return lock;
    },
    wait: (lock, options) => lock.write.acquireAsync(options),
    intact: (lock) => free(lock.read),
  }),
  'Condition.acquireAsync': asyncWait({
    make: () => held(new Condition(new Lock())),
    wait: (condition, options) => condition.acquireAsync(options),
    intact: (lock) => free(lock),
  }),
  'Condition.waitAsync': asyncWait({
    make: () => held(new Condition(new Lock())),
    wait: (condition, options) => condition.waitAsync(options),
    intact: (lock) => free(lock),
  }),
  'Condition.waitForAsync': asyncWait({
    make: () => held(new Condition(new Lock())),
    wait: (condition, options) => condition.waitForAsync(() => false, options),
    intact: (lock) => free(lock),
  }),
  'Semaphore.acquireAsync': asyncWait({
    make: () => new Semaphore(1),
    wait: (semaphore, options) => semaphore.acquireAsync({ permits: 2, ...options }),
    intact: (semaphore) => semaphore.value === 1 && semaphore.tryAcquire(),
  }),
  'Semaphore.holdAsync': asyncWait({
    make: () => new Semaphore(1),
    wait: (semaphore, options) => semaphore.holdAsync({ permits: 2, ...options }),
    intact: (semaphore) => semaphore.value === 1 && semaphore.tryAcquire(),
  }),
  'BoundedSemaphore.acquireAsync': asyncWait({
    make: () => held(new BoundedSemaphore(1)),
    wait: (semaphore, options) => semaphore.acquireAsync(options),
    intact: (lock) => free(lock),
  }),
  'Event.waitAsync': asyncWait({
    make: () => new Event(),
    wait: (event, options) => event.waitAsync(options),
    intact: (event) => !event.isSet(),
  }),
  'Barrier.waitAsync': asyncWait({
    make: () => new Barrier(2),
    wait: (barrier, options) => barrier.waitAsync(options),
    intact: (barrier) => barrier.nWaiting === 0,
  }),
  'Queue.getAsync': asyncWait({
    make: () => new Queue<string>(),
    wait: (queue, options) => queue.getAsync(options),
    intact: (queue) => full(queue).size === 1,
  }),
  'LifoQueue.getAsync': asyncWait({
    make: () => new LifoQueue<string>(),
    wait: (queue, options) => queue.getAsync(options),
    intact: (queue) => full(queue).size === 1,
  }),
  'PriorityQueue.getAsync': asyncWait({
    make: () => new PriorityQueue<string>(),
    wait: (queue, options) => queue.getAsync(options),
    intact: (queue) => full(queue).size === 1,
  }),
  'Queue.putAsync': asyncWait({
    make: () => full(new Queue<string>(1)),
    wait: (queue, options) => queue.putAsync('second', options),
    intact: (queue) => queue.get() === 'item' && queue.empty,
  }),
  'Queue.joinAsync': asyncWait({
    make: () => full(new Queue<string>()),
    wait: (queue, options) => queue.joinAsync(options),
    intact: (queue) => queue.size === 1,
  }),
  'SharedValue.updateAsync': asyncWait({
    make: () => {
      const value = new SharedValue('initial');
      return { value, other: idle(value) };
    },
    wait: ({ value }, options) => value.updateAsync(() => 'changed', options),
    intact: ({ value, other }) => {
      other.open();
      return other.thread.join({ timeout: NEVER_MS }) && value.get() === 'of the other thread';
    },
  }),
  'Thread.joinAsync': asyncWait({
    make: () => idle().thread,
    wait: (thread, options) => thread.joinAsync(options),
    intact: (thread) => thread.isAlive(),
  }),
  'Thread.resultAsync': asyncWait({
    make: () => idle().thread,
    wait: (thread, options) => thread.resultAsync(options),
    intact: (thread) => thread.isAlive(),
  }),
  sleepAsync: asyncWait({
    make: () => undefined,
    wait: (_nothing, options) => sleepAsync(NEVER_MS, options),
    intact: () => true,
  }),
  'waitAsync for futures': asyncWait({
    make: busy,
    wait: (future, options) => waitAsync([future], options),
    intact: (future) => !future.done(),
  }),
};

test.each(Object.entries(ASYNC))(
  '%s rejects with the reason of its signal, when it fires and when it has fired before',
  (_name, kind) =>
    watch([], async () => {
      const it = kind.make();
      await expect(kind.wait(it, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
      const controller = new AbortController();
      const pending = kind.wait(it, { signal: controller.signal });
      await pause(1);
      expect(getEventListeners(controller.signal, 'abort')).not.toEqual([]);
      controller.abort(reason);
      await expect(pending).rejects.toBe(reason);
      expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
      expect(kind.intact(it)).toBe(true);
    }),
);

const waits = targetsFrom<typeof import('./programs/waits.mjs')>(
  new URL('./programs/waits.mjs', import.meta.url),
);

const BLOCKING: [string, keyof typeof waits, () => unknown][] = [
  ['Lock.acquire', 'acquire', () => held(new Lock())],
  ['RLock.acquire', 'acquire', () => held(new RLock())],
  ['RWLock.read.acquire', 'read', () => ASYNC['RWLock.read.acquireAsync']!.make()],
  ['RWLock.write.acquire', 'write', () => ASYNC['RWLock.write.acquireAsync']!.make()],
  ['Condition.acquire', 'acquire', () => held(new Condition())],
  ['Condition.wait', 'waitNotified', () => new Condition()],
  ['Semaphore.acquire', 'acquire', () => new Semaphore(0)],
  ['Event.wait', 'wait', () => new Event()],
  ['Barrier.wait', 'wait', () => new Barrier(2)],
  ['Queue.get', 'get', () => new Queue<string>()],
  ['Queue.put', 'put', () => full(new Queue<string>(1))],
  ['Queue.join', 'join', () => full(new Queue<string>())],
  ['Thread.join', 'join', () => idle().thread],
  [
    'SharedValue.update',
    'update',
    () => (ASYNC['SharedValue.updateAsync']!.make() as { value: unknown }).value,
  ],
  ['sleep', 'rest', () => undefined],
  ['Thread.result', 'joinOwn', () => undefined],
  ['Future.result', 'result', () => undefined],
];

describe('in a thread', () => {
  beforeEach(() => {
    setExcepthook(() => undefined);
  });
  afterEach(() => {
    setExcepthook(undefined);
  });

  test.each(BLOCKING)(
    '%s ends with the reason when the signal of the thread fires, also while the main thread is blocked',
    (_name, target, make) =>
      watch([], async () => {
        const controller = new AbortController();
        const word = new Int32Array(new SharedArrayBuffer(8));
        const thread = new Thread({
          target: waits[target] as (word: Int32Array, it: unknown) => void,
          args: [word, make()],
          signal: controller.signal,
        });
        thread.start();
        Atomics.wait(word, 0, 0, NEVER_MS);
        await pause(SHORT_MS);
        controller.abort(reason);
        expect(() => thread.result({ timeout: NEVER_MS })).toThrow(reason);
        await thread.joinAsync();
        // Opens the gate of what the thread has started for itself.
        Atomics.store(word, 1, 1);
        Atomics.notify(word, 1);
      }),
  );
});

test('a very large number of aborted waits, of every kind, leaves no entry, and nothing on the heap', async () => {
  const total = LONG ? 2_000_000 : 250_000;
  const { lines, error } = await run('aborted', [String(total)], ['--expose-gc']);
  expect(error).toBe('');
  const { aborted, grown, left } = lines[0] as { aborted: number; grown: number; left: unknown };
  expect(aborted).toBeGreaterThanOrEqual(total);
  // What the engine keeps in any case: compiled code, statistics.
  expect(grown).toBeLessThan(2 ** 21);
  expect(left).toEqual({
    pending: 0,
    lock: true,
    rlock: true,
    written: true,
    read: true,
    condition: true,
    semaphore: 1,
    event: false,
    barrier: 0,
    empty: 0,
    full: 1,
    joined: true,
    value: 2,
    future: 'ok',
  });
}, 120_000);
