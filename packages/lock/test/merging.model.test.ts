/** What the explorer does not explore twice changes nothing of what it finds of real primitives. */
import { explore, Interrupted, type Body, type Events, type Merging } from '@x/testkit/explorer';
import { Condition, Lock, RLock, RWLock } from '@x/lock';
import { expect, test } from 'vitest';

interface Lockable {
  acquire(options?: { timeout?: number }): boolean;
  acquireAsync(options?: { signal?: AbortSignal }): Promise<boolean>;
  release(): void;
}

interface Shared {
  readonly primitive: object;
  /** How often each thread was inside, and who was inside last. */
  readonly words: Int32Array;
}

const lockOf = ({ primitive }: Shared): Lockable =>
  (primitive instanceof RWLock ? primitive.write : primitive) as Lockable;

/** What happened to a thread, as text. */
const said = (error: unknown): string =>
  error instanceof Interrupted ? 'interrupted' : (error as Error).name;

const enter = (words: Int32Array, id: number): void => {
  words[id]!++;
  words[0] = id;
};

const timed =
  (id: number): Body<Shared> =>
  (shared) => {
    const lock = lockOf(shared);
    const { words } = shared;
    try {
      if (!lock.acquire({ timeout: 50 })) return 'late';
      enter(words, id);
      lock.release();
      return 'done';
    } catch (error) {
      return said(error);
    }
  };

const abortable =
  (id: number): Body<Shared> =>
  async (shared, thread) => {
    const lock = lockOf(shared);
    const { words } = shared;
    try {
      await lock.acquireAsync({ signal: thread.signal() });
      enter(words, id);
      lock.release();
      return 'done';
    } catch (error) {
      return said(error);
    }
  };

const CASES: readonly [string, () => object, Body<Shared>, Body<Shared>, Events][] = [
  ['a Lock whose waiters may time out', () => new Lock(), timed(1), timed(2), { timeouts: 2 }],
  [
    'a Lock of which a thread dies',
    () => new Lock(),
    timed(1),
    timed(2),
    { kills: 1, mortal: ['A'], idleSlices: 2, timeouts: 2 },
  ],
  [
    'an RLock of which a thread dies',
    () => new RLock(),
    timed(1),
    timed(2),
    { kills: 1, mortal: ['A'], idleSlices: 2, timeouts: 2 },
  ],
  [
    'a Lock with a loop that may be aborted',
    () => new Lock(),
    timed(1),
    abortable(2),
    { aborts: 1, timeouts: 1 },
  ],
  [
    'the lock of a Condition',
    () => new Condition(new Lock()),
    timed(1),
    abortable(2),
    { aborts: 1, timeouts: 1 },
  ],
  ['the write side of an RWLock', () => new RWLock(), timed(1), timed(2), { timeouts: 2 }],
];

test.each(CASES)('%s ends in the same ways, however much is merged', async (_title, make, A, B, events) => {
  const ways = async (merge: Merging): Promise<string[]> => {
    const ends = new Set<string>();
    await explore<Shared, 'A' | 'B'>({
      name: `${expect.getState().currentTestName ?? ''}, ${merge}`,
      setup: () => ({ primitive: make(), words: new Int32Array(new SharedArrayBuffer(12)) }),
      threads: { A, B },
      preemptions: 1,
      events,
      merge,
      print: false,
      final: ({ words }, outcomes) => ends.add(`${[...words].join()} ${JSON.stringify(outcomes)}`),
    });
    return [...ends].sort();
  };
  const all = await ways('none');
  expect(all.length).toBeGreaterThan(2);
  for (const merge of ['same', 'covered', 'all'] as const) expect(await ways(merge), merge).toEqual(all);
});
