/** Work that takes a known time and touches no memory. */

/** Keeps a core busy for so many rounds; returns a number that depends on all of them, so that none is left out. */
export function spin(rounds: number): number {
  let x = 1;
  for (let i = 0; i < rounds; i++) x = (Math.imul(x, 1664525) + 1013904223) | 0;
  return x;
}

/** Rounds of `spin` that take a millisecond here: the fastest of several tries, since others slow it only down. */
export function calibrate(): number {
  let best = 0;
  const rounds = 2_000_000;
  for (let attempt = 0; attempt < 20; attempt++) {
    const began = performance.now();
    if (spin(rounds) === 0.5) throw new Error('unreachable');
    best = Math.max(best, rounds / (performance.now() - began));
  }
  return Math.round(best);
}
