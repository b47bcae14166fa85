/** How locks travel, and how they live in memory of the user. */
import { Worker } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';
import { Condition, fromShared, LayoutError, Lock, NotHeldError, RLock, RWLock, toShared } from '@x/lock';
import { Checkpoints, startWorker, untilSleeping, watch } from '@x/testkit';

const lockUrl = import.meta.resolve('@x/lock');

/** Structured clone, as any message goes through it. */
const travel = <T>(value: T): T => fromShared<T>(structuredClone(toShared(value)));

const KINDS = [
  ['Lock', Lock, () => new Lock({ name: 'mine' })],
  ['RLock', RLock, () => new RLock({ name: 'mine' })],
  ['Condition', Condition, () => new Condition(undefined, { name: 'mine' })],
  ['RWLock', RWLock, () => new RWLock({ name: 'mine' })],
] as const;

describe.each(KINDS)('%s travels', (_name, Class, make) => {
  test('and in one thread it is always the same object', () => {
    const lock = make();
    const again = travel(lock);
    expect(again).toBe(lock);
    expect(travel({ again })).toEqual({ again: lock });
  });

  test('at any depth of objects, arrays, maps and sets, also in cycles', () => {
    const lock = make();
    const value: Record<string, unknown> = {
      deep: { list: [1, [lock]] },
      map: new Map<unknown, unknown>([['key', lock]]),
      keys: new Map<unknown, unknown>([[lock, 'value']]),
      set: new Set<unknown>([lock, 2]),
    };
    value['self'] = value;
    const copy = travel(value) as typeof value & { deep: { list: [number, [unknown]] } };
    expect(copy).not.toBe(value);
    expect(copy['self']).toBe(copy);
    expect(copy.deep.list[1][0]).toBe(lock);
    expect((copy['map'] as Map<unknown, unknown>).get('key')).toBe(lock);
    expect((copy['keys'] as Map<unknown, unknown>).get(lock)).toBe('value');
    expect((copy['set'] as Set<unknown>).has(lock)).toBe(true);
  });

  test('to another thread, which has the same one, under its name', async () => {
    const lock = make();
    const worker = startWorker(
      ({ lock, list }: { lock: { name: string }; list: unknown[] }) => ({
        same: list[0] === lock,
        class: lock.constructor.name,
        name: lock.name,
        lock,
      }),
      { lock, list: [lock] },
    );
    const back = await worker.result;
    expect(back.same).toBe(true);
    expect(back.name).toBe('mine');
    expect(back.class).toBe(Class.name);
    expect(back.lock).toBe(lock);
  });
});

test('a condition arrives with its lock, the same object as the lock beside it', () => {
  const lock = new Lock();
  const condition = new Condition(lock);
  const copy = travel({ lock, condition });
  expect(copy.condition.lock).toBe(copy.lock);
  expect(copy.lock).toBe(lock);
});

test('a worker that the user starts needs nothing but @x/lock', async () => {
  const lock = new Lock();
  const counter = new SharedArrayBuffer(4);
  const source = `
    import { parentPort, workerData } from 'node:worker_threads';
    import { fromShared } from ${JSON.stringify(lockUrl)};
    const { lock, counter } = fromShared(workerData);
    const words = new Int32Array(counter);
    for (let i = 0; i < 5000; i++) lock.with(() => { words[0]++; });
    parentPort.postMessage('done');`;
  const start = (): Promise<unknown> => {
    const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(source)}`), {
      workerData: toShared({ lock, counter }),
    });
    return new Promise((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
    });
  };
  const words = new Int32Array(counter);
  const mine = (async () => {
    for (let i = 0; i < 5000; i++) {
      await lock.acquireAsync();
      words[0]!++;
      lock.release();
    }
  })();
  await watch([lock], () => Promise.all([start(), start(), mine]));
  expect(words[0]).toBe(15_000);
});

test('a worker that was running before the first lock was made learns of it by the message', async () => {
  const source = `
    import { parentPort } from 'node:worker_threads';
    import { Lock, fromShared, toShared } from ${JSON.stringify(lockUrl)};
    const own = new Lock();
    own.acquire();
    parentPort.on('message', (message) => {
      const { lock } = fromShared(message);
      lock.acquire();
      parentPort.postMessage(toShared({ own, lock }));
      parentPort.close();
    });
    parentPort.postMessage('ready');`;
  // In a thread that knows no realm yet, so that the one it starts makes its own.
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(source)}`), {});
  await new Promise((resolve) => worker.once('message', resolve));
  const lock = new Lock();
  const answer = new Promise<unknown>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
  });
  worker.postMessage(toShared({ lock }));
  const back = fromShared<{ own: Lock; lock: Lock }>(await answer);
  expect(back.lock).toBe(lock);
  expect(lock.locked()).toBe(true);
  expect(back.own.locked()).toBe(true);
});

