/** What travels, by every road there is: a thread's arguments and result, a queue's items, a pool's arguments and results. */
import {
  Lock,
  Queue,
  TransferError,
  Thread,
  ThreadPoolExecutor,
  targetsFrom,
  type ThreadOptions,
} from '@x/threading';
import { describe, expect, onTestFinished, test } from 'vitest';
import { OrderError, Point } from './travel-jobs.mjs';

const jobs = targetsFrom<typeof import('./travel-jobs.mjs')>(new URL('./travel-jobs.mjs', import.meta.url));
const TIMEOUT = { timeout: 20_000 };

/** Sends a value to another thread and back. */
const ROADS: Record<string, (value: unknown) => Promise<unknown>> = {
  'a thread': async (value) => {
    const thread = new Thread({ target: jobs.echo, args: [value] });
    thread.start();
    return thread.resultAsync(TIMEOUT);
  },
  'a queue': async (value) => {
    const [there, back] = [new Queue(), new Queue()];
    const thread = new Thread({ target: jobs.relay, args: [there, back] });
    thread.start();
    there.put(value);
    const result = await back.getAsync(TIMEOUT);
    await thread.joinAsync();
    return result;
  },
  'a pool': async (value) => {
    const executor = new ThreadPoolExecutor({ maxWorkers: 1 });
    onTestFinished(() => executor.shutdownAsync());
    return executor.submit(jobs.echo, value);
  },
};

interface Cyclic {
  self?: Cyclic;
  list: unknown[];
}

describe.each(Object.keys(ROADS))('through %s', (road) => {
  const travel = async <T>(value: T): Promise<T> => (await ROADS[road]!(value)) as T;

  test('numbers, texts and properties arrive as they are', async () => {
    const odd = JSON.parse('{"__proto__": {"polluted": true}, "constructor": 1}') as object;
    const value = {
      zero: [-0, NaN, -Infinity, 2n ** 70n],
      texts: ['', '\ud800', 'x\udc00y', '\u0000', '😀'],
      odd,
      missing: undefined,
      dates: [new Date(0)],
      map: new Map<unknown, unknown>([[{ key: 1 }, new Set([1, [2]])]]),
    };
    const copy = await travel(value);
    expect(copy).toStrictEqual(value);
    expect(Object.is(copy.zero[0], -0)).toBe(true);
    expect(Object.hasOwn(copy.odd, '__proto__')).toBe(true);
    expect('polluted' in {}).toBe(false);
  });

  test('holes stay holes, and cycles cycles', async () => {
    const value: Cyclic = { list: new Array<unknown>(5) };
    value.list[3] = value;
    value.self = value;
    const copy = await travel(value);
    expect(copy).not.toBe(value);
    expect(copy.self).toBe(copy);
    expect(copy.list[3]).toBe(copy);
    expect([copy.list.length, Object.keys(copy.list)]).toEqual([5, ['3']]);
  });

  test('errors keep class, cause and own properties, and registered classes theirs', async () => {
    const cause = new RangeError('below');
    const error = Object.assign(new OrderError('above', { cause }), { code: 'E_ORDER', at: new Point(3, 4) });
    const copy = await travel({ error, points: [new Point(0, 2)] });
    expect(copy.error).toBeInstanceOf(OrderError);
    expect(copy.error.cause).toBeInstanceOf(RangeError);
    expect([copy.error.message, copy.error.code]).toEqual(['above', 'E_ORDER']);
    expect(copy.error.at).toBeInstanceOf(Point);
    expect([copy.error.at.length, copy.points[0]!.length]).toEqual([5, 2]);
  });

  test('a primitive at any depth is the same primitive, and the same object here', async () => {
    const lock = new Lock();
    const value = { deep: [new Map([['lock', lock]])] };
    expect((await travel(value)).deep[0]!.get('lock')).toBe(lock);
  });
});

describe('a hundred megabytes', () => {
  const LENGTH = 100 * 2 ** 17;

  /** By how much the memory of the process grows, beside what was there before. */
  const grown = async (action: () => Promise<void>): Promise<number> => {
    const before = process.memoryUsage().rss;
    await action();
    return process.memoryUsage().rss - before;
  };

  test('go to a thread by transfer, without a copy', async () => {
    const numbers = new Float64Array(LENGTH).fill(1);
    const growth = await grown(async () => {
      const options: ThreadOptions<(numbers: Float64Array) => number> = {
        target: (numbers) => numbers.length + numbers[numbers.length - 1]!,
        args: [numbers],
        transfer: [numbers.buffer],
      };
      const thread = new Thread(options);
      thread.start();
      expect(await thread.resultAsync(TIMEOUT)).toBe(LENGTH + 1);
    });
    expect(numbers.byteLength).toBe(0);
    expect(growth).toBeLessThan(80 * 2 ** 20);
  });

  test('go to a pool by transfer, without a copy', async () => {
    const numbers = new Float64Array(LENGTH).fill(1);
    const executor = new ThreadPoolExecutor({ maxWorkers: 1 });
    onTestFinished(() => executor.shutdownAsync());
    const growth = await grown(async () => {
      const last = executor.submit({
        target: (numbers: Float64Array) => numbers[numbers.length - 1]!,
        args: [numbers],
        transfer: [numbers.buffer],
      });
      expect(await last).toBe(1);
    });
    expect(numbers.byteLength).toBe(0);
    expect(growth).toBeLessThan(80 * 2 ** 20);
  });
});

describe('what cannot travel is named by its path', () => {
  const wrong = { list: [{ onDone: () => undefined }] };

  test('in the arguments of a thread', () => {
    const thread = new Thread({ target: (_a: number, _b: object) => 1, args: [1, wrong.list[0]!] });
    expect(() => thread.start()).toThrow(TransferError);
    expect(() => thread.start()).toThrow('args[1].onDone is a function');
  });

  test('in the arguments of a task', () => {
    const executor = new ThreadPoolExecutor({ maxWorkers: 1 });
    expect(() => executor.submit((_a: number, _b: object) => 1, 1, wrong)).toThrow(
      'args[1].list[0].onDone is a function',
    );
    executor.shutdown();
  });

  test('in an item of a queue', () => {
    const queue = new Queue();
    expect(() => queue.put(wrong)).toThrow('item.list[0].onDone is a function');
    expect(queue.size).toBe(0);
  });

  test('in a result', () => {
    const thread = new Thread({ target: () => ({ onDone: () => 1 }) });
    thread.start();
    expect(() => thread.result(TIMEOUT)).toThrow('result.onDone is a function');
    const executor = new ThreadPoolExecutor({ maxWorkers: 1 });
    const future = executor.submit(() => [Symbol('x')]);
    expect(() => future.result(TIMEOUT)).toThrow('result[0] is a symbol');
    executor.shutdown();
  });
});
