/** Threads that die while they use a queue. */
import { home, ThreadKind, ThreadState } from '@x/core';
import { expect, test } from 'vitest';
import { COMMIT_WORD, LATCH_WORD, LOG_ENTRIES, LOG_WORD } from '../src/layout.js';
import { check, drain, get, name, put, setup, valueOf } from './queue-models.js';

test('a putter that dies at any step: its item is in the queue or not, and nobody hangs', async () => {
  await check({
    setup: setup(0),
    threads: {
      P: put(1),
      Q: ({ queue }) => {
        queue.put(2);
        return queue.get();
      },
    },
    events: { kills: 1, mortal: ['P'], idleSlices: 2 },
    final: ({ queue }, { P, Q }) => {
      const rest = drain(queue);
      if (!rest) return;
      const all = [valueOf(Q), ...rest].sort();
      if (valueOf(P) === 'put') expect(all).toEqual([1, 2]);
      else expect([[1, 2], [2]]).toContainEqual(all);
    },
  });
});

test('a getter that dies at any step leaves the other its item', async () => {
  await check({
    setup: setup(0, 1),
    threads: {
      A: get(),
      B: ({ queue }) => {
        queue.put(2);
        return queue.get();
      },
    },
    events: { kills: 1, mortal: ['A'], idleSlices: 2 },
    final: ({ queue }, { A, B }) => {
      const rest = drain(queue);
      if (!rest) return;
      // What A took when it died is gone, at most one; nothing is there twice.
      const seen = [valueOf(A), valueOf(B), ...rest].filter((item) => item !== undefined);
      expect(new Set(seen).size).toBe(seen.length);
      expect(seen.length).toBeGreaterThanOrEqual('dead' in A ? 1 : 2);
    },
  });
});

test('join throws if a thread died with an item that it took, and returns if it was done', async () => {
  const seen = new Set<unknown>();
  await check({
    setup: setup(0, 1),
    threads: {
      A: ({ queue }) => {
        queue.tryGet();
        queue.taskDone();
      },
      J: ({ queue }) => {
        try {
          return queue.join({ timeout: 1 });
        } catch (error) {
          return name(error);
        }
      },
    },
    events: { kills: 1, mortal: ['A'], timeouts: 1, idleSlices: 2 },
    final: ({ queue }, { A, J }) => {
      seen.add(valueOf(J));
      if (valueOf(J) === true) expect(queue.size).toBe(0);
      if (valueOf(J) === 'AbandonedError') expect(A).toHaveProperty('dead');
    },
  });
  expect([...seen].map(String).sort()).toEqual(['AbandonedError', 'false', 'true']);
});

test('an operation of which only some words were written is completed by whoever takes the latch over', () => {
  // The explorer kills between atomic operations; in a commit there are plain writes one after the other.
  const { realm } = home();
  const dead = realm.register({ kind: ThreadKind.FOREIGN, name: 'dead', parent: 0, daemon: false });
  realm.begin(dead);
  realm.end(dead, ThreadState.DEAD);
  let written = 0;
  for (let entries = 1; written < entries; written++) {
    const { queue } = setup(0, 1)();
    const { words } = queue.memory;
    const before = words.slice();
    queue.put(2);
    const commit = words[COMMIT_WORD]!;
    const log = LOG_WORD + (commit & 1) * LOG_ENTRIES * 2;
    entries = commit >>> 1;
    for (let entry = written; entry < entries; entry++) {
      const index = words[log + entry * 2]!;
      words[index] = before[index]!;
    }
    words[LATCH_WORD] = dead;
    expect([queue.tryGet(), queue.tryGet(), queue.size]).toEqual([1, 2, 0]);
  }
  expect(written).toBeGreaterThan(2);
});
