import { CancelledError, TimeoutError } from '@x/executor';
import { describe, expect, it } from 'vitest';
import { caught, occupy, pool, shared } from './pool.js';

const square = (n: number): number => n * n;
const odd = (n: number): number => {
  if (n % 2 === 0) throw new RangeError(`even: ${n}`);
  return n;
};

describe('map', () => {
  it('gives results in the order of the items, blocking and not', async () => {
    const executor = pool(2);
    const items = Array.from({ length: 300 }, (_, i) => i);
    expect([...executor.map(square, items)]).toEqual(items.map(square));
    const results: number[] = [];
    for await (const result of executor.map(square, items)) results.push(result);
    expect(results).toEqual(items.map(square));
  });

  it('awaits async targets', () => {
    expect([...pool(2).map(async (n: number) => Promise.resolve(n + 1), [1, 2])]).toEqual([2, 3]);
  });

  it('submits at once what it is given', () => {
    const executor = pool(1);
    const release = occupy(executor);
    const results = executor.map(square, [1, 2, 3]);
    expect(executor.stats().pending).toBe(3);
    release();
    expect([...results]).toEqual([1, 4, 9]);
  });

  it.each([1, 2, 7, 100])('gives the same in chunks of %i', (chunksize) => {
    const items = Array.from({ length: 20 }, (_, i) => i);
    expect([...pool(2).map(square, items, { chunksize })]).toEqual(items.map(square));
  });

  it.each([1, 3])('ends with the first error, after the results before it, in chunks of %i', (chunksize) => {
    const executor = pool(2);
    const seen: number[] = [];
    const error = caught(() => {
      for (const result of executor.map(odd, [1, 3, 5, 6, 7], { chunksize })) seen.push(result);
    });
    expect(error).toBeInstanceOf(RangeError);
    expect(error.message).toBe('even: 6');
    expect(seen).toEqual([1, 3, 5]);
  });

  it('never takes a fifth item of an endless iterable with a buffersize of 4', async () => {
    const executor = pool(2);
    let taken = 0;
    function* endless(): Generator<number> {
      for (;;) yield taken++;
    }
    const results = executor.map(square, endless(), { buffersize: 4 });
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(taken).toBe(4);
    let given = 0;
    for (const result of results) {
      expect(result).toBe(given * given);
      given++;
      expect(taken - given).toBeLessThanOrEqual(4);
      if (given === 50) break;
    }
    expect(taken).toBeLessThanOrEqual(54);
  });

  it('keeps within buffersize with chunks', () => {
    const executor = pool(2);
    let taken = 0;
    function* endless(): Generator<number> {
      for (;;) yield taken++;
    }
    for (const result of executor.map(square, endless(), { buffersize: 5, chunksize: 2 })) {
      if (result === 100) break;
    }
    expect(taken).toBeLessThanOrEqual(11 + 5);
  });

  it('takes an endless async iterable, ahead of the consumer by no more than buffersize', async () => {
    const executor = pool(2);
    let taken = 0;
    let closed = false;
    async function* endless(): AsyncGenerator<number> {
      try {
        for (;;) {
          await Promise.resolve();
          yield taken++;
        }
      } finally {
        closed = true;
      }
    }
    let given = 0;
    for await (const result of executor.map(square, endless(), { buffersize: 3 })) {
      expect(result).toBe(given * given);
      given++;
      expect(taken - given).toBeLessThanOrEqual(3);
      if (given === 20) break;
    }
    await expect.poll(() => closed).toBe(true);
  });

  it('of an async iterable cannot block', () => {
    async function* items(): AsyncGenerator<number> {
      yield await Promise.resolve(1);
    }
    expect(() => [...pool(1).map(square, items())]).toThrow(TypeError);
  });

  it('gives the error of an async source after the results before it', async () => {
    async function* items(): AsyncGenerator<number> {
      yield await Promise.resolve(2);
      throw new RangeError('source');
    }
    const seen: number[] = [];
    await expect(
      (async () => {
        for await (const result of pool(1).map(square, items())) seen.push(result);
      })(),
    ).rejects.toThrow('source');
    expect(seen).toEqual([4]);
  });

  it('submits no item of an async source that comes after the iteration was broken off', async () => {
    const executor = pool(1);
    const calls = shared();
    let comes: (() => void) | undefined;
    async function* words(): AsyncGenerator<Int32Array> {
      yield calls;
      await new Promise<void>((resolve) => (comes = resolve));
      yield calls;
    }
    const count = (counter: Int32Array): number => Atomics.add(counter, 0, 1);
    for await (const result of executor.map(count, words())) {
      expect(result).toBe(0);
      while (!comes) await new Promise((resolve) => setTimeout(resolve, 1));
      break;
    }
    comes!();
    await new Promise((resolve) => setTimeout(resolve, 5));
    await executor.shutdownAsync();
    expect(calls[0]).toBe(1);
  });

  it('lets an async source that cannot be closed end nobody', async () => {
    async function* source(): AsyncGenerator<number> {
      try {
        for (;;) yield Promise.resolve(1);
      } finally {
        await Promise.reject(new Error('not closed'));
      }
    }
    const unhandled: unknown[] = [];
    const note = (error: unknown): void => void unhandled.push(error);
    process.on('unhandledRejection', note);
    try {
      for await (const result of pool(1).map(square, source(), { buffersize: 2 })) {
        expect(result).toBe(1);
        break;
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    } finally {
      process.off('unhandledRejection', note);
    }
    expect(unhandled).toEqual([]);
  });

  it('throws TimeoutError when the time for all is over, and cancels the rest', async () => {
    const executor = pool(1);
    const release = occupy(executor);
    expect(() => [...executor.map(square, [1, 2, 3], { timeout: 30 })]).toThrow(TimeoutError);
    expect(executor.stats().pending).toBeLessThanOrEqual(3);
    const results = executor.map(square, [1], { timeout: 10 });
    await expect(results[Symbol.asyncIterator]().next()).rejects.toBeInstanceOf(TimeoutError);
    release();
    expect(executor.submit(() => 'free').result()).toBe('free');
  });

  it('takes times that are longer than a timer', async () => {
    const slowly = (n: number): Promise<number> => new Promise((resolve) => setTimeout(resolve, 50, n));
    for await (const result of pool(1).map(slowly, [7], { timeout: 2 ** 31 })) expect(result).toBe(7);
  });

  it('is cancelled by its signal', () => {
    const executor = pool(1);
    const release = occupy(executor);
    const controller = new AbortController();
    const results = executor.map(square, [1, 2], { signal: controller.signal });
    controller.abort();
    expect(() => [...results]).toThrow(CancelledError);
    release();
  });

  it('refuses wrong options before it takes an item', () => {
    const executor = pool(1);
    const map = (items: unknown, options?: unknown): unknown =>
      executor.map(square, items as number[], options as object);
    expect(() => map([1], { chunksize: 0 })).toThrow(RangeError);
    expect(() => map([1], { buffersize: 1.5 })).toThrow(RangeError);
    expect(() => map([1], { timeout: -1 })).toThrow(RangeError);
    expect(() => map(7)).toThrow(TypeError);
    expect(executor.stats().workers).toBe(0);
  });
});

describe('starmap', () => {
  it('gives each list as arguments', () => {
    const executor = pool(2);
    const pairs: [number, number][] = [
      [2, 5],
      [3, 2],
      [10, 3],
    ];
    expect([...executor.starmap((base: number, power: number) => base ** power, pairs)]).toEqual([
      32, 9, 1000,
    ]);
    expect([...executor.starmap((a: number, b: number) => a - b, pairs, { chunksize: 2 })]).toEqual([
      -3, 1, 7,
    ]);
  });

  it('refuses an item that is no list', () => {
    expect(() => pool(1).starmap((a: number) => a, [1] as never)).toThrow(TypeError);
  });
});
