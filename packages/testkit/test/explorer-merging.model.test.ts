/** What is not explored twice: with it and without it the same is found, in programs made up at random. */
import { explore, type Body, type Events, type Merging } from '@x/testkit/explorer';
import { random as randomOf, type Random } from '../src/random.js';
import { Atomics, performance } from '@x/core/seam';
import { describe, expect, test } from 'vitest';

const WORDS = 3;
const MERGINGS: readonly Merging[] = ['same', 'covered', 'all'];

type Step = (words: Int32Array, seen: number) => unknown;

/** A step that does what a thread may do with a word; what it does depends on what the thread has seen. */
function stepOf(random: Random): Step {
  const index = random.int(0, WORDS - 1);
  const other = random.int(0, WORDS - 1);
  const value = random.int(1, 2);
  const steps: readonly Step[] = [
    (words) => Atomics.load(words, index),
    (words) => Atomics.store(words, index, value),
    (words, seen) => Atomics.add(words, index, seen === 0 ? 1 : value),
    (words, seen) => Atomics.compareExchange(words, index, seen & 1, value),
    (words) => `${Atomics.wait(words, index, 0, 50)} at ${performance.now()}`,
    (words) => Atomics.notify(words, index, value),
    // Data that is not accessed atomically, before and after a point.
    (words) => words[index]! + Atomics.load(words, other),
    (words) => Atomics.exchange(words, other, 2) * 10 + words[index]!,
    (words, seen) => (words[index] = (words[other]! + seen) & 3),
  ];
  return random.pick(steps);
}

/** Some steps; the outcome is all that was seen, or nothing. */
function bodyOf(random: Random): Body<Int32Array> {
  const steps = Array.from({ length: random.int(2, 5) }, () => stepOf(random));
  // Through a view of its own, nobody sees what it reads.
  const isOpen = random.chance(0.2);
  const isSilent = random.chance(0.3);
  return (shared) => {
    const words = isOpen ? new Int32Array(shared.buffer) : shared;
    const seen: string[] = [];
    let last = 0;
    for (const step of steps) {
      const result = step(words, last);
      last = typeof result === 'number' ? result : 1;
      seen.push(String(result));
    }
    return isSilent ? undefined : seen.join();
  };
}

function eventsOf(random: Random): Events {
  return {
    // As many as there may be waits, or a sleeper would count as stuck.
    timeouts: 12,
    ...(random.chance(0.3) && { kills: 1, mortal: ['A'] }),
    ...(random.chance(0.5) && { starves: 1 }),
  };
}

interface Ends {
  readonly ends: readonly string[];
  readonly runs: number;
  readonly schedules: number;
}

async function endsOf(seed: number, merge: Merging): Promise<Ends> {
  const random = randomOf(seed);
  const threads: Record<string, Body<Int32Array>> = { A: bodyOf(random), B: bodyOf(random) };
  const three = random.chance(0.5);
  if (three) threads['C'] = bodyOf(random);
  const ends = new Set<string>();
  const { runs, schedules } = await explore({
    name: `program ${seed}, ${merge}`,
    setup: () => new Int32Array(new SharedArrayBuffer(WORDS * 4)),
    threads,
    preemptions: random.chance(0.2) ? Infinity : three ? 1 : 2,
    events: eventsOf(random),
    merge,
    print: false,
    final: (words, outcomes) => ends.add(`${[...words].join()} ${JSON.stringify(outcomes)}`),
  });
  return { ends: [...ends].sort(), runs, schedules };
}

describe.each(Array.from({ length: 120 }, (_, i) => i + 1))('program %i', (seed) => {
  test('ends in the same ways, however much is merged', async () => {
    const all = await endsOf(seed, 'none');
    const merged: Ends[] = [];
    for (const merge of MERGINGS) merged.push(await endsOf(seed, merge));
    expect(all.schedules).toBe(all.runs);
    let { runs } = all;
    for (const [i, more] of merged.entries()) {
      expect(more.ends, MERGINGS[i]).toEqual(all.ends);
      expect(more.runs).toBeLessThanOrEqual(runs);
      runs = more.runs;
    }
    // What is counted is never more than there is, and all of it where nothing else is merged.
    expect(merged[0]?.schedules).toBe(all.schedules);
    expect(merged[2]?.schedules).toBeLessThanOrEqual(all.schedules);
  });
});

test('whether somebody is stuck depends on the time-outs that are left', async () => {
  // If A sleeps before B has stored, it uses up the only time-out, and nobody can tell afterwards.
  const sleeper: Body<Int32Array> = (words) => {
    Atomics.wait(words, 0, 0, 50);
  };
  const storer: Body<Int32Array> = (words) => {
    Atomics.store(words, 0, 1);
    Atomics.wait(words, 1, 0, 50);
    Atomics.notify(words, 0);
  };
  for (const merge of ['none', ...MERGINGS] as const) {
    const exploration = explore({
      name: `stuck, ${merge}`,
      setup: () => new Int32Array(new SharedArrayBuffer(8)),
      threads: { B: storer, A: sleeper },
      events: { timeouts: 1 },
      preemptions: Infinity,
      merge,
    });
    await expect(exploration).rejects.toThrow('nothing can happen any more: B sleeps');
  }
});
