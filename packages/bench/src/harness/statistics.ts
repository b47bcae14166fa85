/** The few statistics that the table needs. */

/** The middle value; of an even number of values the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  if (values.length === 0) return NaN;
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Median and extremes of a few runs. With five runs a deviation would say less than the extremes do. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** Summarises the values of all runs. */
export function spreadOf(values: readonly number[]): Spread {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) };
}

/** Ratios run by run: what was measured close together in time is compared, and only that. */
export function ratios(ours: readonly number[], theirs: readonly number[]): number[] {
  const count = Math.min(ours.length, theirs.length);
  return Array.from({ length: count }, (_, run) => ours[run]! / theirs[run]!);
}
