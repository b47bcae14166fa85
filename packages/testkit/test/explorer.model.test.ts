/** What the explorer counts, and how it treats sleepers, events and event loops. */
import { ExplorationError, explore, Interrupted, type Body, type ExploreOptions } from '@x/testkit/explorer';
import { agent } from '@x/core';
import { Atomics, performance, setTimeout } from '@x/core/seam';
import { describe, expect, test } from 'vitest';

const memory = (words = 1): Int32Array => new Int32Array(new SharedArrayBuffer(words * 4));
const steps =
  (n: number): Body<unknown> =>
  (_shared, thread) => {
    for (let i = 0; i < n; i++) thread.point();
  };

async function reasonOf<S, N extends string>(options: ExploreOptions<S, N>): Promise<string> {
  try {
    await explore({ ...options, print: false });
  } catch (error) {
    if (error instanceof ExplorationError) return error.reason;
    throw error;
  }
  return 'nothing';
}

describe('enumeration', () => {
  test('two threads of n steps have (2n over n) schedules', async () => {
    const explored = await explore({
      name: 'two times four steps',
      setup: () => undefined,
      threads: { A: steps(4), B: steps(4) },
      preemptions: Infinity,
    });
    expect(explored.schedules).toBe(70);
    // Independent steps meet again and again in the same state.
    expect(explored.runs).toBeLessThan(70);
  });

  test('three threads of two steps have 6! / 2!³ schedules', async () => {
    const threads = { A: steps(2), B: steps(2), C: steps(2) };
    const explored = await explore({
      name: 'three times two',
      setup: () => undefined,
      threads,
      preemptions: Infinity,
    });
    expect(explored.schedules).toBe(90);
  });

  test('a bound of none leaves the orders in which whole threads run', async () => {
    const threads = { A: steps(5), B: steps(5), C: steps(5) };
    const explored = await explore({
      name: 'no preemption',
      setup: () => undefined,
      threads,
      preemptions: 0,
    });
    expect(explored.schedules).toBe(6);
  });

  test('states that are merged change how much is run, not what is counted', async () => {
    const body: Body<Int32Array> = (words) => {
      Atomics.add(words, 0, 1);
      const seen = Atomics.load(words, 1);
      words[2] = seen;
      Atomics.compareExchange(words, 1, seen, seen + words[2] + 1);
    };
    const options = { name: 'merging', setup: () => memory(3), threads: { A: body, B: body, C: body } };
    const none = await explore({ ...options, preemptions: 3, merge: 'none' });
    const same = await explore({ ...options, preemptions: 3, merge: 'same' });
    const all = await explore({ ...options, preemptions: 3 });
    expect(none.runs).toBe(none.schedules);
    expect(same.schedules).toBe(none.schedules);
    expect(same.runs).toBeLessThan(none.runs);
    // What is reached with less left of the bounds counts as one.
    expect(all.schedules).toBeLessThan(none.schedules);
    expect(all.runs).toBeLessThan(same.runs);
  });

  test('it sees every outcome of an increment that is not atomic', async () => {
    const sums = new Set<number>();
    const body: Body<Int32Array> = (words) => {
      for (let i = 0; i < 2; i++) Atomics.store(words, 0, Atomics.load(words, 0) + 1);
    };
    await explore({
      name: 'increments',
      setup: () => memory(),
      threads: { A: body, B: body },
      preemptions: Infinity,
      final: (words) => sums.add(words[0]!),
    });
    expect([...sums].sort()).toEqual([2, 3, 4]);
  });
});

