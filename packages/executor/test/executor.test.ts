import {
  BrokenExecutorError,
  CancelledError,
  DeadlockError,
  fromShared,
  ShutdownError,
  targetsFrom,
  TargetError,
  ThreadPoolExecutor,
  ThreadStateError,
  TimeoutError,
  TransferError,
} from '@x/executor';
import { Lock } from '@x/lock';
import { Thread } from '@x/thread';
import { random } from '@x/testkit';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { awaitWord, caught, guarded, occupy, pool, shared } from './pool.js';

const jobs = targetsFrom<typeof import('./programs/jobs.mjs')>(
  new URL('./programs/jobs.mjs', import.meta.url),
);

describe('submit', () => {
  it('gives the result to a thread that blocks', () => {
    expect(
      pool()
        .submit((a: number, b: number) => a + b, 2, 3)
        .result(),
    ).toBe(5);
  });

  it('gives the result to an event loop', async () => {
    await expect(pool().submit((a: number, b: number) => a + b, 2, 3)).resolves.toBe(5);
  });

  it('takes a description, with arguments', () => {
    const add = (a: number, b: number): number => a + b;
    expect(
      pool()
        .submit({ target: add, args: [2, 3] })
        .result(),
    ).toBe(5);
    expect(
      pool()
        .submit({ target: () => 'none' })
        .result(),
    ).toBe('none');
  });

  it('runs functions of modules', () => {
    expect(pool().submit(jobs.double, 21).result()).toBe(42);
  });

  it('awaits an async target, which occupies its worker until then', async () => {
    const executor = pool(1);
    const words = shared();
    const slow = executor.submit(async (order: Int32Array) => {
      await new Promise((resolve) => setTimeout(resolve, 30));
      return Atomics.add(order, 0, 1);
    }, words);
    const next = executor.submit((order: Int32Array) => Atomics.add(order, 0, 1), words);
    expect([await slow, await next]).toEqual([0, 1]);
  });

  it('copies arguments at once, also those that wait in this thread', () => {
    const executor = pool(1);
    const release = occupy(executor);
    const box = { n: 0 };
    const futures = Array.from({ length: 1200 }, (_, i) => {
      box.n = i;
      return executor.submit((inner: { n: number }) => inner.n, box);
    });
    box.n = -1;
    release();
    expect(futures.map((future) => future.result())).toEqual(Array.from({ length: 1200 }, (_, i) => i));
  });

  it.each<[string, unknown]>([
    ['a number', -0],
    ['NaN', NaN],
    ['undefined', undefined],
    ['null', null],
    ['a big integer', 2n ** 70n],
    ['a lone surrogate', '\ud800!'],
    ['a date', new Date(5)],
    ['a map of sets', new Map([['k', new Set([1, { deep: [true] }])]])],
    ['a sparse array', Object.assign([1], { 2: 3 })],
    ['a typed array', new Float64Array([1, 2, NaN])],
    ['more than a slot holds', 'x'.repeat(10_000)],
  ])('carries %s there and back', (_what, value) => {
    expect(
      pool(1)
        .submit((inner: unknown) => inner, value)
        .result(),
    ).toEqual(value);
  });

  it('carries numbers and values without content as they are, also through a full ring', () => {
    const executor = pool(1);
    const echo = (...args: unknown[]): unknown => (args.length === 1 ? args[0] : args);
    const values = [0, -0, NaN, -Infinity, 2 ** 53, 1.5, undefined, null, true, false];
    for (const value of values) expect(executor.submit(echo, value).result()).toBe(value);
    const lists = [[], [-0, NaN, 1e-300], Array.from({ length: 500 }, (_, i) => i / 7)];
    for (const list of lists) expect(executor.submit(echo, ...list).result()).toEqual(list);
    const reused = [0, 0];
    const futures = Array.from({ length: 3000 }, (_, i) => {
      reused[0] = i;
      return executor.submit({ target: echo, args: reused });
    });
    expect(futures.map((future) => (future.result() as number[])[0])).toEqual(futures.map((_, i) => i));
  });

  it('carries small objects of numbers as they are, whatever their keys', () => {
    const executor = pool(1);
    const seen = (value: object): unknown => [
      Object.entries(value),
      Object.getPrototypeOf(value) === Object.prototype,
    ];
    const withProto = JSON.parse('{"__proto__": 1, "x": 2}') as object;
    const values: object[] = [
      { a: 1, b: -0 },
      { b: NaN, a: Infinity },
      { a: 1, b: 'text' },
      { a: 1, b: 2, c: 3 },
      {},
      { 7: 1, 3: 2, constructor: 3, toString: 4 },
      withProto,
      {
        b: 6,
        get a() {
          return executor.submit(({ n, m }: Record<string, number>) => n! + m!, { n: 2, m: 3 }).result();
        },
        c: 7,
      },
      ...Array.from({ length: 40 }, (_, i) => ({ [`key${i}`]: i })),
      Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`k${i}`, i])),
    ];
    let reads = 0;
    const counted = {
      get n() {
        return ++reads;
      },
    };
    for (let round = 1; round <= 3; round++)
      expect(executor.submit((value: { n: number }) => value.n, counted).result()).toBe(round);
    for (let round = 0; round < 2; round++) {
      for (const value of values)
        expect(executor.submit(seen, value).result()).toEqual([Object.entries(value), true]);
    }
    const point = { x: 0, y: 1 };
    const futures = Array.from({ length: 3000 }, (_, i) => {
      point.x = i;
      return executor.submit((p: { x: number; y: number }) => p.x + p.y, point);
    });
    expect(futures.map((future) => future.result())).toEqual(futures.map((_, i) => i + 1));
    // From another thread, with keys that the owner has not used.
    const inner = (pool: ThreadPoolExecutor): number =>
      pool.submit((p: { u: number }) => p.u, { u: 4 }).result();
    expect(pool(2).submit(inner, executor).result()).toBe(4);
  });

  it('carries a megabyte there and back', () => {
    const bytes = Buffer.alloc(1 << 20, 'much');
    const back = pool(1)
      .submit((inner: Uint8Array) => inner, bytes)
      .result();
    expect(Buffer.compare(bytes, back)).toBe(0);
  });

  it('gives a result that is much larger than the arguments', () => {
    const result = pool(1)
      .submit((n: number) => new Uint8Array(n).fill(1), 300_000)
      .result();
    expect(result.length).toBe(300_000);
  });

  it('gives primitives and shared memory to the first task, before a worker has started', () => {
    const words = shared();
    pool(1).submit(jobs.incrementUnder, new Lock(), words).result();
    expect(words[0]).toBe(1000);
  });

  it('shares one lock between tasks', () => {
    const executor = pool(2);
    const lock = new Lock();
    const words = shared();
    const futures = Array.from({ length: 6 }, () => executor.submit(jobs.incrementUnder, lock, words));
    for (const future of futures) future.result();
    expect(words[0]).toBe(6000);
  });

  it('starts workers for another thread that submits first, while its own thread blocks and while it does not', async () => {
    for (const blocked of [true, false]) {
      const thread = new Thread({ target: jobs.sumOfSquares, args: [pool(1), 3] });
      thread.start();
      expect(blocked ? thread.result({ timeout: 5000 }) : await thread.resultAsync({ timeout: 5000 })).toBe(
        14,
      );
    }
  });

  it('begins a task although the worker before it, which was quick so far, is at a long one', () => {
    const executor = pool(2);
    const quick = (n: number): number => n;
    for (let round = 0; round < 30; round++) {
      // One worker becomes quick, the other one naps or sleeps.
      for (let n = 0; n < 40; n++) expect(executor.submit(quick, n).result()).toBe(n);
      const words = shared();
      const long = executor.submit((gate: Int32Array) => {
        Atomics.store(gate, 0, 1);
        Atomics.notify(gate, 0);
        while (Atomics.load(gate, 1) === 0) Atomics.wait(gate, 1, 0);
      }, words);
      awaitWord(words, 0, 1);
      executor.submit((gate: Int32Array) => {
        Atomics.store(gate, 1, 1);
        Atomics.notify(gate, 1);
      }, words);
      // Blocks without this package, which could help otherwise.
      awaitWord(words, 1, 1);
      long.result();
    }
  });

  it('moves what is in transfer, whether or not a worker is idle', () => {
    const executor = pool(1);
    for (const busy of [false, true]) {
      const release = busy ? occupy(executor) : () => undefined;
      const bytes = new Uint8Array(100_000).fill(3);
      const future = executor.submit({
        target: (inner: Uint8Array) => inner.length + inner[99_999]!,
        args: [bytes],
        transfer: [bytes.buffer],
      });
      expect(bytes.length).toBe(0);
      release();
      expect(future.result()).toBe(100_003);
    }
  });

  it('moves a message port', async () => {
    const { port1, port2 } = new MessageChannel();
    const answer = new Promise((resolve) => port1.once('message', resolve));
    const target = (port: { postMessage: (message: unknown) => void }): void => {
      port.postMessage('from the pool');
    };
    await pool(1).submit({ target, args: [port2], transfer: [port2] } as never);
    await expect(answer).resolves.toBe('from the pool');
    port1.close();
  });

  it('throws what the target threw, with class, cause and own properties', () => {
    const future = pool(1).submit(() => {
      throw Object.assign(new RangeError('too far', { cause: new TypeError('why') }), { extra: 7 });
    });
    const error = caught(() => future.result()) as RangeError & { extra: number };
    expect(error).toBeInstanceOf(RangeError);
    expect(error).toMatchObject({ message: 'too far', extra: 7 });
    expect(error.cause).toBeInstanceOf(TypeError);
    expect(future.exception()).toBe(error);
  });

  it('throws a value that is no error as it is, also from a promise', async () => {
    const executor = pool(1);
    await expect(
      executor.submit(async () => {
        throw { not: 'an error' };
      }),
    ).rejects.toEqual({ not: 'an error' });
  });

  it('names the variable from outside that a target uses', () => {
    const outside = 1;
    const error = caught(() =>
      pool(1)
        .submit(() => outside + 1)
        .result(),
    );
    expect(error).toBeInstanceOf(TargetError);
    expect(error.message).toContain('outside');
  });

  it('fails a task whose module or export is not there, and goes on', () => {
    const executor = pool(1);
    const missing = targetsFrom<{ f(): void }>(new URL('./programs/nothing.mjs', import.meta.url));
    expect(caught(() => executor.submit(missing.f).result())).toBeInstanceOf(TargetError);
    const none = targetsFrom<{ f(): void }>(new URL('./programs/jobs.mjs', import.meta.url));
    expect(caught(() => executor.submit(none.f).result())).toBeInstanceOf(TargetError);
    expect(executor.submit(() => 'still there').result()).toBe('still there');
  });

  it('names the argument that cannot travel, and takes nothing in', () => {
    const executor = pool(1);
    const error = caught(() => executor.submit((x: unknown) => x, { deep: [() => 1] }));
    expect(error).toBeInstanceOf(TransferError);
    expect(error.message).toContain('deep[0]');
    expect(executor.stats().pending).toBe(0);
  });

  it('fails with TransferError when the result cannot travel', () => {
    const error = caught(() =>
      pool(1)
        .submit(() => ({ f: () => 1 }))
        .result(),
    );
    expect(error).toBeInstanceOf(TransferError);
    expect(error.message).toContain('f');
  });

  it('refuses wrong arguments before anything happens', () => {
    const executor = pool(1);
    const wrong = executor as unknown as { submit(...args: unknown[]): unknown };
    expect(() => wrong.submit(3)).toThrow(TypeError);
    expect(() => wrong.submit({})).toThrow(TypeError);
    expect(() => wrong.submit({ target: () => 1, args: 3 })).toThrow(TypeError);
    expect(() => wrong.submit({ target: () => 1, timeout: -1 })).toThrow(RangeError);
    expect(() => wrong.submit({ target: () => 1, signal: {} })).toThrow(TypeError);
    expect(executor.stats()).toMatchObject({ workers: 0, pending: 0 });
  });
});

