import { inspect } from 'node:util';
import { Barrier, BrokenBarrierError, fromShared, LayoutError, TargetError, toShared } from '@x/barrier';
import {
  Checkpoints,
  EXPIRES_MS,
  NEVER_MS,
  pause,
  SHORT_MS,
  startWorker,
  until,
  untilAsyncWaiting,
  untilSleeping,
  watch,
} from '@x/testkit';
import { expect, test } from 'vitest';

/** A party that says how its wait ended. */
const wait = ({ barrier, timeout }: { barrier: Barrier; timeout?: number | undefined }): number | string => {
  try {
    return barrier.wait({ timeout });
  } catch (error) {
    return (error as Error).name;
  }
};
const waitIn = (barrier: Barrier, timeout?: number) => startWorker(wait, { barrier, timeout });

const waitAsync = async ({ barrier }: { barrier: Barrier }): Promise<number | string> => {
  try {
    return await barrier.waitAsync();
  } catch (error) {
    return (error as Error).name;
  }
};

test('every party gets an index of its own, in the order they come', async () => {
  const barrier = new Barrier(3);
  const first = waitIn(barrier);
  await untilSleeping(barrier, 1);
  const second = waitIn(barrier);
  await untilSleeping(barrier, 2);
  expect(barrier.nWaiting).toBe(2);
  expect(await watch([barrier], () => barrier.wait())).toBe(2);
  expect([await first.result, await second.result]).toEqual([0, 1]);
  expect(barrier.nWaiting).toBe(0);
});

test('a barrier of one never waits', async () => {
  const barrier = new Barrier(1);
  expect(barrier.wait()).toBe(0);
  expect(barrier.wait({ timeout: 0 })).toBe(0);
  expect(await barrier.waitAsync()).toBe(0);
});

test.each([0, -1, 1.5, NaN, 1024])('%d parties are a RangeError', (parties) => {
  expect(() => new Barrier(parties)).toThrow(RangeError);
});

test('wrong arguments change nothing', async () => {
  const barrier = new Barrier(2);
  expect(() => new Barrier('2' as never)).toThrow(TypeError);
  expect(() => new Barrier(2, { timeout: -1 })).toThrow(RangeError);
  expect(() => new Barrier(2, { action: 'x' as never })).toThrow(TypeError);
  expect(() => barrier.wait({ timeout: NaN })).toThrow(RangeError);
  expect(() => barrier.wait(5 as never)).toThrow(TypeError);
  await expect(barrier.waitAsync({ timeout: -1 })).rejects.toThrow(RangeError);
  await expect(barrier.waitAsync({ signal: AbortSignal.abort(new Error('early')) })).rejects.toThrow('early');
  expect(barrier.nWaiting).toBe(0);
  expect(barrier.broken).toBe(false);
});

test('threads and loops are parties of one barrier, over a thousand cycles', async () => {
  const barrier = new Barrier(3);
  const counts = new Int32Array(new SharedArrayBuffer(12));
  const workers = [0, 1].map((n) =>
    startWorker(
      async ({ barrier, counts, n }: { barrier: Barrier; counts: Int32Array; n: number }) => {
        let worst = 0;
        for (let cycle = 0; cycle < 1000; cycle++) {
          Atomics.add(counts, n, 1);
          if (n === 0) barrier.wait();
          else await barrier.waitAsync();
          // Nobody is a whole cycle behind or ahead.
          for (let i = 0; i < 3; i++) worst = Math.max(worst, Math.abs(Atomics.load(counts, i) - cycle - 1));
        }
        return worst;
      },
      { barrier, counts, n },
    ),
  );
  const indices = new Set<number>();
  await watch([barrier], async () => {
    for (let cycle = 0; cycle < 1000; cycle++) {
      Atomics.add(counts, 2, 1);
      indices.add(cycle % 2 === 0 ? barrier.wait() : await barrier.waitAsync());
    }
  });
  for (const worker of workers) expect(await worker.result).toBeLessThanOrEqual(1);
  expect([...indices].every((index) => index >= 0 && index < 3)).toBe(true);
  expect([...counts]).toEqual([1000, 1000, 1000]);
});

