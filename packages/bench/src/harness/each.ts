/** What one call costs, from a loop over many. */

/** Nanoseconds for each of `count` calls; the loop is the caller's, so that nothing is called in between. */
export function each(count: number, loop: (count: number) => void): number {
  const began = performance.now();
  loop(count);
  return ((performance.now() - began) * 1e6) / count;
}

/** The same for a loop that awaits. */
export async function eachAsync(count: number, loop: (count: number) => Promise<void>): Promise<number> {
  const began = performance.now();
  await loop(count);
  return ((performance.now() - began) * 1e6) / count;
}
