import { PriorityQueue, TransferError } from '@x/queue';
import { startWorker } from '@x/testkit';
import { describe, expect, test } from 'vitest';

const drain = <T>(queue: PriorityQueue<T>): T[] => {
  const items: T[] = [];
  while (!queue.empty) items.push(queue.tryGet());
  return items;
};

describe('PriorityQueue', () => {
  test('equal priorities leave in the order they came', () => {
    const queue = new PriorityQueue<[number, number]>();
    const items = Array.from({ length: 1000 }, (_, n): [number, number] => [(n * 7919) % 13, n]);
    for (const item of items) queue.put(item);
    expect(drain(queue)).toEqual([...items].sort((a, b) => a[0] - b[0]));
  });

  test('numbers compare as numbers', () => {
    const queue = new PriorityQueue<number>();
    for (const number of [10, 9, -Infinity, 0.5, -0, 1e300, Infinity]) queue.put(number);
    expect(drain(queue)).toEqual([-Infinity, -0, 0.5, 9, 10, 1e300, Infinity]);
  });

  test('strings compare by code units, alone and as first of a pair', () => {
    const words = ['b', 'a', '', 'ab', 'é', 'z', '\ud83d\ude00', '\uffff'];
    const queue = new PriorityQueue<string>();
    for (const word of words) queue.put(word);
    expect(drain(queue)).toEqual([...words].sort());
    const pairs = new PriorityQueue<[string, Date]>();
    for (const word of words) pairs.put([word, new Date(0)]);
    expect(drain(pairs).map(([word]) => word)).toEqual([...words].sort());
  });

  test('only the first of a pair counts, so the second need not be comparable', () => {
    const queue = new PriorityQueue<[number, object]>();
    queue.put([1, { a: 1 }]);
    queue.put([1, new Map()]);
    expect(drain(queue)).toEqual([
      [1, { a: 1 }],
      [1, new Map()],
    ]);
  });

  test.each([[NaN], [{ priority: 1 }], [undefined], [[]], [[true, 1]], [5n]])(
    'a priority that cannot be ordered is a TypeError: %o',
    (item) => {
      const queue = new PriorityQueue();
      expect(() => {
        queue.put(item);
      }).toThrow(TypeError);
      expect(queue.empty).toBe(true);
    },
  );

  test('numbers and strings do not mix, but may follow each other', () => {
    const queue = new PriorityQueue<number | string>();
    queue.put(1);
    expect(() => {
      queue.put('a');
    }).toThrow(TypeError);
    expect(drain(queue)).toEqual([1]);
    queue.put('a');
    expect(drain(queue)).toEqual(['a']);
  });

  test('compare gives another order, and is stable', () => {
    const queue = new PriorityQueue<{ weight: number; n: number }>(0, {
      compare: (first, second) => second.weight - first.weight,
    });
    for (let n = 0; n < 50; n++) queue.put({ weight: n % 3, n });
    const items = drain(queue);
    expect(items.map(({ weight }) => weight)).toEqual(
      items.map(({ weight }) => weight).sort((a, b) => b - a),
    );
    expect(items.slice(0, 16).map(({ n }) => n)).toEqual(
      Array.from({ length: 16 }, (_, index) => index * 3 + 2),
    );
  });

  test('compare travels with the queue', async () => {
    const queue = new PriorityQueue<string>(0, { compare: (first, second) => first.length - second.length });
    queue.put('xxx');
    queue.put('xx');
    const worker = startWorker((queue: PriorityQueue<string>) => {
      queue.put('x');
      return [queue.get(), queue.get()];
    }, queue);
    expect(await worker.result).toEqual(['x', 'xx']);
    expect(queue.get()).toBe('xxx');
  });

  test('an error of compare leaves the queue as it was', () => {
    const queue = new PriorityQueue<number>(0, {
      compare: (first, second) => {
        if (first === 13 || second === 13) throw new Error('unlucky');
        return first - second;
      },
    });
    queue.put(2);
    queue.put(1);
    expect(() => {
      queue.put(13);
    }).toThrow('unlucky');
    expect(drain(queue)).toEqual([1, 2]);
    const silent = new PriorityQueue<number>(0, { compare: (() => undefined) as never });
    silent.put(1);
    expect(() => {
      silent.put(2);
    }).toThrow('compare must return a number');
    expect(silent.size).toBe(1);
  });

  test('compare has to be a function that can travel', () => {
    expect(() => new PriorityQueue(0, { compare: 5 as never })).toThrow(TypeError);
    expect(() => new PriorityQueue(0, { compare: Math.min })).toThrow('native');
    expect(() => {
      new PriorityQueue<object>(0, { compare: () => 0 }).put({ callback: () => 1 });
    }).toThrow(TransferError);
  });
});