describe('a task that throws what throws at every look', () => {
  it('fails, and its worker goes on', () => {
    const executor = pool(1);
    const trapped = executor.submit(() => {
      const trap = (): never => {
        throw new Error('trapped');
      };
      throw new Proxy({}, { get: trap, has: trap, ownKeys: trap, getPrototypeOf: trap }) as unknown as Error;
    });
    expect(caught(() => trapped.result())).not.toBeInstanceOf(BrokenExecutorError);
    expect(() => trapped.result()).toThrow(/trapped/);
    expect(executor.submit((n: number) => n + 1, 1).result()).toBe(2);
  });
});

describe('a function that is too large for the table', () => {
  it('is refused, and leaves room for others', async () => {
    const executor = pool(1);
    const module = `data:text/javascript,export const large = () => '${'x'.repeat(300_000)}'.length;`;
    const { large } = (await import(module)) as { large: () => number };
    for (let i = 0; i < 2; i++) expect(() => executor.submit(large)).toThrow(ShutdownError);
    expect(executor.submit(() => 7).result()).toBe(7);
  });
});

describe('the workers', () => {
  it('are started when they are needed, and not more than that', () => {
    const executor = pool(4);
    expect(executor.stats().workers).toBe(0);
    for (let i = 0; i < 5; i++) executor.submit(() => 1).result();
    expect(executor.stats().workers).toBe(1);
    const release = occupy(executor, 3);
    expect(executor.stats()).toMatchObject({ workers: 3, busy: 3, idle: 0 });
    release();
  });

  it('have the names that Python gives them', () => {
    const executor = pool(1, { threadNamePrefix: 'crew' });
    expect(executor.submit(jobs.threadName).result()).toBe('crew_0');
    expect(pool(1).submit(jobs.threadName).result()).toMatch(/^ThreadPoolExecutor-\d+_0$/);
  });

  it('run tasks in the order of submission', () => {
    const executor = pool(1);
    const words = shared(3001);
    const futures = Array.from({ length: 3000 }, (_, i) =>
      executor.submit(
        (log: Int32Array, n: number) => {
          log[Atomics.add(log, 0, 1) + 1] = n;
        },
        words,
        i,
      ),
    );
    for (const future of futures) future.result();
    expect([...words.subarray(1)]).toEqual(Array.from({ length: 3000 }, (_, i) => i));
  });

  it('go on with what is behind a long task', () => {
    const executor = pool(2);
    const release = occupy(executor);
    const futures = Array.from({ length: 3000 }, (_, i) => executor.submit((n: number) => n, i));
    expect(futures.map((future) => future.result()).length).toBe(3000);
    release();
  });

  it('let a timer that a task has left behind fire while they are idle', async () => {
    const executor = pool(1);
    const words = shared();
    executor
      .submit((flag: Int32Array) => {
        setTimeout(() => {
          Atomics.store(flag, 0, 1);
          Atomics.notify(flag, 0);
        }, 60);
      }, words)
      .result();
    awaitWord(words, 0, 1);
    expect(executor.submit(() => 'and goes on').result()).toBe('and goes on');
  });

  it('are replaced after maxTasksPerWorker tasks, also when their records are used again', async () => {
    const executor = pool(1, { maxTasksPerWorker: 1 });
    // More than there are records for one worker; each has ended before the next one starts.
    for (let n = 0; n < 14; n++) {
      expect(await executor.submit((value: number) => value, n)).toBe(n);
      await expect.poll(() => executor.stats().workers, { timeout: 5000 }).toBe(0);
    }
  });

  it('are replaced after maxTasksPerWorker tasks', () => {
    const executor = pool(1, { maxTasksPerWorker: 2, threadNamePrefix: 'short' });
    const names = Array.from({ length: 5 }, () => executor.submit(jobs.threadName).result());
    expect(names).toEqual(['short_0', 'short_0', 'short_1', 'short_1', 'short_2']);
  });

  it('become more and fewer by resize', async () => {
    const executor = pool(1);
    const release = occupy(executor);
    const waiting = executor.submit(() => 'ran');
    executor.resize(2);
    expect(waiting.result({ timeout: 5000 })).toBe('ran');
    release();
    executor.resize(1);
    await expect.poll(() => executor.stats().workers, { timeout: 5000 }).toBe(1);
    expect(executor.submit(() => 'still').result()).toBe('still');
    expect(() => {
      executor.resize(0);
    }).toThrow(RangeError);
  });

  it('call the initializer first, with its arguments', () => {
    const initializer = (value: number): void => {
      (globalThis as { prepared?: number }).prepared = value;
    };
    const executor = pool(2, { initializer, initargs: [7] });
    expect(executor.submit(() => (globalThis as { prepared?: number }).prepared).result()).toBe(7);
  });

  it('break the pool when the initializer throws, and every future says why', async () => {
    const gate = shared();
    const initializer = (words: Int32Array): void => {
      Atomics.wait(words, 0, 0, 5000);
      throw new RangeError('not today');
    };
    const executor = pool(2, { initializer, initargs: [gate] });
    const futures = Array.from({ length: 1500 }, () => executor.submit(() => 1));
    Atomics.store(gate, 0, 1);
    Atomics.notify(gate, 0);
    for (const future of futures) {
      const error = await future.catch((reason: unknown) => reason as BrokenExecutorError);
      expect(error).toBeInstanceOf(BrokenExecutorError);
      expect((error as Error).message).toContain('not today');
      expect((error as Error).cause).toBeInstanceOf(RangeError);
    }
    expect(caught(() => executor.submit(() => 1))).toBeInstanceOf(BrokenExecutorError);
  });

  it('say so to a blocked thread, too, when the initializer throws', () => {
    const executor = pool(1, {
      initializer: () => {
        throw new Error('no');
      },
    });
    expect(caught(() => executor.submit(() => 1).result({ timeout: 5000 }))).toBeInstanceOf(
      BrokenExecutorError,
    );
  });
});

