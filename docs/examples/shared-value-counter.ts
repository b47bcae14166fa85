/** Threads count the letters of texts into one shared value, and the texts in atomic numbers. */
import { AtomicBigInt64, AtomicInt32, SharedValue } from '@x/shared';
import { Thread } from '@x/thread';

type Counts = Record<string, number>;

function count(
  counts: SharedValue<Counts>,
  texts: AtomicInt32,
  units: AtomicBigInt64,
  work: readonly string[],
) {
  for (const text of work) {
    // No other thread can come in between: `update` reads, changes and writes as one step.
    counts.update((before) => {
      const after = { ...before };
      for (const letter of text) after[letter] = (after[letter] ?? 0) + 1;
      return after;
    });
    texts.add(1);
    units.add(BigInt(text.length));
  }
}

const counts = new SharedValue<Counts>({});
const texts = new AtomicInt32(0);
const units = new AtomicBigInt64(0n);
const work = ['banana', 'bandana', 'cabana'];

const threads = [1, 2, 3, 4].map(() => new Thread({ target: count, args: [counts, texts, units, work] }));
for (const thread of threads) thread.start();
for (const thread of threads) thread.result();

const letters = Object.entries(counts.get()).sort(([a], [b]) => a.localeCompare(b));
console.log(letters.map(([letter, n]) => `${letter}: ${n}`).join(', '));
console.log(`${texts.load()} texts, ${units.load()} letters`);
