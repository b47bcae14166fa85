/**
 * What both sides of the differential check run: scripts, each for one primitive and three threads.
 *
 * A script fixes which thread does what and when. Whether a step blocks, and which operations end with it, a
 * small model says while the script is made, so that both sides know whom to wait for; what the operations
 * return it does not say: that is compared.
 */

/** One operation of one thread. */
export interface Step {
  readonly thread: number;
  readonly op: string;
  readonly args: readonly (number | boolean | string | null)[];
  /** Whether the operation blocks until a later step. */
  readonly blocks: boolean;
  /** The threads whose operation ends with this step. */
  readonly ends: readonly number[];
}

export interface Script {
  readonly kind: string;
  /** Arguments of the primitive's constructor. */
  readonly make: readonly (number | string | null)[];
  readonly steps: readonly Step[];
}

/** How an operation ended: with a value, or with an error of that name. */
export type Outcome = { readonly value: unknown } | { readonly error: string };

/** Of each script, of each step, how its operation ended; `null` if it never did. */
export type Outcomes = readonly (readonly (Outcome | null)[])[];

export const THREADS = 3;

/** A time-out that expires, in milliseconds. */
export const EXPIRES = 2;

/** What a model says of an operation that a thread may do now. */
export interface Move {
  readonly op: string;
  readonly args?: Step['args'];
  readonly blocks?: boolean;
  /** The other threads whose operations end, besides this one where it does not block. */
  readonly frees?: readonly number[];
}

/** A model: follows who holds what and who is blocked. */
export interface Model {
  readonly make: Script['make'];
  /** What the thread may do next; the model changes as if it had done it. */
  move(thread: number): Move;
  /** One more operation towards an end in which nobody is blocked; undefined when it is reached. */
  settle(idle: readonly number[]): (Move & { readonly thread: number }) | undefined;
}
