/** The reserve of workers that are started ahead. */
import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Worker } from 'node:worker_threads';
import { setSpareThreads, Thread, ThreadStateError } from '@x/thread';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Whether this thread's worker comes out of the reserve. */
const isSpare = (): boolean =>
  '@x/thread:spare' in (process.getBuiltinModule('node:worker_threads').workerData as { data: object }).data;

/** Starts threads until one has come out of the reserve, which takes as long as the machine wants; then waits for the next. */
async function fillReserve(): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    await pause(150);
    const thread = new Thread({ target: isSpare });
    thread.start();
    if (!(await thread.resultAsync())) continue;
    await pause(300);
    return;
  }
  throw new Error('no spare was ever used');
}

/** The thread's result, or the message of its error. */
function outcome(thread: Thread): string {
  try {
    return String(thread.result());
  } catch (error) {
    return (error as Error).message;
  }
}

beforeEach(() => {
  setSpareThreads(1);
});
afterAll(() => {
  setSpareThreads(0);
});

describe('a thread out of the reserve', () => {
  it('begins while the thread that starts it is blocked', async () => {
    await fillReserve();
    const words = new Int32Array(new SharedArrayBuffer(4));
    const thread = new Thread({
      target: (shared: Int32Array) => {
        Atomics.store(shared, 0, 1);
        Atomics.notify(shared, 0);
      },
      args: [words],
    });
    thread.start();
    expect(Atomics.wait(words, 0, 0, 10_000)).not.toBe('timed-out');
    expect(thread.join({ timeout: 10_000 })).toBe(true);
  });

  it('sees the environment variables as they are when it is started', async () => {
    process.env['X_GOES'] = 'old';
    process.env['X_CHANGES'] = 'old';
    await fillReserve();
    delete process.env['X_GOES'];
    process.env['X_CHANGES'] = 'new';
    process.env['X_COMES'] = 'new';
    const thread = new Thread({
      target: () => ['X_GOES', 'X_CHANGES', 'X_COMES'].map((name) => process.env[name]),
    });
    thread.start();
    expect(thread.result({ timeout: 10_000 })).toEqual([undefined, 'new', 'new']);
    delete process.env['X_CHANGES'];
    delete process.env['X_COMES'];
  });

  it('takes arguments that are moved, has its name and number, fires its signal, and can be terminated', async () => {
    await fillReserve();
    const buffer = new Uint8Array([1, 2, 3]).buffer;
    const moved = new Thread({
      target: (bytes: ArrayBuffer) => bytes.byteLength,
      args: [buffer],
      transfer: [buffer],
      name: 'mover',
    });
    moved.start();
    expect(moved.result({ timeout: 10_000 })).toBe(3);
    expect(buffer.byteLength).toBe(0);
    expect(moved.name).toBe('mover');
    if (process.platform === 'linux') expect(moved.nativeId).toBeGreaterThan(0);

    await fillReserve();
    const controller = new AbortController();
    const waits = new Thread({
      target: () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0),
      signal: controller.signal,
    });
    waits.start();
    waits.terminate();
    expect(waits.join({ timeout: 10_000 })).toBe(true);
    expect(() => waits.result()).toThrow(ThreadStateError);
  });

  it('that is ended before it has begun leaves nobody waiting', async () => {
    for (let round = 0; round < 3; round++) {
      await fillReserve();
      const thread = new Thread({ target: isSpare });
      thread.start();
      // Ends the workers that wait, not the one that was taken.
      setSpareThreads(0);
      setSpareThreads(1);
      thread.terminate();
      expect(thread.join({ timeout: 10_000 })).toBe(true);
    }
  });

  it('whose worker dies at that moment, or has died before, leaves nobody waiting', async () => {
    const workers: Worker[] = [];
    const collect = (worker: Worker): void => {
      workers.push(worker);
    };
    process.on('worker', collect);
    try {
      for (const wait of [0, 0, 500]) {
        await fillReserve();
        for (const worker of workers.splice(0)) void worker.terminate();
        if (wait > 0) await pause(wait);
        const thread = new Thread({ target: () => 1 });
        thread.start();
        expect(thread.join({ timeout: 10_000 })).toBe(true);
        if (wait > 0) expect(thread.result()).toBe(1);
        else expect(outcome(thread)).toMatch(/^(1|Thread-\d+ .* died.*so it has no result.*)$/);
      }
    } finally {
      process.off('worker', collect);
    }
  });

  it('is not lost with arguments that cannot travel', async () => {
    await fillReserve();
    const port = new MessageChannel().port1;
    const wrong = new Thread({ target: (_: unknown) => undefined, args: [port] });
    expect(() => {
      wrong.start();
    }).toThrow();
    port.close();
    const right = new Thread({ target: () => 1 });
    right.start();
    expect(right.result({ timeout: 10_000 })).toBe(1);
  });

  it('is never one with limits or streams of its own', async () => {
    await fillReserve();
    const limited = new Thread({ target: isSpare, resourceLimits: { maxOldGenerationSizeMb: 64 } });
    const piped = new Thread({ target: isSpare, stdio: 'ignore' });
    for (const thread of [limited, piped]) {
      thread.start();
      expect(await thread.resultAsync()).toBe(false);
    }
  });
});

describe('setSpareThreads', () => {
  it('takes integers from 0 to 1024', () => {
    for (const wrong of [-1, 1.5, Number.NaN, 1025]) {
      expect(() => {
        setSpareThreads(wrong);
      }).toThrow(RangeError);
    }
    expect(() => {
      setSpareThreads('1' as unknown as number);
    }).toThrow(TypeError);
  });

  it.runIf(process.platform === 'linux')('ends the spares that are too many', async () => {
    setSpareThreads(0);
    const natives = (): number => readdirSync('/proc/self/task').length;
    const until = async (wanted: (count: number) => boolean): Promise<void> => {
      const end = performance.now() + 20_000;
      while (!wanted(natives()) && performance.now() < end) await pause(20);
      expect(wanted(natives())).toBe(true);
    };
    await pause(500);
    const before = natives();
    setSpareThreads(2);
    await until((count) => count >= before + 2);
    setSpareThreads(0);
    await until((count) => count <= before);
  });
});

describe('spares of a process', () => {
  const program = (name: string): string => fileURLToPath(new URL(`./programs/${name}.mjs`, import.meta.url));
  const run = (args: string[]): Promise<string> =>
    new Promise((resolve, reject) => {
      execFile(process.execPath, [program('spares'), ...args], { timeout: 25_000 }, (error, out) => {
        if (error) reject(new Error('the program failed', { cause: error }));
        else resolve(out);
      });
    });

  it('do not keep it alive, are no threads, and are not made for one burst of threads', async () => {
    expect(await run(['burst'])).toBe('made 0\nlast\n');
  });

  it('are made once threads are started time and again', async () => {
    expect(await run(['again'])).toBe('made 1\nlast\n');
  });
});
