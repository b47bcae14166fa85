/** What the harness and the workers it starts say to each other. */
import type { SharedMessage } from '@x/core';
import type { Checkpoints } from './checkpoints.js';

/** Status words of a worker: its native thread id once it runs the fixture, and its pending async waits. */
export const STARTED_WORD = 0;
export const PENDING_WORD = 1;
export const STATUS_WORDS = 2;

/** What a fixture gets besides its value. */
export interface WorkerKit {
  /** This worker's view of the test's checkpoints. */
  checkpoints(buffer: SharedArrayBuffer): Checkpoints;
  /** This thread's id in the realm. */
  readonly id: number;
}

/** A fixture as the worker sees it. */
export type Fixture = (value: unknown, kit: WorkerKit) => unknown;

/** A message of the codec, with the modules whose kinds it needs. */
export type Wired = SharedMessage & { readonly modules: readonly string[] };

export interface WorkerOrder {
  /** Source of a self-contained function, or undefined if `module` has it as its default export. */
  readonly source: string | undefined;
  readonly module: string | undefined;
  /** URL against which the fixture's relative imports resolve. */
  readonly base: string;
  readonly value: Wired;
  readonly status: SharedArrayBuffer;
}

export interface WorkerReport {
  readonly ok: boolean;
  readonly value: SharedMessage;
}
