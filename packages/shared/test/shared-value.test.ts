import { inspect } from 'node:util';
import { AtomicInt32, fromShared, LayoutError, SharedValue, toShared, TransferError } from '@x/shared';
import {
  Checkpoints,
  pause,
  SHORT_MS,
  startWorker,
  untilAsyncWaiting,
  untilSleeping,
  watch,
} from '@x/testkit';
import { expect, test } from 'vitest';

test.each([
  0,
  -0,
  NaN,
  'text',
  '\ud800 lone',
  12n,
  true,
  null,
  undefined,
  Object.assign([], { 0: 1, 2: 3 }),
  { a: { b: [new Date(5), /x/g] } },
  new Map([[{ k: 1 }, new Set([1])]]),
  new Uint8Array([1, 2, 3]),
])('the value %s comes back as it was', (value) => {
  const shared = new SharedValue<unknown>(value);
  expect(shared.get()).toStrictEqual(value);
  shared.set('other');
  shared.value = value;
  expect(shared.value).toStrictEqual(value);
});

test('what get returns is a copy', () => {
  const shared = new SharedValue({ list: [1] });
  shared.get().list.push(2);
  expect(shared.get()).toEqual({ list: [1] });
});

test('update replaces the value by the result, and returns it', () => {
  const shared = new SharedValue({ count: 1 });
  expect(shared.update(({ count }) => ({ count: count + 1 }))).toEqual({ count: 2 });
  expect(shared.value).toEqual({ count: 2 });
});

test('an update that throws, returns a promise, or what cannot travel changes nothing', () => {
  const shared = new SharedValue<unknown>(1);
  expect(() =>
    shared.update(() => {
      throw new RangeError('inside');
    }),
  ).toThrow('inside');
  expect(() => shared.update(async () => 2)).toThrow(TypeError);
  expect(() => shared.update(() => () => 1)).toThrow(TransferError);
  expect(() => {
    shared.set({ deep: [Symbol('s')] });
  }).toThrow(/value\.deep\[0\]/);
  expect(() => shared.update(5 as never)).toThrow(TypeError);
  expect(shared.value).toBe(1);
  expect(shared.update(() => 2)).toBe(2);
});

test('changing the value inside its own update is a DeadlockError, reading it is not', () => {
  const shared = new SharedValue(1);
  const deadlock = expect.objectContaining({ name: 'DeadlockError' });
  expect(() =>
    shared.update((value) => {
      shared.set(5);
      return value;
    }),
  ).toThrow(deadlock);
  expect(shared.update((value) => value + shared.get())).toBe(2);
});

test('the value may grow up to maxBytes, and then says what to do', () => {
  const shared = new SharedValue('', { maxBytes: 100_000 });
  for (let length = 1; length < 90_000; length = Math.ceil(length * 1.7)) {
    shared.set('x'.repeat(length));
    expect(shared.value.length).toBe(length);
  }
  expect(() => {
    shared.set('x'.repeat(100_000));
  }).toThrow(/larger maxBytes/);
  shared.set('small');
  expect(shared.value).toBe('small');
  expect(() => new SharedValue('x'.repeat(100), { maxBytes: 50 })).toThrow(TransferError);
  expect(() => new SharedValue(1, { maxBytes: 0 })).toThrow(RangeError);
});

test('lengths in any order fit, as long as each is at most maxBytes', () => {
  const shared = new SharedValue('', { buffer: new SharedArrayBuffer(SharedValue.BYTES) });
  let seed = 7;
  for (let i = 0; i < 3000; i++) {
    seed = (seed * 1103515245 + 12345) % 2 ** 31;
    const text = String.fromCharCode(97 + (i % 26)).repeat(seed % 1015);
    shared.set(text);
    expect(shared.value).toBe(text);
  }
});

test('threads that update lose nothing, and a reader never sees half a change', async () => {
  const shared = new SharedValue<number[]>([0, 0]);
  const workers = [0, 1].map(() =>
    startWorker((shared: SharedValue<number[]>) => {
      for (let i = 0; i < 2000; i++) {
        shared.update(([a]) => Array.from({ length: 1 + ((a! + 1) % 50) * 10 }, () => a! + 1));
      }
    }, shared),
  );
  let reads = 0;
  await watch([shared], async () => {
    let done = false;
    void Promise.all(workers.map((worker) => worker.result)).then(() => (done = true));
    while (!done) {
      const value = shared.get();
      expect(value.every((item) => item === value[0])).toBe(true);
      reads++;
      if (reads % 50 === 0) await pause(0);
    }
  });
  await Promise.all(workers.map((worker) => worker.result));
  expect(shared.value[0]).toBe(4000);
});