test('the action runs once per cycle, before anybody is let go', async () => {
  const runs = new Int32Array(new SharedArrayBuffer(4));
  const barrier = new Barrier(2, { action: () => Atomics.add(runs, 0, 1) });
  for (let cycle = 1; cycle <= 3; cycle++) {
    const seen = await Promise.all([
      barrier.waitAsync().then(() => runs[0]),
      barrier.waitAsync().then(() => runs[0]),
    ]);
    expect(seen).toEqual([cycle, cycle]);
  }
});

test('the action travels as a target and runs in the thread that arrives last', async () => {
  const barrier = new Barrier(2, {
    action: () => {
      (globalThis as { acted?: number }).acted = ((globalThis as { acted?: number }).acted ?? 0) + 1;
    },
  });
  const other = startWorker(
    async ({ barrier }: { barrier: Barrier }) => {
      // So that this one is the last.
      while (barrier.nWaiting === 0) await new Promise((resolve) => setTimeout(resolve, 1));
      barrier.wait();
      return (globalThis as { acted?: number }).acted;
    },
    { barrier },
  );
  await watch([barrier], () => barrier.wait());
  expect(await other.result).toBe(1);
  expect((globalThis as { acted?: number }).acted).toBeUndefined();
});

test('an action that throws breaks the barrier, and its thread gets the error', async () => {
  const barrier = new Barrier(2, {
    action: () => {
      throw new RangeError('in the action');
    },
  });
  const other = waitIn(barrier);
  await untilSleeping(barrier);
  expect(() => barrier.wait()).toThrow('in the action');
  expect(await other.result).toBe('BrokenBarrierError');
  expect(barrier.broken).toBe(true);
});

test('an action that needs outside variables says so where it runs, and breaks the barrier', async () => {
  const outside = { count: 0 };
  const barrier = new Barrier(2, { action: () => outside.count++ });
  const other = startWorker(
    async ({ barrier }: { barrier: Barrier }) => {
      while (barrier.nWaiting === 0) await new Promise((resolve) => setTimeout(resolve, 1));
      try {
        return barrier.wait();
      } catch (error) {
        return String(error);
      }
    },
    { barrier },
  );
  expect(() => barrier.wait({ timeout: NEVER_MS })).toThrow(BrokenBarrierError);
  expect(await other.result).toContain('outside');
});

test('an action that cannot travel is an error only when it has to', async () => {
  const barrier = new Barrier(1, { action: Math.random.bind(null) });
  expect(barrier.wait()).toBe(0);
  expect(() => toShared(barrier)).toThrow(TargetError);
});

test('an action may not be async, and may not wait for its own barrier', () => {
  const eager = new Barrier(1, { action: async () => undefined });
  expect(() => eager.wait()).toThrow(TypeError);
  expect(eager.broken).toBe(true);
  const itself: Barrier = new Barrier(1, { action: () => itself.wait() });
  expect(() => itself.wait()).toThrow(expect.objectContaining({ name: 'DeadlockError' }));
});

test('a party that times out breaks the barrier for all, itself included', async () => {
  const barrier = new Barrier(4);
  const patient = [waitIn(barrier), startWorker(waitAsync, { barrier })];
  await untilSleeping(barrier);
  await untilAsyncWaiting(patient[1]!);
  expect(() => barrier.wait({ timeout: EXPIRES_MS })).toThrow(BrokenBarrierError);
  expect(await Promise.all(patient.map(({ result }) => result))).toEqual([
    'BrokenBarrierError',
    'BrokenBarrierError',
  ]);
  expect(barrier.broken).toBe(true);
  expect(barrier.nWaiting).toBe(0);
  expect(() => barrier.wait()).toThrow(BrokenBarrierError);
  await expect(barrier.waitAsync()).rejects.toThrow(BrokenBarrierError);
});

test('an async party that times out breaks the barrier too, as does a time-out of 0', async () => {
  const barrier = new Barrier(3);
  const other = waitIn(barrier);
  await untilSleeping(barrier);
  await expect(barrier.waitAsync({ timeout: EXPIRES_MS })).rejects.toThrow(BrokenBarrierError);
  expect(await other.result).toBe('BrokenBarrierError');
  const zero = new Barrier(2);
  expect(() => zero.wait({ timeout: 0 })).toThrow(BrokenBarrierError);
  expect(zero.broken).toBe(true);
  const zeroAsync = new Barrier(2);
  await expect(zeroAsync.waitAsync({ timeout: 0 })).rejects.toThrow(BrokenBarrierError);
  expect(zeroAsync.broken).toBe(true);
});

