/** Seeded random numbers, so that a failing run can be repeated: print the seed with the failure. */

export interface Random {
  readonly seed: number;
  /** A number from 0 up to, not including, 1. */
  next(): number;
  /** A whole number from `low` to `high`, both included. */
  int(low: number, high: number): number;
  /** True with the given probability. */
  chance(probability: number): boolean;
  /** One of the items. */
  pick<T>(items: readonly T[]): T;
  /** A generator of its own, for another thread: independent, and decided by this one's seed. */
  fork(): Random;
}

/**
 * Numbers that the seed decides (mulberry32). Self-contained, so that its source can travel to a worker.
 *
 * @param seed a 32-bit integer. Default: `TEST_SEED` from the environment, else fixed
 */
export function random(seed: number = Number(process.env['TEST_SEED'] ?? 0x5eed) | 0): Random {
  let state = seed | 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  return {
    seed,
    next,
    int: (low, high) => low + Math.floor(next() * (high - low + 1)),
    chance: (probability) => next() < probability,
    pick: (items) => items[Math.floor(next() * items.length)]!,
    fork: () => random(Math.floor(next() * 4294967296)),
  };
}
