/** What is particular to `RWLock`, beyond the battery that its write side passes. */
import { describe, expect, test } from 'vitest';
import { AbandonedError, DeadlockError, NotHeldError, RWLock, TimeoutError } from '@x/lock';
import { Checkpoints, NEVER_MS, pause, SHORT_MS, startWorker, until, untilSleeping, watch } from '@x/testkit';

/** A worker that reads until it is told to stop, or for ever. */
async function readerOf(rw: RWLock, times = 1) {
  const points = new Checkpoints();
  const worker = startWorker(
    ({ rw, buffer, times }: { rw: RWLock; buffer: SharedArrayBuffer; times: number }, kit) => {
      const points = kit.checkpoints(buffer);
      for (let i = 0; i < times; i++) rw.read.acquire();
      points.signal(0);
      points.waitFor(1, 1, 1e9);
      for (let i = 0; i < times; i++) rw.read.release();
    },
    { rw, buffer: points.buffer, times },
  );
  await points.waitForAsync(0);
  return { worker, letGo: () => points.signal(1) };
}

describe('readers', () => {
  test('hold it together, in one thread and in several, and keep writers out', async () => {
    const rw = new RWLock();
    expect([rw.read.acquire(), rw.read.tryAcquire(), await rw.read.acquireAsync()]).toEqual([
      true,
      true,
      true,
    ]);
    const { worker, letGo } = await readerOf(rw);
    expect(String(rw)).toContain('reading readers=2');
    expect(rw.read.locked()).toBe(true);
    expect(rw.write.locked()).toBe(false);
    expect(rw.write.tryAcquire()).toBe(false);
    expect(await rw.write.acquireAsync({ timeout: SHORT_MS })).toBe(false);
    for (let i = 0; i < 3; i++) rw.read.release();
    expect(rw.write.acquire({ timeout: SHORT_MS })).toBe(false);
    letGo();
    await worker.result;
    expect(rw.read.locked()).toBe(false);
    expect(rw.write.tryAcquire()).toBe(true);
    rw.write.release();
  });

  test('release what they hold themselves, and no more', async () => {
    const rw = new RWLock();
    expect(() => rw.read.release()).toThrow(NotHeldError);
    const { worker, letGo } = await readerOf(rw);
    expect(() => rw.read.release()).toThrow(NotHeldError);
    rw.read.acquire();
    rw.read.release();
    expect(() => rw.read.release()).toThrow(NotHeldError);
    letGo();
    await worker.result;
  });

  test("have the scoped forms, and the contract's errors", async () => {
    const rw = new RWLock();
    expect(rw.read.with(() => rw.read.locked())).toBe(true);
    expect(await rw.read.withAsync(async () => rw.read.locked())).toBe(true);
    {
      using _held = rw.read.hold();
      using _again = await rw.read.holdAsync();
      expect(rw.read.locked()).toBe(true);
    }
    expect(rw.read.locked()).toBe(false);
    for (const timeout of [-1, NaN]) {
      expect(() => rw.read.acquire({ timeout })).toThrow(RangeError);
      await expect(rw.read.acquireAsync({ timeout })).rejects.toThrow(RangeError);
    }
    expect(() => rw.read.acquire(5 as never)).toThrow(TypeError);
    await expect(rw.read.acquireAsync({ signal: AbortSignal.abort('no') })).rejects.toBe('no');
    expect(rw.read.locked()).toBe(false);
    rw.write.acquire();
    expect(rw.read.acquire({ timeout: 0 })).toBe(false);
    expect(rw.read.acquire({ timeout: SHORT_MS })).toBe(false);
    expect(() => rw.read.hold({ timeout: 0 })).toThrow(TimeoutError);
    const controller = new AbortController();
    const aborted = rw.read.acquireAsync({ signal: controller.signal });
    controller.abort('enough');
    await expect(aborted).rejects.toBe('enough');
    rw.write.release();
    expect(rw.write.tryAcquire()).toBe(true);
    rw.write.release();
  });

  test('of ten thousand promises get in together', async () => {
    const rw = new RWLock();
    rw.write.acquire();
    let inside = 0;
    let most = 0;
    const waits = Array.from({ length: 10_000 }, async () => {
      await rw.read.acquireAsync();
      most = Math.max(most, ++inside);
      await pause(1);
      inside--;
      rw.read.release();
    });
    rw.write.release();
    await watch([rw], () => Promise.all(waits));
    expect(most).toBe(10_000);
    expect(rw.write.tryAcquire()).toBe(true);
    rw.write.release();
  });

  test('sleep while a writer holds it, and all go on when it releases, before the next writer', async () => {
    const rw = new RWLock();
    rw.write.acquire();
    const points = new Checkpoints();
    const readers = [0, 1].map(() =>
      startWorker(
        ({ rw, buffer }: { rw: RWLock; buffer: SharedArrayBuffer }, kit) => {
          rw.read.acquire();
          kit.checkpoints(buffer).signal(0);
          // Both are in at the same time, or this fails.
          kit.checkpoints(buffer).waitFor(0, 2);
          rw.read.release();
        },
        { rw, buffer: points.buffer },
      ),
    );
    await untilSleeping(rw, 2);
    const promised = rw.read.acquireAsync();
    const writer = rw.write.acquireAsync();
    rw.write.release();
    expect(await watch([rw], () => promised)).toBe(true);
    expect(rw.write.locked()).toBe(false);
    await watch([rw], () => Promise.all(readers.map((reader) => reader.result)));
    rw.read.release();
    expect(await watch([rw], () => writer)).toBe(true);
    rw.write.release();
  });
});