test('the default time-out of the barrier counts, also in other threads, and a wait may have its own', async () => {
  const barrier = new Barrier(2, { timeout: EXPIRES_MS });
  expect(await waitIn(barrier).result).toBe('BrokenBarrierError');
  barrier.reset();
  const late = waitIn(barrier, NEVER_MS);
  await untilSleeping(barrier);
  await pause(EXPIRES_MS * 2);
  expect(barrier.wait()).toBe(1);
  expect(await late.result).toBe(0);
});

test('an aborted party breaks the barrier for the others, and gets its reason', async () => {
  const barrier = new Barrier(3);
  const controller = new AbortController();
  const other = waitIn(barrier);
  await untilSleeping(barrier);
  const aborted = barrier.waitAsync({ signal: controller.signal });
  controller.abort(new Error('no more'));
  await expect(aborted).rejects.toThrow('no more');
  expect(await other.result).toBe('BrokenBarrierError');
  expect(barrier.broken).toBe(true);
});

test('abort breaks it for those who wait and those who come', async () => {
  const barrier = new Barrier(3);
  const parties = [waitIn(barrier), startWorker(waitAsync, { barrier })];
  await untilSleeping(barrier);
  await untilAsyncWaiting(parties[1]!);
  barrier.abort();
  expect(await Promise.all(parties.map(({ result }) => result))).toEqual([
    'BrokenBarrierError',
    'BrokenBarrierError',
  ]);
  expect(() => barrier.wait()).toThrow(BrokenBarrierError);
  barrier.abort();
  expect(barrier.broken).toBe(true);
});

test('reset fails those who wait, and the barrier is as new', async () => {
  const barrier = new Barrier(3);
  const parties = [waitIn(barrier), startWorker(waitAsync, { barrier })];
  await untilSleeping(barrier);
  await untilAsyncWaiting(parties[1]!);
  barrier.reset();
  expect(barrier.broken).toBe(false);
  expect(barrier.nWaiting).toBe(0);
  // At once, while the others may not have woken yet.
  const again = Promise.all([barrier.waitAsync(), barrier.waitAsync(), barrier.waitAsync()]);
  expect(await again).toEqual([0, 1, 2]);
  expect(await Promise.all(parties.map(({ result }) => result))).toEqual([
    'BrokenBarrierError',
    'BrokenBarrierError',
  ]);
});

test('reset makes a broken barrier whole', async () => {
  const barrier = new Barrier(2);
  barrier.abort();
  barrier.reset();
  expect(barrier.broken).toBe(false);
  expect(await Promise.all([barrier.waitAsync(), barrier.waitAsync()])).toEqual([0, 1]);
  barrier.reset();
  expect(barrier.broken).toBe(false);
});

test('those who passed have passed, though the barrier was reset and aborted before they looked', async () => {
  const barrier = new Barrier(2);
  const points = new Checkpoints();
  const slow = startWorker(
    async ({ barrier, buffer }: { barrier: Barrier; buffer: SharedArrayBuffer }, kit) => {
      const points = kit.checkpoints(buffer);
      const through = barrier.waitAsync();
      points.signal(0);
      // The loop is busy while the barrier goes on.
      points.waitFor(1);
      return through;
    },
    { barrier, buffer: points.buffer },
  );
  await points.waitForAsync(0);
  expect(barrier.wait()).toBe(1);
  barrier.abort();
  barrier.reset();
  const stranded = barrier.waitAsync();
  barrier.reset();
  await expect(stranded).rejects.toThrow(BrokenBarrierError);
  points.signal(1);
  expect(await slow.result).toBe(0);
});

test('who looks late learns how the own cycle ended, however many cycles have gone by', async () => {
  const ends = (promise: Promise<number>): Promise<number | string> =>
    promise.catch((error: unknown) => (error as Error).name);
  const barrier = new Barrier(2);
  const pass = () => Promise.all([barrier.waitAsync(), barrier.waitAsync()]);
  const reset = () => {
    const stranded = ends(barrier.waitAsync());
    barrier.reset();
    return stranded;
  };
  // All at once, so that nobody of this loop looks in between.
  const early = [pass(), reset(), pass(), reset(), reset(), pass()];
  expect(await Promise.all(early)).toEqual([
    [0, 1],
    'BrokenBarrierError',
    [0, 1],
    'BrokenBarrierError',
    'BrokenBarrierError',
    [0, 1],
  ]);
  // So many that the counts in the state wrap: of cycles, and of resets.
  const passes = Array.from({ length: 4096 }, pass);
  expect(await Promise.all(passes)).toEqual(passes.map(() => [0, 1]));
  const resets = Array.from({ length: 64 }, reset);
  expect(await Promise.all(resets)).toEqual(resets.map(() => 'BrokenBarrierError'));
  expect(await pass()).toEqual([0, 1]);
});

