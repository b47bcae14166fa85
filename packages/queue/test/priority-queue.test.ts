import { home } from '@x/core/primitives';
import { PriorityQueue, QueueShutDownError, TransferError } from '@x/queue';
import { startWorker } from '@x/testkit';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { IMMEDIATE_BIT, LATCH_WORD, SHUT_BIT, STATE_WORD } from '../src/layout.js';

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

describe('compare and other code of the user', () => {
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  interface Ranked {
    p: number;
  }
  const byRank = (a: Ranked, b: Ranked): number => a.p - b.p;

  test('an item that waits for a place is compared as it was when it was put', async () => {
    const queue = new PriorityQueue<Ranked>(2, { compare: byRank });
    queue.put({ p: 1 });
    queue.put({ p: 3 });
    const late = { p: 9 };
    const waiting = queue.putAsync(late);
    late.p = 0;
    const items = [queue.get()];
    await waiting;
    items.push(queue.get(), queue.get());
    expect(items).toEqual([{ p: 1 }, { p: 3 }, { p: 9 }]);
  });

  test('a compare that throws does not stop an immediate shutdown', async () => {
    const queue = new PriorityQueue<number>(0, {
      compare: (a, b) => {
        if (Reflect.get(globalThis, 'broken') === true) throw new Error('compare!');
        return a - b;
      },
    });
    for (let n = 0; n < 5; n++) queue.put(n);
    const joined = queue.joinAsync({ timeout: 5000 });
    vi.stubGlobal('broken', true);
    queue.shutdown({ immediate: true });
    expect(queue.size).toBe(0);
    expect(await joined).toBe(true);
  });

  test('a compare that throws while a dead thread is made up for leaves the queue usable', () => {
    const buffer = new SharedArrayBuffer(8192);
    const queue = new PriorityQueue<number>(0, {
      buffer,
      bytes: buffer.byteLength,
      compare: (a, b) => {
        if (Reflect.get(globalThis, 'broken') === true) throw new Error('compare!');
        return a - b;
      },
    });
    for (let n = 0; n < 5; n++) queue.put(n);
    // A thread has died in `shutdown({ immediate: true })`, right after it had said so.
    const words = new Int32Array(buffer);
    words[STATE_WORD] = SHUT_BIT | IMMEDIATE_BIT;
    words[LATCH_WORD] = (home().id + 7 * 1024) & ((1 << 26) - 1);
    vi.stubGlobal('broken', true);
    expect(() => queue.get()).toThrow(QueueShutDownError);
    expect(() => queue.tryPut(1)).toThrow(QueueShutDownError);
    expect(queue.size).toBe(0);
  });

  test('a getter of the options that puts into another queue does not mix the items up', async () => {
    const queue = new PriorityQueue<string>();
    const other = new PriorityQueue<string>();
    await queue.putAsync('first', {
      get timeout() {
        other.put('other');
        return 5;
      },
    });
    expect([queue.get(), other.get()]).toEqual(['first', 'other']);
  });
});
