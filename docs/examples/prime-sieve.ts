/** The primes below two million: threads sieve parts of one array that all of them see. */
import { Thread } from '@x/thread';

/** Marks the composite numbers from `low` up to, not including, `high`, and counts the primes. */
function sieve(composite: Uint8Array, basis: readonly number[], low: number, high: number): number {
  for (const prime of basis) {
    const first = Math.max(prime * prime, Math.ceil(low / prime) * prime);
    for (let n = first; n < high; n += prime) composite[n] = 1;
  }
  let count = 0;
  for (let n = Math.max(low, 2); n < high; n++) count += 1 - composite[n]!;
  return count;
}

/** The primes up to the root of the limit, which decide about all others. */
function smallPrimes(limit: number): number[] {
  const primes: number[] = [];
  for (let n = 2; n * n <= limit; n++) {
    if (primes.every((prime) => n % prime !== 0)) primes.push(n);
  }
  return primes;
}

const LIMIT = 2_000_000;
const PARTS = 4;
const composite = new Uint8Array(new SharedArrayBuffer(LIMIT));
const basis = smallPrimes(LIMIT);

// The parts do not overlap, so that the threads need no lock.
const threads = Array.from({ length: PARTS }, (_, part) => {
  const [low, high] = [part, part + 1].map((edge) => Math.floor((edge * LIMIT) / PARTS));
  return new Thread({ target: sieve, args: [composite, basis, low!, high!] });
});
for (const thread of threads) thread.start();
// What the threads wrote is visible once their results are there.
const total = threads.reduce((sum, thread) => sum + thread.result(), 0);

console.log(`Primes below ${LIMIT}: ${total}`);
console.log('The largest:', composite.lastIndexOf(0));