describe('a thread that is run again', () => {
  test('reads and writes plain memory as it did, through any view', async () => {
    const body: Body<{ turn: Int32Array; bytes: Uint8Array }> = ({ turn, bytes }, thread) => {
      while (Atomics.compareExchange(turn, 0, 0, 1) !== 0) Atomics.wait(turn, 0, 1);
      const before = bytes[0]!;
      thread.point();
      bytes[0] = before + 1;
      thread.point();
      bytes[1] = bytes[0] * 2;
      Atomics.store(turn, 0, 0);
      Atomics.notify(turn, 0, 1);
      return before;
    };
    const setup = () => ({ turn: memory(), bytes: new Uint8Array(new SharedArrayBuffer(4)) });
    await explore({
      name: 'plain memory',
      setup,
      threads: { A: body, B: body, C: body },
      final: ({ bytes }, { A, B, C }) => {
        expect([bytes[0], bytes[1]]).toEqual([3, 6]);
        expect([A, B, C].map((outcome) => ('value' in outcome ? outcome.value : 'dead')).sort()).toEqual([
          0, 1, 2,
        ]);
      },
    });
  });

  test('must do the same again', async () => {
    let count = 0;
    const body: Body<Int32Array> = (words) => {
      Atomics.store(words, 0, count++);
      Atomics.load(words, 0);
    };
    const options = { name: 'not deterministic', setup: () => memory(), threads: { A: body, B: body } };
    await expect(explore(options)).rejects.toThrow(/deterministic|depend on shared memory only/);
  });
});

describe('sleep and wake', () => {
  const sleeper: Body<Int32Array> = (words) => Atomics.wait(words, 0, 0);

  test('a sleeper that nobody wakes is stuck', async () => {
    expect(await reasonOf({ name: 'alone', setup: () => memory(), threads: { A: sleeper } })).toBe(
      'nothing can happen any more: A sleeps on shared[0]',
    );
  });

  test('a notify takes the sleepers in the order in which they came, promises among them', async () => {
    const outcomes = new Set<string>();
    const loop: Body<Int32Array> = async (words) => {
      const wait = Atomics.waitAsync(words, 0, 0);
      return wait.async ? `async ${await wait.value}` : wait.value;
    };
    const notifier: Body<Int32Array> = (words) => {
      const woken = [Atomics.notify(words, 0, 1), Atomics.notify(words, 0, 1), Atomics.notify(words, 0)];
      // Whoever comes later finds the word changed.
      Atomics.store(words, 0, 1);
      return [...woken, Atomics.notify(words, 0)].join('');
    };
    await explore({
      name: 'order of wakes',
      setup: () => memory(),
      threads: { A: sleeper, B: loop, N: notifier },
      preemptions: Infinity,
      final: (_words, results) => {
        outcomes.add(
          Object.values(results)
            .map((outcome) => String('value' in outcome && outcome.value))
            .join(' '),
        );
      },
    });
    expect([...outcomes]).toContain('ok async ok 1100');
    expect([...outcomes]).toContain('not-equal not-equal 0000');
    expect([...outcomes]).toContain('ok async ok 0002');
  });

  test('a time-out passes on the virtual clock, and only as often as allowed', async () => {
    const body: Body<Int32Array> = (words) => {
      const began = performance.now();
      return [Atomics.wait(words, 0, 0, 30), performance.now() - began];
    };
    const options = { name: 'time-out', setup: () => memory(), threads: { A: body }, print: false };
    expect(await reasonOf(options)).toContain('A sleeps');
    await explore({
      ...options,
      events: { timeouts: 1 },
      final: (_words, { A }) => {
        expect(A).toEqual({ value: ['timed-out', 30] });
      },
    });
  });
});

