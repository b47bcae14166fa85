import { targetsFrom, transfer, TransferError } from '@x/executor';
import { Thread } from '@x/thread';
import { registerClass } from '@x/core';
import { describe, expect, it, vi } from 'vitest';
import { caught, occupy, pool } from './pool.js';

const jobs = targetsFrom<typeof import('./programs/moving.mjs')>(
  new URL('./programs/moving.mjs', import.meta.url),
);

describe('transfer', () => {
  it.each([1, 100_000, 3_000_000])('moves a result of %i bytes', (length) => {
    const executor = pool(1);
    const bytes = executor.submit(jobs.moved, length, 7).result();
    expect(bytes).toBeInstanceOf(Uint8Array);
    expect([bytes.length, bytes[0], bytes[length - 1]]).toEqual([length, 7, 7]);
    expect(executor.submit(jobs.left).result()).toEqual([0]);
  });

  it('moves what is inside the result of an async function', async () => {
    const executor = pool(1);
    const { bytes, of } = await executor.submit(jobs.movedLater, 5000, 3);
    expect([bytes.length, bytes[4999], of]).toEqual([5000, 3, 3]);
    expect(await executor.submit(jobs.left)).toEqual([0]);
  });

  it('moves what many tasks return, each its own', async () => {
    const executor = pool(2);
    const futures = Array.from({ length: 200 }, (_, value) =>
      executor.submit(jobs.moved, 10_000 + value, value),
    );
    const results = await Promise.all(futures);
    results.forEach((bytes, value) => {
      expect([bytes.length, bytes[0], bytes[9999 + value]]).toEqual([10_000 + value, value, value]);
    });
  });

  it('moves the results of a chunk', () => {
    const executor = pool(1);
    const pairs = Array.from({ length: 7 }, (_, n): [number, number] => [20_000, n]);
    const results = [...executor.starmap(jobs.moved, pairs, { chunksize: 3 })];
    expect(results.map((bytes) => [bytes.length, bytes[19_999]])).toEqual(pairs);
    expect(executor.submit(jobs.left).result()).toEqual(pairs.map(() => 0));
  });

  it('moves a message port', async () => {
    const { port } = await pool(1).submit(jobs.port);
    const message = new Promise((resolve) => {
      port.addEventListener('message', (event) => {
        resolve((event as Event & { data: unknown }).data);
      });
      port.start();
    });
    expect(await message).toBe('from the worker');
    port.close();
  });

  it('goes through again what came back', async () => {
    const executor = pool(2);
    let bytes = await executor.submit(jobs.moved, 1 << 20, 1);
    for (let n = 0; n < 20; n++) {
      const target = (inner: typeof bytes) => inner.fill(inner[0]! + 1);
      bytes = await executor.submit({ target, args: [bytes], transfer: [bytes.buffer] });
    }
    expect([bytes[0], bytes.at(-1)]).toEqual([21, 21]);
  });

  it('holds for one result: the same object is copied the next time', () => {
    const executor = pool(1);
    const results = [0, 1, 2].map(() => executor.submit(jobs.once).result());
    expect(results.map((bytes) => [...bytes])).toEqual(results.map(() => new Array(16).fill(5)));
  });

  it('of something that is gone already fails the task, and nothing else', () => {
    const executor = pool(1);
    expect(caught(() => executor.submit(jobs.movedTwice).result())).toBeInstanceOf(TransferError);
    expect(executor.submit(jobs.moved, 3, 4).result()).toEqual(new Uint8Array(3).fill(4));
  });

  it('does not disturb an error', () => {
    const executor = pool(1);
    expect(caught(() => executor.submit(jobs.failing).result())).toBeInstanceOf(RangeError);
    expect(executor.submit(jobs.left).result()).toEqual([8]);
  });

  it('copies for a thread that did not make the executor, and takes it from the worker all the same', () => {
    const executor = pool(1);
    const thread = new Thread({ target: jobs.fromElsewhere, args: [executor] });
    thread.start();
    expect(thread.result({ timeout: 10_000 })).toEqual([100_000, 9, []]);
    expect(executor.submit(jobs.left).result()).toEqual([0]);
  });

  it('refuses what is no object, and a list that is none', () => {
    const wrong = transfer as (value: unknown, list: unknown) => unknown;
    expect(() => wrong(3, [])).toThrow(TypeError);
    expect(() => wrong(null, [])).toThrow(TypeError);
    expect(() => wrong({}, new ArrayBuffer(1))).toThrow('needs a list such as [bytes.buffer]');
    const value = {};
    expect(transfer(value, [])).toBe(value);
  });
});