test('a lock goes to a sibling through a third thread, and from there to a thread below', async () => {
  const points = new Checkpoints();
  const first = startWorker(async () => {
    const { Lock } = (await import('@x/lock')) as { Lock: typeof import('@x/lock').Lock };
    return new Lock({ name: 'born in the first' });
  }, undefined);
  const lock = await first.result;
  lock.acquire();
  const second = startWorker(
    async ({ lock, url }: { lock: Lock; url: string }) => {
      const { Worker } = (await import('node:worker_threads')) as typeof import('node:worker_threads');
      const { toShared } = await import('@x/lock');
      const source = `
        import { workerData } from 'node:worker_threads';
        import { fromShared } from ${JSON.stringify(url)};
        const lock = fromShared(workerData);
        lock.acquire();
        lock.release();`;
      const below = new Worker(new URL(`data:text/javascript,${encodeURIComponent(source)}`), {
        workerData: toShared(lock),
      });
      return new Promise<number>((resolve, reject) => {
        below.once('exit', resolve);
        below.once('error', reject);
      });
    },
    { lock, url: lockUrl },
  );
  await untilSleeping(lock, 1);
  lock.release();
  expect(await watch([lock], () => second.result)).toBe(0);
  expect(points.count(0)).toBe(0);
  expect(lock.name).toBe('born in the first');
});

/** Not among the types of this repository, which has those of Node and not those of the web. */
declare const WebAssembly: {
  Memory: new (descriptor: { initial: number; maximum: number; shared: boolean }) => {
    readonly buffer: SharedArrayBuffer;
    grow(pages: number): number;
  };
};

const IN_MEMORY = [
  ['Lock', Lock, (options: object) => new Lock(options)],
  ['RLock', RLock, (options: object) => new RLock(options)],
  ['RWLock', RWLock, (options: object) => new RWLock(options).write],
] as const;

