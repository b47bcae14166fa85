import { expect, it } from 'vitest';
import { Deque } from '../src/deque.js';

it('gives items in the order in which they came, also while it grows with its first item in the middle', () => {
  const deque = new Deque<number>();
  let put = 0;
  let got = 0;
  // Three in and two out, and so it doubles again and again with its head anywhere.
  while (put < 10_000) {
    for (let n = 0; n < 3; n++) deque.push(put++);
    for (let n = 0; n < 2; n++) expect(deque.shift()).toBe(got++);
    expect(deque.size).toBe(put - got);
    expect(deque.peek()).toBe(got);
  }
  while (got < put) expect(deque.shift()).toBe(got++);
});

it('is empty after the last item, and can be filled again', () => {
  const deque = new Deque<string>();
  for (let round = 0; round < 3; round++) {
    for (let n = 0; n < 5000; n++) deque.push(`${n}`);
    for (let n = 0; n < 5000; n++) deque.shift();
    expect([deque.size, deque.peek(), deque.shift()]).toEqual([0, undefined, undefined]);
  }
});
