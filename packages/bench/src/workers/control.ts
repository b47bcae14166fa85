/** How a crowd of contending threads is led; see `contend.ts` and `peers/crowd.ts`. */

/** Words by which the crowd is led. */
export const Control = { ROUND: 0, READY: 1, DONE: 2, COUNTER: 3, WORDS: 4 } as const;

/** Two numbers for each seat: when its thread began and ended the round, in nanoseconds of the common clock. */
export const LAP = 2;

/** What a contending thread is started with. */
export interface ContendOrder {
  readonly control: SharedArrayBuffer;
  readonly laps: SharedArrayBuffer;
  /** A name in `operations`. */
  readonly operation: string;
  /** What `toShared` made, or plain shared memory. */
  readonly shared: unknown;
  /** This thread's place among the others. */
  readonly seat: number;
  readonly threads: number;
  readonly iterations: number;
  /** Rounds of `spin` while it is held, and after the release. */
  readonly inside: number;
  readonly outside: number;
}