describe.each(IN_MEMORY)('%s in memory of the user', (_name, Class, make) => {
  const buffer = (extra = 0): SharedArrayBuffer => new SharedArrayBuffer(Class.BYTES + extra);

  test('two attachments are one lock', () => {
    const memory = buffer(64);
    const a = make({ buffer: memory, byteOffset: 64 });
    const b = make({ buffer: memory, byteOffset: 64 });
    a.acquire();
    expect(b.locked()).toBe(true);
    b.release();
    expect(a.locked()).toBe(false);
    // Nothing outside its own bytes was touched.
    expect(new Uint8Array(memory, 0, 64).every((byte) => byte === 0)).toBe(true);
  });

  test('a WebAssembly memory will do', () => {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 2, shared: true });
    const lock = make({ buffer: memory.buffer, byteOffset: 1024 });
    lock.acquire();
    memory.grow(1);
    const again = make({ buffer: memory.buffer, byteOffset: 1024 });
    expect(again.locked()).toBe(true);
    lock.release();
    expect(again.locked()).toBe(false);
  });

  test.each([
    ['an offset that is no multiple of 8', { byteOffset: 4 }, LayoutError],
    ['too little room', { byteOffset: 8 }, LayoutError],
    ['an offset beyond the end', { byteOffset: 1 << 20 }, LayoutError],
    ['a negative offset', { byteOffset: -8 }, RangeError],
    ['an offset that is no number', { byteOffset: '8' }, RangeError],
    ['a buffer that is not shared', { buffer: new ArrayBuffer(4096) }, TypeError],
    ['a view instead of a buffer', { buffer: new Uint8Array(4096) }, TypeError],
    ['an offset without a buffer', { buffer: undefined, byteOffset: 8 }, TypeError],
    ['a name that is no string', { name: 5 }, TypeError],
  ])('%s is refused', (_what, options, ErrorClass) => {
    const memory = buffer();
    expect(() => make({ buffer: memory, ...options })).toThrow(ErrorClass);
    expect(new Uint8Array(memory).every((byte) => byte === 0)).toBe(true);
  });

  test('memory that is not empty, or holds another kind or version, is refused and not overwritten', () => {
    for (const spoil of [
      (words: Int32Array) => (words[5] = 7),
      (words: Int32Array) => (words[0] = 12345),
      (words: Int32Array) => {
        new Condition(new Lock(), { buffer: words.buffer as SharedArrayBuffer });
      },
      (words: Int32Array) => {
        make({ buffer: words.buffer });
        words[0]!++;
      },
      (words: Int32Array) => {
        make({ buffer: words.buffer });
        words[2]!++;
      },
    ]) {
      const memory = buffer(Condition.BYTES);
      const words = new Int32Array(memory);
      spoil(words);
      const before = [...words];
      expect(() => make({ buffer: memory })).toThrow(LayoutError);
      expect([...words]).toEqual(before);
    }
  });

  test('the errors name the cause', () => {
    const memory = buffer();
    new Int32Array(memory)[0] = (0x5854 << 16) | (9 << 8) | 1;
    expect(() => make({ buffer: memory })).toThrow(/kind 9/);
    expect(() => make({ buffer: new SharedArrayBuffer(8) })).toThrow(`${Class.BYTES} bytes`);
  });

  test('several threads that attach to empty memory at the same time get one lock', async () => {
    for (let round = 0; round < 5; round++) {
      const memory = buffer();
      const points = new Checkpoints();
      const workers = [0, 1].map(() =>
        startWorker(
          async (
            { memory, name, points }: { memory: SharedArrayBuffer; name: string; points: SharedArrayBuffer },
            kit,
          ) => {
            const locks = (await import('@x/lock')) as unknown as Record<
              string,
              new (options: object) => { name: string }
            >;
            const gate = kit.checkpoints(points);
            gate.signal(0);
            gate.waitFor(0, 2);
            return new locks[name]!({ buffer: memory }).name;
          },
          { memory, name: Class.name, points: points.buffer },
        ),
      );
      const [a, b] = await Promise.all(workers.map((worker) => worker.result));
      expect(a).toBe(b);
    }
  });
});

test('a condition in memory of the user wants the lock it was made with', () => {
  const buffer = new SharedArrayBuffer(Condition.BYTES);
  const lock = new Lock();
  const condition = new Condition(lock, { buffer });
  const again = new Condition(lock, { buffer });
  again.with(() => expect(condition.locked()).toBe(true));
  expect(() => new Condition(new Lock(), { buffer })).toThrow(LayoutError);
  expect(() => new Condition(undefined, { buffer })).toThrow(LayoutError);
});

test('what is no lock cannot have a condition', () => {
  for (const wrong of [null, 5, {}, new Condition(), new RWLock().write]) {
    expect(() => new Condition(wrong as never)).toThrow(TypeError);
  }
});

test('recover is for abandoned locks', () => {
  const rw = new RWLock();
  for (const lock of [new Lock(), new RLock(), new Condition(), rw.write]) {
    expect(() => lock.recover()).toThrow(NotHeldError);
    lock.acquire();
    expect(() => lock.recover()).toThrow(NotHeldError);
    lock.release();
  }
});
