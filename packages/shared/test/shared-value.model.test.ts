import { SharedValue } from '@x/shared';
import { explore, type Body, type ExploreOptions } from '@x/testkit/explorer';
import { expect, test } from 'vitest';

const words = { shared: { 4: 'LOCK', 5: 'SEQ', 6: 'VERSION', 8: 'PLACE0', 10: 'PLACE1' } };

interface Shared {
  readonly shared: SharedValue<number>;
}

// In a buffer of its own length: the explorer keeps copies of it.
const setup = (): Shared => ({
  shared: new SharedValue(0, { maxBytes: 16, buffer: new SharedArrayBuffer(SharedValue.bytesFor(16)) }),
});

const check = <N extends string>(options: Omit<ExploreOptions<Shared, N>, 'words' | 'setup'>) =>
  explore({ ...options, words, setup });

const increment: Body<Shared> = ({ shared }) => {
  shared.update((value) => value + 1);
};

const incrementAsync: Body<Shared> = async ({ shared }) => {
  await shared.updateAsync((value) => value + 1);
};

const counts =
  (total: number) =>
  ({ shared }: Shared): void => {
    expect(shared.get()).toBe(total);
  };

test('two threads that update lose nothing', async () => {
  await check({ name: 'two updates', threads: { A: increment, B: increment }, final: counts(2) });
});

test('three threads that update lose no wake', async () => {
  await check({
    name: 'three updates',
    threads: { A: increment, B: increment, C: increment },
    final: counts(3),
  });
});

test('a thread and a loop', async () => {
  await check({
    name: 'mixed updates',
    threads: { A: increment, B: incrementAsync },
    final: counts(2),
  });
});

test('a reader sees one value or the other, while two are written one after the other', async () => {
  await check({
    name: 'a reader',
    threads: {
      writer: ({ shared }) => {
        shared.set(1);
        shared.set(2);
      },
      reader: ({ shared }, thread) => {
        thread.check([0, 1, 2].includes(shared.get()), 'read something that was never written');
      },
    },
    final: counts(2),
  });
});

test('a writer that is killed at any instruction has changed everything or nothing, and blocks nobody', async () => {
  await check({
    name: 'death of a writer',
    threads: { doomed: increment, other: increment },
    events: { kills: 1, mortal: ['doomed'], idleSlices: 2 },
    final: ({ shared }, { doomed }) => {
      const value = shared.get();
      expect('dead' in doomed ? [1, 2] : [2]).toContain(value);
    },
  });
});
