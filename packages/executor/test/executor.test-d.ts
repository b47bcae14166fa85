import type { ThreadPoolExecutor } from '@x/executor';
import { asCompleted, targetsFrom, wait, waitAsync, type Future, type WaitResult } from '@x/executor';
import { describe, expectTypeOf, it } from 'vitest';

declare const executor: ThreadPoolExecutor;
const power = (base: number, exponent: number): number => base ** exponent;
const text = async (n: number): Promise<string> => Promise.resolve(String(n));

interface Jobs {
  resize(path: string, width: number): Promise<Uint8Array>;
  readonly version: string;
}

describe('submit', () => {
  it('gives a future of what the target returns, or its promise resolves to', () => {
    expectTypeOf(executor.submit(power, 2, 3)).toEqualTypeOf<Future<number>>();
    expectTypeOf(executor.submit(text, 2)).toEqualTypeOf<Future<string>>();
    expectTypeOf(executor.submit({ target: text, args: [2], timeout: 5 })).toEqualTypeOf<Future<string>>();
    expectTypeOf(executor.submit(power, 2, 3).result()).toEqualTypeOf<number>();
  });

  it('checks the arguments against the target', () => {
    // @ts-expect-error A string is not a number.
    executor.submit(power, 2, 'three');
    // @ts-expect-error One is missing.
    executor.submit(power, 2);
    // @ts-expect-error One is too many.
    executor.submit(power, 2, 3, 4);
    // @ts-expect-error A string is not a number.
    executor.submit({ target: power, args: [2, 'three'] });
    // @ts-expect-error There is no such option.
    executor.submit({ target: power, args: [2, 3], time: 1 });
  });

  it('knows the functions of a module, and only these', () => {
    const jobs = targetsFrom<Jobs>(new URL('file:///jobs.js'));
    expectTypeOf(executor.submit(jobs.resize, 'a.png', 100)).toEqualTypeOf<Future<Uint8Array>>();
    // @ts-expect-error Not a function of the module.
    executor.submit(jobs.version);
    // @ts-expect-error Not there.
    executor.submit(jobs.rotate);
  });
});

describe('map and starmap', () => {
  it('give results of the right type, for both loops', () => {
    expectTypeOf([...executor.map(text, [1, 2])]).toEqualTypeOf<string[]>();
    expectTypeOf(executor.map(text, [1])).toExtend<AsyncIterable<string>>();
    expectTypeOf([...executor.starmap(power, [[1, 2]])]).toEqualTypeOf<number[]>();
  });

  it('check the items against the target', () => {
    // @ts-expect-error Strings are not numbers.
    executor.map(text, ['a']);
    // @ts-expect-error Strings are not numbers.
    executor.starmap(power, [[1, 'b']]);
  });
});

describe('wait and asCompleted', () => {
  it('keep the type of the futures', () => {
    const futures = [executor.submit(power, 1, 2)];
    expectTypeOf(wait(futures)).toEqualTypeOf<WaitResult<Future<number>>>();
    expectTypeOf(waitAsync(futures)).resolves.toEqualTypeOf<WaitResult<Future<number>>>();
    expectTypeOf([...asCompleted(futures)]).toEqualTypeOf<Future<number>[]>();
    // @ts-expect-error No such condition.
    wait(futures, { returnWhen: 'SOMETIME' });
  });
});
