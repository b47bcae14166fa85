/** A cache that is read much more often than written: readers do not wait for each other. */
import { RWLock } from '@x/lock';
import { Thread } from '@x/thread';

/** For each number what its sequence costs, 0 if nobody has asked yet; the last word counts computations. */
type Cache = Int32Array;

/** Looks numbers up in an order of its own, and gives the sum of the answers. */
function client(lock: RWLock, cache: Cache, lookups: number, step: number): number {
  const size = cache.length - 1;

  /** Steps of the Collatz sequence from n to 1. */
  const compute = (n: number): number => {
    let steps = 1;
    for (let value = n; value > 1; value = value % 2 ? 3 * value + 1 : value / 2) steps++;
    return steps;
  };

  const lookUp = (n: number): number => {
    const cached = lock.read.with(() => cache[n]!);
    if (cached) return cached;
    return lock.write.with(() => {
      // Between the two locks another thread may have been here.
      if (!cache[n]) {
        cache[n] = compute(n + 1);
        cache[size]!++;
      }
      return cache[n];
    });
  };

  let sum = 0;
  for (let i = 0; i < lookups; i++) sum += lookUp((i * step) % size);
  return sum;
}

const lock = new RWLock({ name: 'cache' });
const cache: Cache = new Int32Array(new SharedArrayBuffer(4 * (100 + 1)));
// With steps that have no factor in common with 100, each client asks for all numbers ten times.
const clients = [1, 3, 7, 9].map((step) => new Thread({ target: client, args: [lock, cache, 1000, step] }));
for (const thread of clients) thread.start();

console.log('Sums:', ...clients.map((thread) => thread.result()));
console.log('Lookups: 4000, computed:', cache[100]);