test('nobody of the next cycle comes in while the action runs, and its time-out does not count there', async () => {
  const points = new Checkpoints();
  const barrier = new Barrier(1, {
    // Only in the worker, which has the checkpoints.
    action: () => {
      (globalThis as unknown as { during: () => void }).during();
    },
  });
  const acting = startWorker(
    ({ barrier, buffer }: { barrier: Barrier; buffer: SharedArrayBuffer }, kit) => {
      const points = kit.checkpoints(buffer);
      (globalThis as unknown as { during: () => void }).during = () => {
        points.signal(0);
        points.waitFor(1);
      };
      return barrier.wait();
    },
    { barrier, buffer: points.buffer },
  );
  await points.waitForAsync(0);
  barrier.reset();
  (globalThis as unknown as { during: () => void }).during = () => points.signal(2);
  const next = barrier.waitAsync({ timeout: 1 });
  await pause(SHORT_MS);
  expect(points.count(2)).toBe(0);
  points.signal(1);
  expect(await acting.result).toBe(0);
  expect(await next).toBe(0);
  expect(points.count(2)).toBe(1);
});

test.each(['blocking', 'async'])('a killed party breaks the barrier, soon: %s', async (form) => {
  const barrier = new Barrier(4);
  const doomed = form === 'async' ? startWorker(waitAsync, { barrier }) : waitIn(barrier);
  await until(() => barrier.nWaiting === 1);
  const other = waitIn(barrier);
  await until(() => barrier.nWaiting === 2);
  void doomed.terminate();
  const before = performance.now();
  // The main thread does not learn of it by an event: it blocks.
  expect(() => barrier.wait({ timeout: NEVER_MS })).toThrow(BrokenBarrierError);
  expect(performance.now() - before).toBeLessThan(1000);
  expect(await watch([barrier], () => other.result)).toBe('BrokenBarrierError');
});

test('a party that was killed before the last one came is missed', async () => {
  const barrier = new Barrier(3);
  const doomed = waitIn(barrier);
  await untilSleeping(barrier);
  await doomed.terminate();
  expect(() => barrier.wait({ timeout: NEVER_MS })).toThrow(BrokenBarrierError);
  barrier.reset();
  expect(await Promise.all([1, 2, 3].map(() => barrier.waitAsync()))).toEqual([0, 1, 2]);
});

test('it travels at any depth and is the same object again', async () => {
  const barrier = new Barrier(2, { name: 'phase' });
  expect(fromShared<Barrier[]>(toShared([barrier]))[0]).toBe(barrier);
  const worker = startWorker((given: { deep: Barrier[] }) => ({ printed: String(given.deep[0]), given }), {
    deep: [barrier],
  });
  const { printed, given } = await worker.result;
  expect(printed).toBe('<Barrier phase waiters=0/2>');
  expect(given.deep[0]).toBe(barrier);
});

test('it lives in memory of the caller', () => {
  const buffer = new SharedArrayBuffer(8 + Barrier.BYTES);
  const one = new Barrier(3, { buffer, byteOffset: 8 });
  const two = new Barrier(2, { buffer, byteOffset: 8 });
  one.abort();
  expect([two.broken, two.parties]).toEqual([true, 3]);
  expect(() => new Barrier(3, { buffer, byteOffset: 16 })).toThrow(LayoutError);
});

test('it prints its state as Python does', async () => {
  const barrier = new Barrier(2, { name: 'phase' });
  const first = barrier.waitAsync();
  expect(inspect(barrier)).toBe('<Barrier phase waiters=1/2>');
  barrier.abort();
  expect(inspect(barrier)).toBe('<Barrier phase broken>');
  await expect(first).rejects.toThrow(BrokenBarrierError);
});
