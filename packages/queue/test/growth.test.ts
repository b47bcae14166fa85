/** What a queue does with its memory while it grows: nothing that an item would notice. */
import { LifoQueue, PriorityQueue, Queue, type BaseQueue } from '@x/queue';
import { expect, test } from 'vitest';

const ITEMS = 70;
const SIZES = 140;

test.each([
  ['Queue', () => new Queue<[number, string]>()],
  ['LifoQueue', () => new LifoQueue<[number, string]>()],
  ['PriorityQueue', () => new PriorityQueue<[number, string]>()],
] as [string, () => BaseQueue<[number, string]>][])(
  '%s: items of any size come out as they went in, also when its list of items moves',
  (_name, make) => {
    for (let length = 0; length < SIZES; length++) {
      const queue = make();
      for (let n = 0; n < ITEMS; n++) queue.put([n, 'x'.repeat(length)]);
      const out = Array.from({ length: ITEMS }, () => queue.tryGet());
      expect(out.map(([n]) => n).sort((a, b) => a - b)).toEqual(Array.from({ length: ITEMS }, (_, n) => n));
      expect(out.every(([, text]) => text === 'x'.repeat(length))).toBe(true);
    }
  },
);
