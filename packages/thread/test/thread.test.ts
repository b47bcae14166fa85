import { Lock } from '@x/lock';
import {
  TargetError,
  Thread,
  ThreadLocal,
  ThreadStateError,
  TimeoutError,
  Timer,
  TransferError,
  isMainThread,
  setExcepthook,
  sleep,
  sleepAsync,
  targetsFrom,
  threadWithIdent,
  toShared,
  type ExcepthookArgs,
  type ThreadHandle,
} from '@x/thread';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

/** Errors of threads that a test provokes, instead of on the standard error. */
let reported: ExcepthookArgs[] = [];

beforeEach(() => {
  reported = [];
  setExcepthook((args) => reported.push(args));
});
afterEach(() => {
  setExcepthook(undefined);
});

const started = <T extends Thread>(thread: T): T => {
  thread.start();
  return thread;
};

const code = (error: unknown): unknown => (error as { code?: unknown }).code;

function caught(action: () => unknown): Error & { code?: string } {
  try {
    action();
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was thrown');
}

describe('a thread', () => {
  it('gives the result of its target, each time the same object', () => {
    const thread = started(new Thread({ target: (a: number, b: number) => ({ sum: a + b }), args: [2, 3] }));
    expect(thread.result()).toEqual({ sum: 5 });
    expect(thread.result()).toBe(thread.result());
  });

  it('gives what the promise of its target resolves to', async () => {
    const target = async (n: number): Promise<number> => {
      await new Promise((resolve) => setTimeout(resolve, 1));
      return n + 1;
    };
    const thread = started(new Thread({ target, args: [1] }));
    await expect(thread.resultAsync()).resolves.toBe(2);
  });

  it('throws what its target threw, with class, cause and own properties', () => {
    const target = (): never => {
      throw Object.assign(new RangeError('too far', { cause: new TypeError('why') }), { code: 7 });
    };
    const error = caught(() => started(new Thread({ target })).result()) as RangeError;
    expect(error).toBeInstanceOf(RangeError);
    expect(error.message).toBe('too far');
    expect(error.cause).toBeInstanceOf(TypeError);
    expect(code(error)).toBe(7);
  });

  it('throws a value that is no error as it is', () => {
    const thread = started(
      new Thread({
        target: () => {
          throw { not: 'an error' };
        },
      }),
    );
    expect(() => thread.result()).toThrow(expect.objectContaining({ not: 'an error' }));
  });

  it('has a name from its number and target, or the given one, and may be renamed', () => {
    function work(): void {
      // Only its name matters.
    }
    const first = new Thread({ target: work });
    const second = new Thread({ target: work });
    const number = (thread: Thread): number => Number(/^Thread-(\d+) \(work\)$/.exec(thread.name)?.[1]);
    expect(number(second)).toBe(number(first) + 1);
    expect(new Thread({ target: work, name: 'loader' }).name).toBe('loader');
    first.name = 'renamed';
    first.start();
    first.join();
    expect(first.name).toBe('renamed');
    expect(caught(() => (first.name = 3 as unknown as string))).toBeInstanceOf(TypeError);
  });

  it('has an ident from its start on, and says in words how it is', () => {
    const thread = new Thread({ name: 'worker', target: () => undefined, daemon: true });
    expect(thread.ident).toBeUndefined();
    expect(thread.isAlive()).toBe(false);
    expect(String(thread)).toBe('<Thread(worker, initial daemon)>');
    thread.start();
    expect(thread.ident).toBeGreaterThan(0);
    thread.join();
    expect(String(thread)).toBe(`<Thread(worker, stopped daemon ${thread.ident})>`);
    expect(thread.isAlive()).toBe(false);
  });

  it('is a daemon if told so before its start, and inherits it from its creator', () => {
    const thread = new Thread({ target: () => undefined });
    expect(thread.daemon).toBe(false);
    thread.daemon = true;
    thread.start();
    expect(thread.daemon).toBe(true);
    expect(() => (thread.daemon = false)).toThrow(ThreadStateError);
    thread.join();
    const target = async (): Promise<boolean> => {
      const { Thread } = await import('@x/thread');
      return new Thread({ target: () => undefined }).daemon;
    };
    expect(started(new Thread({ target, daemon: true })).result()).toBe(true);
    expect(started(new Thread({ target })).result()).toBe(false);
  });

  it('says that it is not the main thread', () => {
    const target = async (): Promise<boolean> => (await import('@x/thread')).isMainThread;
    // The test runner's own process may run tests in its main thread or not.
    expect(typeof isMainThread).toBe('boolean');
    expect(started(new Thread({ target })).result()).toBe(false);
  });

  it('passes locks as the same lock, at any depth, in arguments and results', () => {
    const lock = new Lock();
    const target = (options: { locks: Map<string, Lock> }): [Lock, boolean] => {
      const shared = options.locks.get('a')!;
      return [shared, shared.tryAcquire()];
    };
    const thread = started(new Thread({ target, args: [{ locks: new Map([['a', lock]]) }] }));
    const [returned, acquired] = thread.result();
    expect(returned).toBe(lock);
    expect(acquired).toBe(true);
    expect(lock.locked()).toBe(true);
  });

  it('moves what transfer names', () => {
    const buffer = new ArrayBuffer(16);
    const thread = new Thread({
      target: (bytes: ArrayBuffer) => bytes.byteLength,
      args: [buffer],
      transfer: [buffer],
    });
    thread.start();
    expect(buffer.byteLength).toBe(0);
    expect(thread.result()).toBe(16);
  });

  it('ends with an error that tells why when its promise can never settle', () => {
    const thread = started(new Thread({ target: () => new Promise<void>(() => undefined) }));
    expect(() => thread.result()).toThrow(/can never settle/);
  });

  it('reports a result that cannot travel by its path', () => {
    const target = (): unknown => ({ list: [1, () => 1] });
    expect(caught(() => started(new Thread({ target })).result()).message).toMatch(
      /^result\.list\[1\] is a function/,
    );
  });

  it('knows its own name, however long', () => {
    const name = 'n'.repeat(300);
    const words = new Int32Array(new SharedArrayBuffer(4));
    const target = async (shared: Int32Array): Promise<string | undefined> => {
      Atomics.wait(shared, 0, 0);
      return (await import('@x/thread')).threadWithIdent(shared[0]!)?.name;
    };
    const thread = started(new Thread({ target, args: [words], name }));
    Atomics.store(words, 0, thread.ident!);
    Atomics.notify(words, 0);
    expect(thread.result()).toBe(name);
  });
});

describe('waiting for a thread', () => {
  it('is over in time, and may be repeated', () => {
    const thread = started(new Thread({ target: () => new Promise((resolve) => setTimeout(resolve, 200)) }));
    expect(thread.join({ timeout: 0 })).toBe(false);
    expect(thread.join({ timeout: 5 })).toBe(false);
    expect(() => thread.result({ timeout: 5 })).toThrow(TimeoutError);
    expect(thread.join()).toBe(true);
    expect(thread.join({ timeout: 0 })).toBe(true);
  });

  it('works without blocking, with time-out and signal', async () => {
    const thread = started(new Thread({ target: () => new Promise((resolve) => setTimeout(resolve, 200)) }));
    await expect(thread.joinAsync({ timeout: 5 })).resolves.toBe(false);
    await expect(thread.resultAsync({ timeout: 5 })).rejects.toBeInstanceOf(TimeoutError);
    const reason = new Error('enough');
    await expect(thread.joinAsync({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    await expect(Promise.all([thread.joinAsync(), thread.joinAsync()])).resolves.toEqual([true, true]);
    await expect(thread.joinAsync({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  it('is refused before the start, for itself, and with a wrong timeout', async () => {
    const thread = new Thread({ target: () => undefined });
    expect(() => thread.join()).toThrow(ThreadStateError);
    expect(() => thread.result()).toThrow(ThreadStateError);
    await expect(thread.joinAsync()).rejects.toBeInstanceOf(ThreadStateError);
    thread.start();
    expect(() => thread.join({ timeout: -1 })).toThrow(RangeError);
    expect(() => thread.join({ timeout: '1' as unknown as number })).toThrow(TypeError);
    await expect(thread.joinAsync({ timeout: NaN })).rejects.toBeInstanceOf(RangeError);
    thread.join();
    const target = async (): Promise<string> => {
      const { Thread, threadWithIdent, ThreadStateError } = await import('@x/thread');
      const other = new Thread({ target: () => undefined });
      other.start();
      other.join();
      // Ids are given in turn, so this thread's is not far before that of the one it has started.
      for (let ident = other.ident!; ident > 1024; ident--) {
        try {
          threadWithIdent(ident)?.join({ timeout: 0 });
        } catch (error) {
          return error instanceof ThreadStateError ? error.message : String(error);
        }
      }
      return 'never refused';
    };
    expect(started(new Thread({ target })).result()).toMatch(/cannot wait for its own end/);
  });
});

describe('a mistake', () => {
  it('of starting twice is told', () => {
    const thread = started(new Thread({ target: () => undefined }));
    expect(() => {
      thread.start();
    }).toThrow(ThreadStateError);
    thread.join();
    expect(() => {
      thread.start();
    }).toThrow(ThreadStateError);
  });

  it.each([
    ['a target that is no function', { target: 3 }, TypeError],
    ['no target', {}, TypeError],
    ['arguments that are no array', { target: () => 1, args: 1 }, TypeError],
    ['a name that is no string', { target: () => 1, name: 1 }, TypeError],
    ['a daemon that is no boolean', { target: () => 1, daemon: 'yes' }, TypeError],
    ['a signal that is none', { target: () => 1, signal: {} }, TypeError],
    ['an unknown stdio', { target: () => 1, stdio: 'no' }, TypeError],
    ['a native function', { target: Math.max }, TargetError],
    ['a bound function', { target: (() => 1).bind(null) }, TargetError],
    [
      'a class',
      {
        target: class Nothing {
          readonly nothing = 0;
        },
      },
      TargetError,
    ],
  ])('in the constructor is told: %s', (_title, options, expected) => {
    expect(() => new Thread(options as never)).toThrow(expected);
  });

  it('in the arguments is told by path at the start, and nothing is started', () => {
    const proxy = new Proxy({}, {});
    for (const [args, message] of [
      [[1, { onDone: () => 1 }], /^args\[1\]\.onDone is a function/],
      [[Symbol('s')], /^args\[0\] is a symbol/],
      [[{ deep: [proxy] }], /^args\[0\]\.deep\[0\] cannot travel/],
    ] as const) {
      const thread = new Thread({ target: (...all: unknown[]) => all.length, args: [...args] });
      const error = caught(() => {
        thread.start();
      });
      expect(error).toBeInstanceOf(TransferError);
      expect(error.message).toMatch(message);
      expect(thread.ident).toBeUndefined();
      expect(thread.isAlive()).toBe(false);
    }
  });

  it('of using an outside variable is told by the result and the excepthook', async () => {
    const outside = 5;
    const thread = started(new Thread({ target: () => outside + 1 }));
    const error = caught(() => thread.result());
    expect(error).toBeInstanceOf(TargetError);
    expect(error.message).toMatch(/uses the variable outside from outside.*pass it in args/);
    await thread.joinAsync();
    expect(reported.map(({ error }) => code(error))).toEqual(['ERR_TARGET']);
  });

  it('is not blamed on the target when a module that it calls makes it', () => {
    const target = async (): Promise<void> => {
      const { callsMissing } = await import('./programs/jobs.mjs');
      callsMissing();
    };
    const error = caught(() => started(new Thread({ target })).result());
    expect(error).toBeInstanceOf(ReferenceError);
  });

  it('of naming a module or export that is not there is told', () => {
    const nowhere = targetsFrom<{ run(): void }>(new URL('./programs/nowhere.mjs', import.meta.url));
    expect(caught(() => started(new Thread({ target: nowhere.run })).result())).toBeInstanceOf(TargetError);
    const jobs = targetsFrom<{ missing(): void }>(new URL('./programs/jobs.mjs', import.meta.url));
    const error = caught(() => started(new Thread({ target: jobs.missing })).result());
    expect(error).toBeInstanceOf(TargetError);
    expect(error.message).toMatch(/export missing .* is not there/);
  });
});

describe('a target', () => {
  it('of a module runs there, and cannot be called here', () => {
    const jobs = targetsFrom<typeof import('./programs/jobs.mjs')>(
      new URL('./programs/jobs.mjs', import.meta.url),
    );
    const thread = started(new Thread({ target: jobs.double, args: [21] }));
    expect(thread.result()).toBe(42);
    expect(thread.name).toMatch(/\(double\)$/);
    expect(() => jobs.double(1)).toThrow(TargetError);
  });

  it('imports relative to the file it was written in', () => {
    const target = async (): Promise<number> => (await import('./programs/jobs.mjs')).double(4);
    expect(started(new Thread({ target })).result()).toBe(8);
  });

  it('knows the primitives that come over a port in its arguments, though none are in these', () => {
    const lock = new Lock();
    const { port1, port2 } = new MessageChannel();
    port1.postMessage(toShared({ lock }));
    const fromPort = async (port: InstanceType<typeof MessagePort>): Promise<boolean> => {
      const [{ fromShared: receive }, { receiveMessageOnPort }] = await Promise.all([
        import('@x/thread'),
        import('node:worker_threads'),
      ]);
      const { message } = receiveMessageOnPort(port) as { message: unknown };
      return receive<{ lock: Lock }>(message).lock.tryAcquire();
    };
    const thread = started(new Thread({ target: fromPort, args: [port2], transfer: [port2] }));
    expect(thread.result()).toBe(true);
    port1.close();
  });

  it('without primitives in its arguments runs where nothing of them is loaded', () => {
    const kinds = (): number =>
      (globalThis as unknown as Record<symbol, Map<number, unknown> | undefined>)[Symbol.for('@x/core:kinds')]
        ?.size ?? 0;
    expect(kinds()).toBeGreaterThan(0);
    expect(started(new Thread({ target: kinds })).result()).toBe(0);
  });

  it('may be a method, a generator or a getter', () => {
    /* eslint-disable @typescript-eslint/unbound-method -- methods as targets are what this is about */
    const object = {
      method(n: number) {
        return n + 1;
      },
      async later(n: number) {
        return Promise.resolve(n + 2);
      },
    };
    expect(started(new Thread({ target: object.method, args: [1] })).result()).toBe(2);
    expect(started(new Thread({ target: object.later, args: [1] })).result()).toBe(3);
    /* eslint-enable @typescript-eslint/unbound-method */
  });
});

describe('terminate', () => {
  it('ends an endless loop; the result says so', () => {
    const thread = started(
      new Thread({
        name: 'loop',
        target: () => {
          for (;;);
        },
      }),
    );
    thread.terminate();
    expect(thread.join()).toBe(true);
    const error = caught(() => thread.result());
    expect(error).toBeInstanceOf(ThreadStateError);
    expect(error.message).toMatch(/^loop was terminated/);
    thread.terminate();
  });

  it('is refused before the start', () => {
    expect(() => {
      new Thread({ target: () => undefined }).terminate();
    }).toThrow(ThreadStateError);
  });

  it('works from a sibling, while the starting thread is blocked', () => {
    const victim = started(
      new Thread({
        target: () => {
          for (;;);
        },
      }),
    );
    const target = (other: ThreadHandle): boolean => {
      other.terminate();
      return other.join({ timeout: 5000 });
    };
    expect(started(new Thread({ target, args: [victim] })).result()).toBe(true);
    expect(victim.isAlive()).toBe(false);
  });

  it('asks for the end of its worker once, however often it is called', async () => {
    const warnings: Error[] = [];
    const onWarning = (warning: Error): void => void warnings.push(warning);
    process.on('warning', onWarning);
    const words = new Int32Array(new SharedArrayBuffer(4));
    const target = (words: Int32Array): void => {
      Atomics.store(words, 0, 1);
      for (;;);
    };
    const thread = started(new Thread({ target, args: [words] }));
    while (Atomics.load(words, 0) === 0) sleep(5);
    for (let i = 0; i < 20; i++) thread.terminate();
    expect(await thread.joinAsync()).toBe(true);
    await sleepAsync(1);
    process.off('warning', onWarning);
    expect(warnings).toEqual([]);
  });
});

describe('a thread passed to another', () => {
  it('can be joined there, and comes back as the same object', () => {
    const thread = started(
      new Thread({ name: 'slow', target: () => new Promise((resolve) => setTimeout(resolve, 50)) }),
    );
    const target = (other: ThreadHandle): [ThreadHandle, string, boolean, boolean] => [
      other,
      other.name,
      other.join(),
      other.isAlive(),
    ];
    const [handle, ...rest] = started(new Thread({ target, args: [thread] })).result();
    expect(handle).toBe(thread);
    expect(rest).toEqual(['slow', true, false]);
  });

  it('must have been started', () => {
    const thread = new Thread({ target: () => undefined });
    const joiner = new Thread({ target: (other: ThreadHandle) => other.join(), args: [thread] });
    expect(() => {
      joiner.start();
    }).toThrow(TransferError);
  });
});

describe('code that runs while a thread is started', () => {
  it('may fire the signal of the thread', async () => {
    const controller = new AbortController();
    const args: [{ readonly n: number }] = [
      {
        get n() {
          controller.abort(new Error('early'));
          return 1;
        },
      },
    ];
    const thread = started(
      new Thread({
        signal: controller.signal,
        args,
        target: async (_given: { readonly n: number }) => {
          const { sleep: pause } = await import('@x/thread');
          pause(60_000);
        },
      }),
    );
    await expect(thread.resultAsync({ timeout: 5000 })).rejects.toThrow('early');
  });

  it('cannot start it a second time', () => {
    let again = true;
    const thread: Thread = new Thread({
      args: [
        {
          get n() {
            if (again) {
              again = false;
              thread.start();
            }
            return 1;
          },
        },
      ],
      target: ({ n }: { n: number }) => n,
    });
    expect(() => {
      thread.start();
    }).toThrow(ThreadStateError);
    expect(thread.result({ timeout: 5000 })).toBe(1);
  });
});

describe('a class that one side alone has registered', () => {
  it('as an error is told to the excepthook as what cannot be read', async () => {
    const thread = started(
      new Thread({
        target: async () => {
          const { registerClass } = await import('@x/core');
          class Unknown {
            n = 1;
          }
          registerClass(Unknown);
          throw new Unknown();
        },
      }),
    );
    await expect(thread.resultAsync({ timeout: 5000 })).rejects.toBeInstanceOf(TransferError);
    await expect.poll(() => reported.length, { timeout: 5000 }).toBe(1);
    expect(reported[0]!.error).toBeInstanceOf(TransferError);
  });
});

describe('a thread that has yet to begin', () => {
  it('ends with the one that started it, also for one who blocks', () => {
    const words = new Int32Array(new SharedArrayBuffer(8));
    const starter = started(
      new Thread({
        args: [words],
        target: async (inner: Int32Array) => {
          const { Thread: Inner } = await import('@x/thread');
          const child = new Inner({ args: [inner], target: (gate: Int32Array) => Atomics.wait(gate, 0, 0) });
          child.start();
          Atomics.store(inner, 1, child.ident!);
          Atomics.notify(inner, 1);
          Atomics.wait(inner, 0, 0);
        },
      }),
    );
    Atomics.wait(words, 1, 0, 10_000);
    const child = threadWithIdent(Atomics.load(words, 1))!;
    starter.terminate();
    expect(child.join({ timeout: 5000 })).toBe(true);
    expect(starter.join({ timeout: 5000 })).toBe(true);
  });
});

describe('the excepthook', () => {
  it('is called inside join, with the error and the thread', () => {
    const thread = started(
      new Thread({
        target: () => {
          throw new RangeError('oh');
        },
      }),
    );
    thread.join();
    expect(reported).toHaveLength(1);
    expect(reported[0]!.error).toBeInstanceOf(RangeError);
    expect(reported[0]!.thread).toBe(thread);
  });

  it('serves the threads that its threads start', async () => {
    const target = async (): Promise<void> => {
      const { Thread } = await import('@x/thread');
      const inner = new Thread({
        name: 'inner',
        target: () => {
          throw new Error('deep');
        },
      });
      inner.start();
      await inner.joinAsync();
    };
    await started(new Thread({ target })).joinAsync();
    await sleepAsync(20);
    expect(reported.map(({ error, thread }) => [String(error), thread.name])).toEqual([
      ['Error: deep', 'inner'],
    ]);
  });

  it('of the thread itself comes first', () => {
    const target = async (words: Int32Array): Promise<void> => {
      const { setExcepthook } = await import('@x/thread');
      setExcepthook(() => {
        words[0] = 1;
      });
      throw new Error('own');
    };
    const words = new Int32Array(new SharedArrayBuffer(4));
    started(new Thread({ target, args: [words] })).join();
    expect(words[0]).toBe(1);
    expect(reported).toEqual([]);
  });

  it('is given back when another is set', () => {
    const hook = (): void => undefined;
    setExcepthook(hook);
    expect(setExcepthook(undefined)).toBe(hook);
    expect(() => setExcepthook(3 as never)).toThrow(TypeError);
  });
});

describe('a timer', () => {
  it('runs its target after the interval', () => {
    const before = performance.now();
    const timer = new Timer(30, (a: number) => a * 2, [4]);
    timer.start();
    expect(timer.result()).toBe(8);
    expect(performance.now() - before).toBeGreaterThanOrEqual(29);
  });

  it('can be cancelled before it runs, also before it is started', () => {
    for (const early of [true, false]) {
      const timer = new Timer(60_000, () => 'ran', []);
      if (early) timer.cancel();
      timer.start();
      timer.cancel();
      expect(timer.result()).toBeUndefined();
    }
  });

  it('refuses a wrong interval', () => {
    expect(() => new Timer(-1, () => undefined)).toThrow(RangeError);
    expect(() => new Timer('1' as never, () => undefined)).toThrow(TypeError);
  });
});

describe('limits of memory', () => {
  it.each([
    [{ maxOldGenerationSizeMb: 2 }, RangeError],
    [{ maxOldGenerationSizeMb: NaN }, RangeError],
    [{ stackSizeMb: 0.2 }, RangeError],
    [{ maxYoungGenerationSizeMb: 0 }, RangeError],
    [{ codeRangeSizeMb: '1' as never }, TypeError],
  ])('%o would end the whole process, or say nothing', (resourceLimits, error) => {
    expect(() => new Thread({ target: () => undefined, resourceLimits })).toThrow(error);
  });

  it('leave room for a thread', () => {
    const resourceLimits = {
      maxOldGenerationSizeMb: 32,
      stackSizeMb: 1,
      maxYoungGenerationSizeMb: undefined,
    };
    expect(started(new Thread({ target: () => 'ran', resourceLimits })).result()).toBe('ran');
  });
});

describe('a result that this thread cannot read', () => {
  it('is a TransferError, each time, blocking or not', async () => {
    // A thread has four times the stack of the main one.
    const target = (): unknown => {
      let value: unknown = 1;
      for (let n = 0; n < 6000; n++) value = [value];
      return value;
    };
    const blocking = started(new Thread({ target }));
    expect(() => blocking.result()).toThrow(TransferError);
    expect(() => blocking.result()).toThrow(/nested deeply/);
    await expect(started(new Thread({ target })).resultAsync()).rejects.toThrow(TransferError);
  });
});

describe('a thread-local', () => {
  it('has a value of its own in each thread, and keeps it there', () => {
    const local = new ThreadLocal(10);
    local.value = 1;
    const target = (a: ThreadLocal<number>, b: ThreadLocal<number>): [number, boolean] => {
      a.value++;
      return [b.value, a === b];
    };
    expect(started(new Thread({ target, args: [local, local] })).result()).toEqual([11, true]);
    expect(local.value).toBe(1);
    local.reset();
    expect(local.value).toBe(10);
  });

  it('begins with what its function returns, in each thread', () => {
    const local = new ThreadLocal(() => ({ list: [1] }));
    local.value.list.push(2);
    const target = (shared: ThreadLocal<{ list: number[] }>): number => shared.value.list.length;
    expect(started(new Thread({ target, args: [local] })).result()).toBe(1);
    expect(local.value.list).toEqual([1, 2]);
    expect(new ThreadLocal<number>().value).toBeUndefined();
  });

  it('begins with a copy of an object, whatever a thread has done with its own', () => {
    const lock = new Lock();
    const local = new ThreadLocal({ list: [1], lock });
    local.value.list.push(2);
    expect(local.value.lock).toBe(lock);
    const target = (shared: ThreadLocal<{ list: number[] }>): number => shared.value.list.length;
    expect(started(new Thread({ target, args: [local] })).result()).toBe(1);
    local.reset();
    expect(local.value.list).toEqual([1]);
  });

  it('begins with a value itself that cannot be copied', () => {
    const local = new ThreadLocal({ call: () => 1 });
    expect(local.value.call()).toBe(1);
  });
});

describe('sleeping', () => {
  it('takes the time it was told', async () => {
    const before = performance.now();
    sleep(20);
    expect(performance.now() - before).toBeGreaterThanOrEqual(19);
    const between = performance.now();
    await sleepAsync(20);
    expect(performance.now() - between).toBeGreaterThanOrEqual(18);
  });

  it('shares its signal with any number of others, and with threads', async () => {
    const warnings: Error[] = [];
    const note = (warning: Error): void => void warnings.push(warning);
    process.on('warning', note);
    const controller = new AbortController();
    const { signal } = controller;
    const sleeps = Array.from({ length: 20 }, () => sleepAsync(60_000, { signal }).catch(String));
    const target = (): Promise<void> => new Promise(() => undefined);
    const threads = Array.from({ length: 11 }, () => new Thread({ target, signal, daemon: true }));
    for (const thread of threads) thread.start();
    await sleepAsync(5);
    for (const thread of threads) thread.terminate();
    controller.abort(new Error('no more'));
    expect(new Set(await Promise.all(sleeps))).toEqual(new Set(['Error: no more']));
    for (const thread of threads) thread.join();
    process.off('warning', note);
    expect(warnings).toEqual([]);
  });

  it('refuses wrong times and ends with a signal', async () => {
    expect(() => {
      sleep(-1);
    }).toThrow(RangeError);
    expect(() => {
      sleep(undefined as never);
    }).toThrow(TypeError);
    await expect(sleepAsync(NaN)).rejects.toBeInstanceOf(RangeError);
    const controller = new AbortController();
    const sleeping = sleepAsync(60_000, { signal: controller.signal });
    const reason = new Error('up');
    controller.abort(reason);
    await expect(sleeping).rejects.toBe(reason);
  });
});