test('an update waits for another one, blocking and async', async () => {
  const shared = new SharedValue('start');
  const points = new Checkpoints();
  const slow = startWorker(
    ({ shared, buffer }: { shared: SharedValue<string>; buffer: SharedArrayBuffer }, kit) => {
      const points = kit.checkpoints(buffer);
      shared.update((value) => {
        points.signal(0);
        points.waitFor(1);
        return `${value} slow`;
      });
    },
    { shared, buffer: points.buffer },
  );
  await points.waitForAsync(0);
  const blocked = startWorker(
    (shared: SharedValue<string>) => shared.update((value) => `${value} blocked`),
    shared,
  );
  const loop = startWorker(
    (shared: SharedValue<string>) => shared.updateAsync((value) => `${value} loop`),
    shared,
  );
  await untilSleeping(shared);
  await untilAsyncWaiting(loop);
  expect(shared.get()).toBe('start');
  expect(await shared.updateAsync(() => 'never', { timeout: 1 })).toBeUndefined();
  const controller = new AbortController();
  const aborted = shared.updateAsync(() => 'never', { signal: controller.signal });
  controller.abort(new Error('no'));
  await expect(aborted).rejects.toThrow('no');
  points.signal(1);
  await watch([shared], () => Promise.all([slow.result, blocked.result, loop.result]));
  expect(shared.value.split(' ').sort()).toEqual(['blocked', 'loop', 'slow', 'start']);
});

test('a thread that is killed in its update has changed nothing and blocks nobody', async () => {
  const shared = new SharedValue({ whole: true });
  const points = new Checkpoints();
  const doomed = startWorker(
    ({ shared, buffer }: { shared: SharedValue<unknown>; buffer: SharedArrayBuffer }, kit) => {
      const points = kit.checkpoints(buffer);
      shared.update(() => {
        points.signal(0);
        points.waitFor(1, 1, 60_000);
        return { whole: false };
      });
    },
    { shared, buffer: points.buffer },
  );
  await points.waitForAsync(0);
  void doomed.terminate();
  const before = performance.now();
  shared.update((value) => ({ ...value, after: true }));
  expect(performance.now() - before).toBeLessThan(1000);
  expect(shared.value).toEqual({ whole: true, after: true });
});

test('options may have properties of the user, symbols also', () => {
  expect(new SharedValue(5, { [Symbol('mine')]: true }).value).toBe(5);
});

test('primitives in the value arrive as themselves', async () => {
  const counter = new AtomicInt32(1);
  const shared = new SharedValue<{ counter: AtomicInt32 }>({ counter });
  expect(shared.value.counter).toBe(counter);
  const worker = startWorker(
    (given: { shared: SharedValue<{ counter: AtomicInt32 }>; counter: AtomicInt32 }) => {
      const same = given.shared.value.counter === given.counter;
      given.shared.value.counter.add(1);
      return same;
    },
    { shared, counter },
  );
  expect(await worker.result).toBe(true);
  expect(counter.load()).toBe(2);
});

test('what another thread has set, large or small, is seen here, also after the memory has grown', async () => {
  const shared = new SharedValue<string>('');
  const worker = startWorker((shared: SharedValue<string>) => {
    shared.set('y'.repeat(300_000));
  }, shared);
  await worker.result;
  expect(shared.value.length).toBe(300_000);
  await pause(SHORT_MS);
});

test('it travels and is the same object again, and lives in memory of the caller', () => {
  const shared = new SharedValue(1, { name: 'config' });
  expect(fromShared<unknown[]>(toShared([shared]))[0]).toBe(shared);
  const buffer = new SharedArrayBuffer(8 + SharedValue.BYTES);
  const one = new SharedValue('a', { buffer, byteOffset: 8 });
  const two = new SharedValue('b', { buffer, byteOffset: 8 });
  two.set('c');
  expect(one.value).toBe('c');
  expect(() => new SharedValue(1, { buffer, byteOffset: 16 })).toThrow(LayoutError);
  expect(() => new AtomicInt32(1, { buffer, byteOffset: 8 })).toThrow(LayoutError);
});

test('it prints its value in short', () => {
  expect(String(new SharedValue(1, { name: 'n' }))).toBe('<SharedValue n value=1>');
  expect(inspect(new SharedValue('x'.repeat(50), { name: 'n' }))).toContain('xxx…"');
  expect(String(new SharedValue([1, 2], { name: 'n' }))).toContain('Array(2)');
  expect(String(new SharedValue(new Map(), { name: 'n' }))).toContain('Map');
});

test('an update that fires its own signal has changed the value, and says so', async () => {
  const shared = new SharedValue(1);
  const controller = new AbortController();
  let aborting: Promise<number | undefined> | undefined;
  shared.update((value) => {
    // It has to wait, until this update is over.
    aborting = shared.updateAsync(
      (value) => {
        controller.abort();
        return value + 1;
      },
      { signal: controller.signal },
    );
    return value + 1;
  });
  expect(await aborting).toBe(3);
  expect(shared.value).toBe(3);
});