describe('a writer that waits', () => {
  test('keeps new readers out, so that it is not starved', async () => {
    const rw = new RWLock();
    const { worker, letGo } = await readerOf(rw);
    const writer = startWorker((rw: RWLock) => {
      const got = rw.write.acquire();
      rw.write.release();
      return got;
    }, rw);
    await untilSleeping(rw, 1);
    expect(rw.read.acquire({ timeout: SHORT_MS })).toBe(false);
    const late = rw.read.acquireAsync();
    letGo();
    expect(await watch([rw], () => Promise.all([writer.result, late]))).toEqual([true, true]);
    rw.read.release();
    await worker.result;
  });

  test('asynchronously, has nothing yet that another task of its thread could release', async () => {
    const rw = new RWLock();
    const { worker, letGo } = await readerOf(rw);
    const writer = rw.write.acquireAsync();
    expect(() => rw.write.release()).toThrow(NotHeldError);
    letGo();
    expect(await watch([rw], () => writer)).toBe(true);
    expect(rw.write.locked()).toBe(true);
    rw.write.release();
    expect(rw.write.locked()).toBe(false);
    expect(await rw.write.acquireAsync()).toBe(true);
    rw.write.release();
    await worker.result;
  });

  test('lets them in again when it gives up', async () => {
    const rw = new RWLock();
    const { worker, letGo } = await readerOf(rw);
    const controller = new AbortController();
    const writer = rw.write.acquireAsync({ signal: controller.signal });
    await until(() => !rw.read.tryAcquire() || (rw.read.release(), false));
    const reader = rw.read.acquireAsync();
    expect(await Promise.race([reader, pause(SHORT_MS)])).toBeUndefined();
    controller.abort('enough');
    await expect(writer).rejects.toBe('enough');
    expect(await watch([rw], () => reader)).toBe(true);
    expect(rw.write.acquire({ timeout: SHORT_MS })).toBe(false);
    rw.read.release();
    letGo();
    await worker.result;
    expect(rw.write.tryAcquire()).toBe(true);
    rw.write.release();
  });
});