describe('shutdown', () => {
  it('waits for all tasks, refuses new ones and can be called again', () => {
    const executor = pool(2);
    const words = shared();
    for (let i = 0; i < 2000; i++) executor.submit((count: Int32Array) => Atomics.add(count, 0, 1), words);
    executor.shutdown();
    expect(words[0]).toBe(2000);
    expect(executor.stats().workers).toBe(0);
    expect(caught(() => executor.submit(() => 1))).toBeInstanceOf(ShutdownError);
    executor.shutdown();
  });

  it('waits without blocking', async () => {
    const executor = pool(1);
    const future = executor.submit(() => new Promise((resolve) => setTimeout(resolve, 20, 'slow')));
    await executor.shutdownAsync();
    expect(future.done()).toBe(true);
    expect(executor.stats().workers).toBe(0);
  });

  it('cancels what was not begun, with cancelFutures', () => {
    const executor = pool(1);
    const release = occupy(executor);
    const futures = Array.from({ length: 1500 }, () => executor.submit(() => 1));
    executor.shutdown({ wait: false, cancelFutures: true });
    expect(futures.every((future) => future.cancelled())).toBe(true);
    expect(caught(() => futures[0]!.result())).toBeInstanceOf(CancelledError);
    release();
    executor.shutdown();
  });

  it('of an executor without a task is at once', () => {
    const executor = new ThreadPoolExecutor();
    executor.shutdown();
    expect(String(executor)).toContain('shut down');
  });

  it('happens at the end of a block with using', () => {
    let future;
    {
      using executor = new ThreadPoolExecutor({ maxWorkers: 1 });
      future = executor.submit(() => 'ran');
    }
    expect(future.done()).toBe(true);
  });

  it('with wait is refused in a task of the executor', async () => {
    const executor = pool(1);
    const error = await executor
      .submit((own: ThreadPoolExecutor) => {
        own.shutdown();
      }, executor)
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ThreadStateError);
    expect(executor.submit(() => 'open').result()).toBe('open');
  });

  it('by a task refuses what the creator submits afterwards', () => {
    const executor = pool(1);
    executor
      .submit((own: ThreadPoolExecutor) => {
        own.shutdown({ wait: false });
      }, executor)
      .result();
    expect(caught(() => executor.submit(() => 1))).toBeInstanceOf(ShutdownError);
  });
});

