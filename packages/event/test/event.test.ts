import { inspect } from 'node:util';
import { Event, fromShared, LayoutError, toShared } from '@x/event';
import { EXPIRES_MS, NEVER_MS, startWorker, untilAsyncWaiting, untilSleeping, watch } from '@x/testkit';
import { expect, test } from 'vitest';

const waitIn = (event: Event) => startWorker((event: Event) => event.wait(), event);

test('the flag is false at first, and set and clear change it', () => {
  const event = new Event();
  expect(event.isSet()).toBe(false);
  event.set();
  event.set();
  expect(event.isSet()).toBe(true);
  event.clear();
  event.clear();
  expect(event.isSet()).toBe(false);
});

test('no form of wait waits while the flag is true', async () => {
  const event = new Event();
  event.set();
  expect(event.wait()).toBe(true);
  expect(event.wait({ timeout: 0 })).toBe(true);
  expect(await event.waitAsync()).toBe(true);
  expect(await event.waitAsync({ timeout: 0 })).toBe(true);
});

test('a timed wait returns false about then', async () => {
  const event = new Event();
  expect(event.wait({ timeout: 0 })).toBe(false);
  const before = performance.now();
  expect(event.wait({ timeout: EXPIRES_MS })).toBe(false);
  expect(performance.now() - before).toBeGreaterThan(EXPIRES_MS - 2);
  expect(await event.waitAsync({ timeout: 0 })).toBe(false);
  expect(await event.waitAsync({ timeout: EXPIRES_MS })).toBe(false);
});

test('wrong options throw, or reject', async () => {
  const event = new Event();
  expect(() => event.wait({ timeout: -1 })).toThrow(RangeError);
  expect(() => event.wait(100 as never)).toThrow(TypeError);
  await expect(event.waitAsync({ timeout: NaN })).rejects.toThrow(RangeError);
  await expect(event.waitAsync({ timeout: '1' as never })).rejects.toThrow(TypeError);
  event.set();
  expect(() => event.wait({ timeout: -1 })).toThrow(RangeError);
});

test('a set lets every sleeping thread and every loop go', async () => {
  const event = new Event();
  const sleepers = [waitIn(event), waitIn(event), waitIn(event)];
  const loop = startWorker((event: Event) => Promise.all([event.waitAsync(), event.waitAsync()]), event);
  const own = event.waitAsync();
  await untilSleeping(event, 3);
  await untilAsyncWaiting(loop, 2);
  event.set();
  const all = Promise.all([own, loop.result, ...sleepers.map(({ result }) => result)]);
  expect(await watch([event], () => all)).toEqual([true, [true, true], true, true, true]);
});

test('a set that is cleared at once still lets everybody go who was waiting', async () => {
  const event = new Event();
  const sleepers = [waitIn(event), waitIn(event), waitIn(event)];
  const loop = startWorker((event: Event) => event.waitAsync(), event);
  const own = event.waitAsync();
  await untilSleeping(event, 3);
  await untilAsyncWaiting(loop);
  event.set();
  event.clear();
  const all = Promise.all([own, loop.result, ...sleepers.map(({ result }) => result)]);
  expect(await watch([event], () => all)).toEqual([true, true, true, true, true]);
  expect(event.wait({ timeout: 0 })).toBe(false);
});

test('one who comes after the clear waits for the next set', async () => {
  const event = new Event();
  event.set();
  event.clear();
  const late = event.waitAsync({ timeout: NEVER_MS });
  const later = startWorker((event: Event) => event.wait(), event);
  await untilSleeping(event);
  event.set();
  expect(await late).toBe(true);
  expect(await later.result).toBe(true);
});

test('an aborted wait rejects with the reason and disturbs nobody', async () => {
  const event = new Event();
  const controller = new AbortController();
  const aborted = event.waitAsync({ signal: controller.signal });
  const other = event.waitAsync();
  controller.abort(new Error('enough'));
  await expect(aborted).rejects.toThrow('enough');
  expect(String(event)).toContain('waiters=1');
  event.set();
  expect(await other).toBe(true);
  await expect(event.waitAsync({ signal: controller.signal })).rejects.toThrow('enough');
});

test('a set in one thread is seen in another, with what was written before it', async () => {
  const event = new Event();
  const data = new Int32Array(new SharedArrayBuffer(4));
  const worker = startWorker(
    ({ event, data }: { event: Event; data: Int32Array }) => {
      event.wait();
      return data[0];
    },
    { event, data },
  );
  await untilSleeping(event);
  data[0] = 42;
  event.set();
  expect(await worker.result).toBe(42);
});

test('two threads that hand over by two events lose no turn in a thousand', async () => {
  const [ping, pong] = [new Event(), new Event()];
  const worker = startWorker(
    ({ ping, pong }: { ping: Event; pong: Event }) => {
      for (let turn = 0; turn < 1000; turn++) {
        ping.wait();
        ping.clear();
        pong.set();
      }
      return 'done';
    },
    { ping, pong },
  );
  await watch([ping, pong], () => {
    for (let turn = 0; turn < 1000; turn++) {
      ping.set();
      pong.wait();
      pong.clear();
    }
  });
  expect(await worker.result).toBe('done');
});

test('a killed waiter keeps nobody from being let go', async () => {
  const event = new Event();
  const doomed = waitIn(event);
  const survivor = waitIn(event);
  await untilSleeping(event, 2);
  await doomed.terminate();
  event.set();
  expect(await watch([event], () => survivor.result)).toBe(true);
});

test('it travels at any depth and is the same object again', async () => {
  const event = new Event({ name: 'go' });
  expect(fromShared<Event[]>(toShared([event]))[0]).toBe(event);
  const worker = startWorker((given: { deep: Event[] }) => (given.deep[0]!.set(), given), { deep: [event] });
  expect((await worker.result).deep[0]).toBe(event);
  expect(event.isSet()).toBe(true);
});

test('it lives in memory of the caller', () => {
  const buffer = new SharedArrayBuffer(8 + Event.BYTES);
  const one = new Event({ buffer, byteOffset: 8 });
  one.set();
  expect(new Event({ buffer, byteOffset: 8 }).isSet()).toBe(true);
  expect(() => new Event({ buffer, byteOffset: 16 })).toThrow(LayoutError);
});

test('it prints its state as Python does', async () => {
  const event = new Event({ name: 'go' });
  expect(String(event)).toBe('<Event go unset waiters=0>');
  const pending = event.waitAsync();
  expect(inspect(event)).toBe('<Event go unset waiters=1>');
  event.set();
  await pending;
  expect(inspect(event)).toBe('<Event go set waiters=0>');
});

test('a signal that only looks like one is refused, and nobody is left waiting', async () => {
  const event = new Event();
  const signal = { throwIfAborted: () => undefined } as unknown as AbortSignal;
  await expect(event.waitAsync({ signal })).rejects.toThrow(
    new TypeError('signal must be an AbortSignal, got an object (Object)'),
  );
  expect(String(event)).toContain('waiters=0');
});