describe('events', () => {
  test('timers fire in any order, and a cleared one never', async () => {
    const orders = new Set<string>();
    await explore({
      name: 'timers',
      setup: () => memory(),
      threads: {
        A: async () => {
          const order: string[] = [];
          const timer = (name: string) =>
            new Promise<void>((resolve) => {
              setTimeout(() => {
                order.push(name);
                resolve();
              }, 5);
            });
          await Promise.all([timer('x'), timer('y')]);
          return order.join('');
        },
      },
      events: { timeouts: 2 },
      final: (_words, { A }) => {
        orders.add(String('value' in A && A.value));
      },
    });
    expect([...orders].sort()).toEqual(['xy', 'yx']);
  });

  test('a signal fires at any turn, or never', async () => {
    const outcomes = new Set<unknown>();
    await explore({
      name: 'signal',
      setup: () => memory(),
      threads: {
        A: async (words, thread) => {
          const signal = thread.signal();
          const wait = Atomics.waitAsync(words, 0, 0);
          if (!wait.async) return wait.value;
          return Promise.race([
            wait.value,
            new Promise((resolve) => {
              signal.addEventListener('abort', () => {
                resolve((signal.reason as Error).name);
              });
            }),
          ]);
        },
        B: (words) => {
          Atomics.store(words, 0, 1);
          Atomics.notify(words, 0);
        },
      },
      events: { aborts: 1 },
      final: (_words, { A }) => outcomes.add('value' in A && A.value),
    });
    expect([...outcomes].sort()).toEqual(['AbortError', 'not-equal', 'ok']);
  });

  test('a thread dies at every step, and one that sleeps is taken out of the queue', async () => {
    const seen = new Set<string>();
    await explore({
      name: 'death',
      setup: () => memory(2),
      threads: {
        A: (words) => {
          Atomics.store(words, 1, 1);
          Atomics.wait(words, 0, 0);
          Atomics.store(words, 1, 2);
        },
        B: (words) => {
          Atomics.store(words, 0, 1);
          return Atomics.notify(words, 0);
        },
      },
      events: { kills: 1, mortal: ['A'] },
      final: (words, { A, B }) => {
        seen.add(
          `${'dead' in A ? 'dead' : 'alive'} at ${words[1]}, woken ${String('value' in B && B.value)}`,
        );
      },
    });
    expect([...seen].sort()).toEqual([
      'alive at 2, woken 0',
      'alive at 2, woken 1',
      'dead at 0, woken 0',
      'dead at 1, woken 0',
      'dead at 1, woken 1',
    ]);
  });

  test('a thread dies after an operation, and before or after the plain writes that follow', async () => {
    const seen = new Set<string>();
    for (const isOpen of [false, true]) {
      seen.clear();
      await explore({
        name: `death between writes${isOpen ? ', unseen' : ''}`,
        setup: () => memory(2),
        threads: {
          A: (shared) => {
            const words = isOpen ? new Int32Array(shared.buffer) : shared;
            Atomics.store(words, 0, 1);
            words[1] = 2;
            Atomics.store(words, 0, 3);
          },
        },
        events: { kills: 1 },
        final: (words, { A }) => seen.add(`${'dead' in A ? 'dead' : 'alive'} ${[...words].join()}`),
      });
      expect([...seen].sort()).toEqual(['alive 3,2', 'dead 0,0', 'dead 1,0', 'dead 1,2']);
    }
  });

  test('an error of a thread is a failure, and so is one of an event', async () => {
    const threads = {
      A: (): never => {
        throw new RangeError('oh');
      },
    };
    expect(await reasonOf({ name: 'error', setup: () => undefined, threads })).toBe(
      'A ended with RangeError: oh',
    );
    const late = {
      A: async () => {
        setTimeout(() => {
          throw new Error('late');
        }, 1);
      },
    };
    expect(
      await reasonOf({ name: 'late', setup: () => undefined, threads: late, events: { timeouts: 1 } }),
    ).toBe('A: an event threw Error: late');
  });

  test('a schedule without an end is a failure', async () => {
    const threads = {
      A: (words: Int32Array) => {
        while (Atomics.load(words, 0) === 0);
      },
    };
    expect(await reasonOf({ name: 'endless', setup: () => memory(), threads })).toMatch(/no end after/);
  });

  test('an invariant is looked at before every step', async () => {
    const body: Body<Int32Array> = (words) => {
      Atomics.store(words, 0, 1);
      Atomics.store(words, 0, 0);
    };
    const reason = await reasonOf({
      name: 'invariant',
      setup: () => memory(),
      threads: { A: body },
      invariant: (words) => {
        if (words[0] !== 0) throw new Error('not zero');
      },
    });
    expect(reason).toBe('invariant: Error: not zero');
  });

  test('an interruption is an error of its own', () => {
    expect(new Interrupted('x')).toMatchObject({ name: 'Interrupted' });
  });
});

