/** What is measured: a row of the table, its contestants, and what it has to reach. */

/** Which question a row answers. The four are never mixed in one number. */
export type Category = 'start-up' | 'empty round trip' | 'throughput' | 'real work' | 'footprint';

/** What a contestant is told before it is measured. */
export interface Context {
  /** Fewer operations, for a quick look. */
  readonly quick: boolean;
  /** Iterations of `spin` that take about a millisecond on this machine, the same for everybody in a run. */
  readonly spinsPerMs: number;
}

/** A contestant that is ready to run. */
export interface Measurement {
  /** Measures once, in the row's unit. */
  slice: () => number | Promise<number>;
  /** Ends threads and pools. */
  close?: (() => unknown) | undefined;
}

/** One way of doing what the row is about. */
export interface Contestant {
  readonly name: string;
  readonly role: 'ours' | 'peer' | 'baseline';
  /** Says why this contestant cannot run on this machine, if so. */
  readonly missing?: () => string | undefined;
  readonly prepare: (context: Context) => Measurement | Promise<Measurement>;
}

/** What `ours` has to reach. Ratios are ours divided by theirs, in the row's unit. */
export interface Target {
  /** A contestant's name; `best peer` is the one with the best median; `nothing`: the value itself counts. */
  readonly against: string;
  readonly atMost?: number;
  readonly atLeast?: number;
}

export interface Row {
  readonly id: string;
  readonly what: string;
  readonly category: Category;
  readonly unit: string;
  readonly better: 'lower' | 'higher';
  readonly contestants: readonly Contestant[];
  readonly targets: readonly Target[];
  /**
   * True: one process measures all contestants in turn, slice by slice, so that a change of the clock rate hits
   * all alike. False: each has a process of its own, so that none is slowed by what another left in the heap.
   */
  readonly together?: boolean;
  /** Slices that are measured and thrown away first. Default 2. */
  readonly warmUp?: number;
  /** So many milliseconds are thrown away at least: where a slice is short, until the engine has optimised what runs. Default 0. */
  readonly warmUpMs?: number;
  /** Slices per run, of which the median counts. Default 5. */
  readonly slices?: number;
}

/** The number of operations for a slice. */
export function scaled(context: Context, count: number): number {
  return context.quick ? Math.max(1, Math.round(count / 5)) : count;
}
