/** Behaviours of the table in `docs/python-parity.md` that concern more than one package, or no package's own tests. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { asCompleted, ThreadPoolExecutor } from '@x/executor';
import { activeCount, currentThread, enumerate, getIdent, type ThreadHandle } from '@x/introspect';
import { Thread } from '@x/thread';
import { describe, expect, test } from 'vitest';

const TIMEOUT = { timeout: 20_000 };

describe('a thread', () => {
  test('has the stack that its limits say', () => {
    const depth = () => {
      let calls = 0;
      const deeper = (): void => {
        calls++;
        deeper();
      };
      try {
        deeper();
      } catch {
        return calls;
      }
      return calls;
    };
    const reached = [1, 8].map((stackSizeMb) => {
      const thread = new Thread({ target: depth, resourceLimits: { stackSizeMb } });
      thread.start();
      return thread.result(TIMEOUT);
    });
    expect(reached[1]).toBeGreaterThan(3 * reached[0]!);
  });

  test('that leaves by process.exit ends alone, and its result says so', () => {
    const thread = new Thread({ target: () => process.exit(3) });
    thread.start();
    expect(thread.join(TIMEOUT)).toBe(true);
    expect(() => thread.result()).toThrow(/exit/);
  });

  test('may be joined by several threads at once', () => {
    const gate = new Int32Array(new SharedArrayBuffer(4));
    const thread = new Thread({ target: (gate: Int32Array) => Atomics.wait(gate, 0, 0), args: [gate] });
    thread.start();
    const join = (other: ThreadHandle, timeout: number) => other.join({ timeout });
    const joiners = [1, 2, 3].map(() => new Thread({ target: join, args: [thread, TIMEOUT.timeout] }));
    for (const joiner of joiners) joiner.start();
    Atomics.store(gate, 0, 1);
    Atomics.notify(gate, 0);
    expect(joiners.map((joiner) => joiner.result(TIMEOUT))).toEqual([true, true, true]);
  });

  test('that main never started has a handle of its own there, and main is the same for all', () => {
    const look = async () => {
      const { currentThread, mainThread } = await import('@x/introspect');
      return [currentThread().ident, mainThread().ident];
    };
    const thread = new Thread({ target: look });
    thread.start();
    expect(thread.result(TIMEOUT)).toEqual([thread.ident, getIdent()]);
    expect(enumerate()).toEqual([currentThread()]);
    expect(activeCount()).toBe(1);
  });
});

describe('an excepthook', () => {
  test('that throws is reported, and the error that it was called for as well', () => {
    const program = `
      import { setExcepthook, Thread } from '@x/thread';
      setExcepthook(() => { throw new RangeError('the hook fails'); });
      const thread = new Thread({ name: 'worker', target: () => { throw new TypeError('the target fails'); } });
      thread.start();
      console.log(thread.join());`;
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
      cwd: fileURLToPath(new URL('..', import.meta.url)),
      encoding: 'utf8',
      timeout: TIMEOUT.timeout,
    });
    expect([status, stdout], stderr).toEqual([0, 'true\n']);
    expect(stderr).toMatch(
      /RangeError: the hook fails[^]*Exception in thread worker:\nTypeError: the target fails/,
    );
  });
});

describe('futures', () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;

  test('that were given by asCompleted, and their results, are not kept', async () => {
    using executor = new ThreadPoolExecutor({ maxWorkers: 1 });
    const given: WeakRef<object>[] = [];
    const consume = async (): Promise<void> => {
      const futures = [1, 2, 3].map((n) => executor.submit((n: number) => ({ n }), n));
      for await (const future of asCompleted(futures))
        given.push(new WeakRef(future), new WeakRef(future.result()));
    };
    await consume();
    // A reference that was looked at stays until the end of the job.
    await new Promise((resolve) => setTimeout(resolve, 10));
    collect();
    expect(given.map((reference) => reference.deref())).toEqual(Array.from({ length: 6 }));
  });
});