describe('replay', () => {
  test('a string that is no schedule, or fits no more, is refused', async () => {
    const options = { name: 'replay', setup: () => undefined, threads: { A: steps(2), B: steps(2) } };
    await expect(explore({ ...options, replay: 'nonsense' })).rejects.toThrow(RangeError);
    await expect(explore({ ...options, replay: 'p3/0.7' })).rejects.toThrow('does not fit');
    await expect(explore({ ...options, replay: 'p3/1.1' })).rejects.toThrow('does not fail any more');
  });
});

describe('slices', () => {
  /** Sleeps in slices until the word has changed; counts its looks in a word of its own. */
  const looking =
    (own: number): Body<Int32Array> =>
    (words) => {
      while (Atomics.load(words, 0) === 0 && words[own]! < 3) {
        Atomics.wait(words, 0, 0, agent().slice);
        words[own]!++;
      }
      return words[own];
    };

  test('all sleepers have equally many while nothing else can happen', async () => {
    await explore({
      name: 'idle slices',
      setup: () => memory(3),
      threads: { A: looking(1), B: looking(2) },
      events: { idleSlices: 3 },
      invariant: (words) => {
        expect(Math.abs(words[1]! - words[2]!)).toBeLessThanOrEqual(1);
      },
      final: (_words, outcomes) => {
        expect(outcomes).toEqual({ A: { value: 3 }, B: { value: 3 } });
      },
    });
  });

  test('without them a sleeper that relies on looking again is stuck', async () => {
    const threads = { A: looking(1) };
    expect(await reasonOf({ name: 'no slices', setup: () => memory(3), threads })).toContain('A sleeps');
  });
});

describe('what a model may leave out or do itself', () => {
  test('loads of a word that stands still are no points; all else on it is one', async () => {
    const options = {
      name: 'still',
      setup: () => ({ word: memory() }),
      threads: {
        A: ({ word }: { word: Int32Array }) => {
          for (let i = 0; i < 3; i++) Atomics.load(word, 0);
          Atomics.add(word, 0, 1);
        },
        B: ({ word }: { word: Int32Array }) => Atomics.add(word, 0, 1),
      },
      preemptions: Infinity,
    };
    const all = await explore({ ...options, print: false });
    const fewer = await explore({ ...options, still: ['word[0]'], print: false });
    expect([all.schedules, fewer.schedules]).toEqual([5, 2]);
  });

  test('a thread that is killed by another one does nothing more, wherever it is', async () => {
    const seen = new Set<number>();
    await explore({
      name: 'kill',
      setup: () => ({ word: memory(), held: memory() }),
      threads: {
        A: ({ word, held }) => {
          Atomics.add(word, 0, 1);
          Atomics.add(word, 0, 1);
          Atomics.wait(held, 0, 0);
        },
        B: (_shared, thread) => {
          thread.kill('A');
        },
      },
      final: ({ word }, { A }) => {
        expect(A).toEqual({ dead: true });
        seen.add(word[0]!);
      },
      print: false,
    });
    expect([...seen].sort()).toEqual([0, 1, 2]);
  });

  test('a time that is called a slice ends when nothing else can happen', async () => {
    const options = {
      name: 'slice',
      setup: () => ({ word: memory() }),
      threads: { A: ({ word }: { word: Int32Array }) => Atomics.wait(word, 0, 0, 25) },
    };
    expect(await reasonOf(options)).toContain('nothing can happen any more');
    expect(await reasonOf({ ...options, events: { sliceMs: [25], idleSlices: 1 } })).toBe('nothing');
  });
});
