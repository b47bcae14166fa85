import { AtomicBigInt64, AtomicInt32, fromShared, LayoutError, toShared } from '@x/shared';
import { startWorker } from '@x/testkit';
import { expect, test } from 'vitest';

test('an AtomicInt32 does what the engine does, and wraps around', () => {
  const number = new AtomicInt32(5);
  expect([number.add(3), number.sub(1), number.exchange(10), number.load()]).toEqual([5, 8, 7, 10]);
  expect([number.compareExchange(9, 1), number.load()]).toEqual([10, 10]);
  expect([number.compareExchange(10, 1), number.load()]).toEqual([10, 1]);
  number.store(2 ** 31 - 1);
  number.add(1);
  expect(number.load()).toBe(-(2 ** 31));
});

test('an AtomicBigInt64 does, too', () => {
  const number = new AtomicBigInt64(5n);
  expect([number.add(3n), number.sub(1n), number.exchange(10n), number.load()]).toEqual([5n, 8n, 7n, 10n]);
  expect([number.compareExchange(9n, 1n), number.compareExchange(10n, 1n), number.load()]).toEqual([
    10n,
    10n,
    1n,
  ]);
  number.store(2n ** 63n - 1n);
  number.add(1n);
  expect(number.load()).toBe(-(2n ** 63n));
});

test.each(['1', null, undefined, 1n, {}, Symbol.iterator])('%s is no 32-bit integer: TypeError', (value) => {
  const number = new AtomicInt32(3);
  expect(() => number.add(value as never)).toThrow(TypeError);
  expect(number.load()).toBe(3);
});

test.each([1.5, NaN, Infinity, 2 ** 31])('%d is no 32-bit integer: RangeError', (value) => {
  const number = new AtomicInt32(3);
  expect(() => {
    number.store(value);
  }).toThrow(RangeError);
  expect(() => new AtomicInt32(value)).toThrow(RangeError);
  expect(() => number.compareExchange(3, value)).toThrow(RangeError);
  expect(number.load()).toBe(3);
});

test('what is no 64-bit integer is refused', () => {
  const number = new AtomicBigInt64();
  expect(() => number.add(1 as never)).toThrow(TypeError);
  expect(() => number.add(2n ** 63n)).toThrow(RangeError);
  expect(number.load()).toBe(0n);
});

test('threads that count lose nothing', async () => {
  const [small, large] = [new AtomicInt32(), new AtomicBigInt64()];
  const workers = [0, 1].map(() =>
    startWorker(
      ({ small, large }: { small: AtomicInt32; large: AtomicBigInt64 }) => {
        for (let i = 0; i < 10_000; i++) {
          small.add(1);
          large.add(1n);
        }
      },
      { small, large },
    ),
  );
  await Promise.all(workers.map((worker) => worker.result));
  expect([small.load(), large.load()]).toEqual([20_000, 20_000n]);
});

test('they travel, live in memory of the caller, and print their value', () => {
  const number = new AtomicInt32(1, { name: 'n' });
  expect(fromShared(toShared(number))).toBe(number);
  expect(String(number)).toBe('<AtomicInt32 n value=1>');
  const buffer = new SharedArrayBuffer(8 + AtomicBigInt64.BYTES);
  const large = new AtomicBigInt64(7n, { buffer, byteOffset: 8, name: 'n' });
  expect(new AtomicBigInt64(0n, { buffer, byteOffset: 8 }).load()).toBe(7n);
  expect(String(large)).toBe('<AtomicBigInt64 n value=7>');
  expect(() => new AtomicInt32(0, { buffer, byteOffset: 8 })).toThrow(LayoutError);
});
