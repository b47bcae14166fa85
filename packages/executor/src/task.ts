/** A task, as the thread that submitted it keeps it: what is to be run, where it is, and its future. */
import type { Wire } from '@x/core';
import { settle, type CancelOptions, type Future, type FutureTask } from './future.js';
import type { RawView } from './raw.js';
import type { NumberRecord } from './records.js';
import type { Numbers } from './scalars.js';
import type { Submitter } from './submitter.js';

/** How a task is to be run; checked already. */
export interface TaskOptions {
  /** Milliseconds that it may run. */
  readonly timeout?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly transfer?: readonly unknown[] | undefined;
  /** The arguments are a list of argument lists; the result is the list of results. */
  readonly chunk?: boolean | undefined;
}

/** Arguments as they wait in this thread's memory. */
export type Payload = Uint8Array | Numbers | NumberRecord | Wire | Raw;

/** A large typed array that is the only argument. */
export class Raw {
  readonly view: RawView;
  readonly type: number;

  constructor(view: RawView, type: number) {
    this.view = view;
    this.type = type;
  }

  slice(): Raw {
    return new Raw(this.view.slice(), this.type);
  }
}

export class Task implements FutureTask {
  readonly submitter: Submitter;
  readonly target: number;
  readonly future: Future<unknown>;
  /** Milliseconds that it may run, if that is limited. */
  readonly timeout: number | undefined;
  readonly chunk: boolean;
  /** What was encoded but is not in a slot yet, or has to be posted again. */
  payload: Payload | undefined;
  /** What `payload` moves when it is posted. */
  transfer: readonly unknown[] | undefined;
  /** The slot, or -1 while the task waits in this thread's memory. */
  slot = -1;
  generation = 0;
  /** Where its last cell is in the ring. */
  position = 0;
  /** Takes alarms and listeners back. */
  release: (() => void) | undefined;
  /** Whether it threw, or was broken. */
  failed = false;
  /** What it returned or threw. */
  value: unknown = undefined;
  /** The future is settled, or about to be. */
  settled = false;

  constructor(submitter: Submitter, target: number, timeout: number | undefined, chunk: boolean) {
    this.submitter = submitter;
    this.target = target;
    this.timeout = timeout;
    this.chunk = chunk;
    this.future = settle.create(this);
  }

  /** Says how it has ended. */
  end(failed: boolean, value: unknown): this {
    this.failed = failed;
    this.value = value;
    return this;
  }

  isRunning(): boolean {
    return this.submitter.isRunning(this);
  }

  cancel(options: CancelOptions): boolean {
    return this.submitter.cancel(this, options);
  }

  block(timeout: number): void {
    this.submitter.blockOn(this, timeout);
  }

  refresh(): void {
    this.submitter.tend();
  }
}