describe('a message port', () => {
  it('cannot be transferred to a task by another thread than the one that made the executor', async () => {
    const executor = pool(1);
    const guest = new Thread({
      args: [executor],
      target: (inner: typeof executor) => {
        const { port1, port2 } = new MessageChannel();
        try {
          inner.submit({ target: (port: unknown) => typeof port, args: [port2], transfer: [port2] });
          return 'submitted';
        } catch (error) {
          return (error as Error).name;
        } finally {
          port1.close();
        }
      },
    });
    guest.start();
    expect(await guest.resultAsync({ timeout: 5000 })).toBe(TransferError.name);
    expect(executor.submit(() => 'alive').result({ timeout: 5000 })).toBe('alive');
  });
});

describe('a result of a class', () => {
  it('may use the executor while it is made', async () => {
    const executor = pool(1);
    const { tokenLater } = targetsFrom<typeof import('./programs/tokens.mjs')>(
      new URL('./programs/tokens.mjs', import.meta.url),
    );
    class Token {
      constructor(readonly n: number) {}
    }
    const seen: unknown[] = [];
    const fromState = (n: number): Token => {
      seen.push(executor.submit((value: string) => value, `for ${n}`).result({ timeout: 5000 }));
      return new Token(n);
    };
    registerClass(Token, { toState: ({ n }: Token) => n, fromState }, 'executor/test/Token');
    for (const n of [1, 2])
      expect(executor.submit(tokenLater, n).result({ timeout: 5000 })).toEqual(new Token(n));
    const both = [3, 4].map((n) => executor.submit(tokenLater, n));
    expect(await Promise.all(both)).toEqual([new Token(3), new Token(4)]);
    expect(seen.sort()).toEqual([1, 2, 3, 4].map((n) => `for ${n}`));
    const after = Array.from({ length: 1100 }, (_, n) => executor.submit((value: number) => value, n));
    expect(await Promise.all(after)).toEqual(after.map((_, n) => n));
  });
});

describe('when there is no memory for arguments', () => {
  const NoMemory = function (): never {
    throw new RangeError('Array buffer allocation failed');
  };
  const length = (bytes: Uint8Array): number => bytes.length;

  it('submit throws, and nothing is left behind', async () => {
    const executor = pool(1);
    executor.submit(length, new Uint8Array(1)).result();
    vi.stubGlobal('SharedArrayBuffer', NoMemory);
    try {
      expect(() => executor.submit(length, new Uint8Array(1 << 20))).toThrow(RangeError);
    } finally {
      vi.unstubAllGlobals();
    }
    expect(executor.submit(length, new Uint8Array(2)).result()).toBe(2);
    await executor.shutdownAsync();
  });

  it('a task that waits in memory fails alone', async () => {
    const executor = pool(1);
    const release = occupy(executor);
    const before = Array.from({ length: 1023 }, (_, n) => executor.submit((value: number) => value, n));
    const large = executor.submit(length, new Uint8Array(1 << 20));
    const after = executor.submit(length, new Uint8Array(3));
    vi.stubGlobal('SharedArrayBuffer', NoMemory);
    try {
      release();
      await expect(large).rejects.toThrow(RangeError);
    } finally {
      vi.unstubAllGlobals();
    }
    expect(await Promise.all([...before, after])).toEqual([...before.map((_, n) => n), 3]);
  });
});