describe('threads that end', () => {
  test('while they read are forgotten, whether killed or not', async () => {
    const rw = new RWLock();
    const killed = await readerOf(rw, 3);
    const finished = startWorker((rw: RWLock) => rw.read.acquire(), rw);
    await finished.result;
    await finished.exited;
    expect(rw.write.tryAcquire()).toBe(false);
    await killed.worker.terminate();
    expect(rw.write.tryAcquire()).toBe(true);
    rw.write.release();
    expect(rw.read.locked()).toBe(false);
  });

  test('while they read do not hold a sleeping writer up for long, blocking or not', async () => {
    for (const form of ['blocking', 'async']) {
      const rw = new RWLock();
      const { worker } = await readerOf(rw);
      void worker.terminate();
      const before = performance.now();
      const got =
        form === 'blocking' ? rw.write.acquire({ timeout: NEVER_MS }) : await rw.write.acquireAsync();
      expect(got).toBe(true);
      expect(performance.now() - before).toBeLessThan(3000);
      rw.write.release();
    }
  });

  test('while they read are forgotten also by an async writer that has little time or none', async () => {
    for (const timeout of [0, SHORT_MS]) {
      const rw = new RWLock();
      const { worker } = await readerOf(rw);
      await worker.terminate();
      expect(await rw.write.acquireAsync({ timeout })).toBe(true);
      rw.write.release();
    }
  });

  test('while they wait for readers to leave can be recovered from', async () => {
    const rw = new RWLock();
    rw.read.acquire();
    const writer = startWorker((rw: RWLock) => void rw.write.acquire(), rw);
    await untilSleeping(rw, 1);
    await writer.terminate();
    expect(() => rw.write.tryAcquire()).toThrow(AbandonedError);
    expect(() => rw.read.tryAcquire()).toThrow(AbandonedError);
    // It would wait for itself.
    expect(() => rw.write.recover()).toThrow(DeadlockError);
    expect(() => rw.read.tryAcquire()).toThrow(AbandonedError);
    rw.read.release();
    rw.write.recover();
    rw.write.release();
    expect(rw.read.tryAcquire()).toBe(true);
    rw.read.release();
  });

  test('while they write tell readers that sleep, and promises', async () => {
    const rw = new RWLock();
    const points = new Checkpoints();
    const writer = startWorker(
      ({ rw, buffer }: { rw: RWLock; buffer: SharedArrayBuffer }, kit) => {
        rw.write.acquire();
        kit.checkpoints(buffer).signal(0);
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
      },
      { rw, buffer: points.buffer },
    );
    await points.waitForAsync(0);
    const reader = startWorker((rw: RWLock) => {
      try {
        return String(rw.read.acquire());
      } catch (error) {
        return (error as Error).name;
      }
    }, rw);
    await untilSleeping(rw, 1);
    const promised = rw.read.acquireAsync();
    await writer.terminate();
    await expect(watch([rw], () => promised)).rejects.toThrow(AbandonedError);
    expect(await watch([rw], () => reader.result)).toBe('AbandonedError');
    expect(() => rw.read.acquire()).toThrow(AbandonedError);
    rw.write.recover();
    rw.write.release();
    expect(rw.read.tryAcquire()).toBe(true);
    rw.read.release();
  });

  test('give their entries to others: more threads than there is room for, one after the other', async () => {
    const rw = new RWLock();
    // The entries of the realm's records are as good as threads: what counts is that their ids have ended.
    const { words } = rw.memory;
    const { realm, id } = rw.memory.member;
    const dead = realm.register({ kind: 3, name: 'gone', parent: id, daemon: false });
    realm.begin(dead);
    realm.end(dead, 5);
    words[10] = 256;
    for (let i = 0; i < 256; i++) words[12 + 2 * i] = dead;
    words[13] = 2;
    expect(rw.write.tryAcquire()).toBe(true);
    rw.write.release();
    for (let i = 0; i < 256; i++) words[12 + 2 * i] = dead;
    expect(rw.read.tryAcquire()).toBe(true);
    rw.read.release();
  });
});

test('two values that are written together are always read together', async () => {
  const rw = new RWLock();
  const data = new SharedArrayBuffer(8);
  const fixture = ({ rw, data, part }: { rw: RWLock; data: SharedArrayBuffer; part: number }) => {
    const words = new Int32Array(data);
    let torn = 0;
    for (let i = 0; i < 3000; i++) {
      if ((i + part) % 4 === 0) {
        rw.write.acquire();
        words[0]!++;
        words[1]!++;
        rw.write.release();
      } else {
        rw.read.acquire();
        if (words[0] !== words[1]) torn++;
        rw.read.release();
      }
    }
    return torn;
  };
  const workers = [0, 1, 2].map((part) => startWorker(fixture, { rw, data, part }));
  const words = new Int32Array(data);
  const mine = async (): Promise<number> => {
    let torn = 0;
    for (let i = 0; i < 500; i++) {
      await rw.write.withAsync(async () => {
        words[0]!++;
        if (i % 100 === 0) await pause(1);
        words[1]!++;
      });
      await rw.read.withAsync(() => {
        if (words[0] !== words[1]) torn++;
      });
    }
    return torn;
  };
  const torn = await watch([rw], () => Promise.all([...workers.map((worker) => worker.result), mine()]));
  expect(torn).toEqual([0, 0, 0, 0]);
  expect([words[0], words[1]]).toEqual([3 * 750 + 500, 3 * 750 + 500]);
});
