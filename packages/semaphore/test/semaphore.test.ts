import { inspect } from 'node:util';
import { TimeoutError } from '@x/core/primitives';
import { BoundedSemaphore, fromShared, LayoutError, Semaphore, toShared } from '@x/semaphore';
import { expect, test } from 'vitest';

test('a semaphore may be released before and more often than it is acquired', () => {
  const semaphore = new Semaphore(1);
  semaphore.release();
  semaphore.release(3);
  expect(semaphore.value).toBe(5);
});

test('a release above the greatest value throws and changes nothing', () => {
  const semaphore = new Semaphore(Semaphore.MAX_VALUE - 1);
  expect(() => {
    semaphore.release(2);
  }).toThrow(RangeError);
  semaphore.release();
  expect(semaphore.value).toBe(Semaphore.MAX_VALUE);
  expect(() => {
    semaphore.release();
  }).toThrow(/more than its 8388607 permits/);
});

test('a bounded semaphore refuses a release above the initial value, whole', () => {
  const semaphore = new BoundedSemaphore(3);
  semaphore.acquire({ permits: 2 });
  expect(() => {
    semaphore.release(3);
  }).toThrow(RangeError);
  expect(semaphore.value).toBe(1);
  semaphore.release(2);
  expect(() => {
    semaphore.release();
  }).toThrow(RangeError);
});

test('a bounded semaphore refuses a request that could never be served', async () => {
  const semaphore = new BoundedSemaphore(2);
  expect(() => semaphore.acquire({ permits: 3 })).toThrow(RangeError);
  expect(() => semaphore.tryAcquire({ permits: 3 })).toThrow(RangeError);
  await expect(semaphore.acquireAsync({ permits: 3 })).rejects.toThrow('never has more than 2');
});

test('a guard whose permit somebody else has released cannot make a bounded semaphore too large', () => {
  const semaphore = new BoundedSemaphore(1);
  const guard = semaphore.hold();
  semaphore.release();
  expect(() => {
    guard[Symbol.dispose]();
  }).toThrow(RangeError);
  expect(semaphore.value).toBe(1);
});

test('a bounded semaphore is a semaphore', () => {
  expect(new BoundedSemaphore()).toBeInstanceOf(Semaphore);
});

test('it prints its state as Python does', async () => {
  const semaphore = new Semaphore(2, { name: 'slots' });
  expect(String(semaphore)).toBe('<Semaphore slots value=2 waiters=0>');
  const bounded = new BoundedSemaphore(2, { name: 'slots' });
  bounded.acquire();
  expect(inspect(bounded)).toBe('<BoundedSemaphore slots value=1/2 waiters=0>');
  const pending = bounded.acquireAsync({ permits: 2 });
  expect(inspect(bounded)).toBe('<BoundedSemaphore slots value=1/2 waiters=1>');
  bounded.release();
  await pending;
});

test('it lives in memory of the caller, where a second one finds it', () => {
  const buffer = new SharedArrayBuffer(16 + Semaphore.BYTES);
  const one = new Semaphore(3, { buffer, byteOffset: 16 });
  const two = new Semaphore(7, { buffer, byteOffset: 16 });
  one.acquire();
  expect(two.value).toBe(2);
  expect(() => new BoundedSemaphore(1, { buffer, byteOffset: 16 })).toThrow(LayoutError);
  expect(() => new Semaphore(1, { buffer, byteOffset: 24 })).toThrow(LayoutError);
  expect(one.value).toBe(2);
});

test('through the codec it is the same object', () => {
  for (const semaphore of [new Semaphore(1), new BoundedSemaphore(1)]) {
    const { list } = fromShared<{ list: unknown[] }>(toShared({ list: [semaphore, semaphore] }));
    expect(list[0]).toBe(semaphore);
    expect(list[1]).toBe(semaphore);
  }
});

test('tryAcquire leaves permits to a large request that is first in line', async () => {
  const semaphore = new Semaphore(0);
  const large = semaphore.acquireAsync({ permits: 3 });
  await new Promise((resolve) => setTimeout(resolve, 5));
  semaphore.release();
  // The loop looks, finds too little, and has waited long enough.
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(semaphore.tryAcquire()).toBe(false);
  expect(semaphore.acquire({ timeout: 0 })).toBe(false);
  semaphore.release(2);
  expect(semaphore.value).toBe(3);
  expect(await large).toBe(true);
});

test('a thread that blocks takes the first place from its own loop', async () => {
  const semaphore = new Semaphore(0);
  const large = semaphore.acquireAsync({ permits: 3 });
  await new Promise((resolve) => setTimeout(resolve, 5));
  semaphore.release();
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(semaphore.acquire({ timeout: 1000 })).toBe(true);
  semaphore.release(3);
  expect(await large).toBe(true);
});

test('a large request that goes lets the small ones behind it have the permits', async () => {
  const semaphore = new Semaphore(0);
  const controller = new AbortController();
  const large = semaphore.acquireAsync({ permits: 3, signal: controller.signal });
  await new Promise((resolve) => setTimeout(resolve, 5));
  semaphore.release();
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(semaphore.tryAcquire()).toBe(false);
  controller.abort();
  await expect(large).rejects.toThrow();
  expect(semaphore.tryAcquire()).toBe(true);
});

test('ten thousand aborted waits leave no waiter behind', async () => {
  const semaphore = new Semaphore(0);
  const controller = new AbortController();
  const waits = Array.from({ length: 10_000 }, () => semaphore.acquireAsync({ signal: controller.signal }));
  controller.abort();
  const outcomes = await Promise.allSettled(waits);
  expect(outcomes.every(({ status }) => status === 'rejected')).toBe(true);
  expect(String(semaphore)).toContain('waiters=0');
  semaphore.release();
  expect(semaphore.tryAcquire()).toBe(true);
});

test('with and withAsync throw when a time-out among their options is over, and do not run the body', async () => {
  const semaphore = new Semaphore(0);
  const options = { timeout: 0, permits: 1 };
  let runs = 0;
  const body = (): number => ++runs;
  expect(() => semaphore.with(body, options)).toThrow(TimeoutError);
  await expect(semaphore.withAsync(body, options)).rejects.toBeInstanceOf(TimeoutError);
  expect([runs, semaphore.value]).toEqual([0, 0]);
});