describe('an executor whose thread was terminated', () => {
  it('is over for those who wait for its end in other threads', () =>
    guarded(async () => {
      const { port1, port2 } = new MessageChannel();
      const thread = new Thread({
        target: async (out: MessagePort) => {
          const { ThreadPoolExecutor: Executor, toShared: share } = await import('@x/executor');
          const made = new Executor({ maxWorkers: 1 });
          made.submit(() => 1).result();
          out.postMessage(share(made));
          Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
        },
        args: [port2],
        transfer: [port2],
      });
      thread.start();
      const message = await new Promise((resolve) => port1.once('message', resolve));
      port1.close();
      const executor = fromShared<ThreadPoolExecutor>(message);
      expect(executor.submit(() => 2).result()).toBe(2);
      thread.terminate();
      thread.join();
      executor.shutdown();
      await executor.shutdownAsync();
    }));
});

describe('an executor passed to its own tasks', () => {
  it('is an executor there', () => {
    const executor = pool(2);
    expect(executor.submit(jobs.same, executor).result()).toBe(true);
  });

  it('takes tasks from them, blocking and async, while its creator blocks', () => {
    const executor = pool(3);
    expect(executor.submit(jobs.sumOfSquares, executor, 200).result()).toBe(2_686_700);
    expect(executor.submit(jobs.sumOfSquaresAsync, executor, 200).result()).toBe(2_686_700);
  });

  it('takes tasks from two threads at once, each gets its own results', async () => {
    const executor = pool(4);
    const inner = [1, 2].map(() => executor.submit(jobs.sumOfSquares, executor, 500));
    const own = Array.from({ length: 2000 }, (_, i) => executor.submit((n: number) => n, i));
    expect(await Promise.all(own)).toEqual(Array.from({ length: 2000 }, (_, i) => i));
    expect(await Promise.all(inner)).toEqual([41_791_750, 41_791_750]);
  });

  it('carries what does not fit a slot to and from them', () => {
    const executor = pool(2);
    const bytes = new Uint8Array(20_000).fill(9);
    expect(executor.submit(jobs.echoThrough, executor, bytes).result()).toEqual(bytes);
  });

  it('throws DeadlockError in a task that waits for a task of the same full pool', () =>
    guarded(() => {
      const executor = pool(1);
      const error = caught(() => executor.submit(jobs.waitForOwnPool, executor).result());
      expect(error).toBeInstanceOf(DeadlockError);
      expect(executor.submit(() => 'free again').result()).toBe('free again');
    }));

  it('rejects with DeadlockError in tasks that await tasks of the same full pool', () =>
    guarded(async () => {
      const executor = pool(2);
      const words = shared();
      const futures = [1, 2].map(() => executor.submit(jobs.awaitOwnPool, executor, words, 2));
      const outcomes = await Promise.allSettled(futures);
      expect(outcomes.some(({ status }) => status === 'rejected')).toBe(true);
      for (const outcome of outcomes) {
        if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(DeadlockError);
        else expect(outcome.value).toBe('inner');
      }
      expect(executor.submit(() => 'free again').result()).toBe('free again');
    }));

  it('lets a task that awaits one of the same full pool go on by what else it awaits', () =>
    guarded(() => {
      const executor = pool(1);
      expect(executor.submit(jobs.awaitOwnPoolOr, executor, 400).result()).toBe('timer');
    }));

  it('throws no DeadlockError while a worker is left', () => {
    const executor = pool(2);
    const release = occupy(executor);
    const future = executor.submit(jobs.waitForOwnPool, executor);
    expect(() => future.result({ timeout: 700 })).toThrow(TimeoutError);
    release();
    expect(future.result({ timeout: 5000 })).toBe('inner');
  });
});

describe('much at once', () => {
  it('keeps results in order when both sides are full', async () => {
    const executor = pool(2);
    const numbers = random(1);
    const sizes = Array.from({ length: 5000 }, () => (numbers.chance(0.05) ? 3000 : numbers.int(0, 49)));
    const futures = sizes.map((size) => executor.submit((n: number) => 'r'.repeat(n), size));
    const results = await Promise.all(futures);
    expect(results.map((text) => text.length)).toEqual(sizes);
  });

  it('goes on after a worker has blocked for a while', () => {
    const executor = pool(2);
    const words = shared();
    const slow = executor.submit((w: Int32Array) => Atomics.wait(w, 0, 0, 600), words);
    const quick = Array.from({ length: 100 }, (_, i) => executor.submit((n: number) => n, i));
    expect(quick.map((future) => future.result()).length).toBe(100);
    expect(slow.done()).toBe(false);
    expect(slow.result()).toBe('timed-out');
  });
});
