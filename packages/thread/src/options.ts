/** What a thread is made from, and checking it before anything is started. */
import { describe } from '@x/core';
import type { Stdio } from './messages.js';

/** A function that can be the target of a thread. */
export type TargetFunction = (...args: never[]) => unknown;

/** Memory limits of a thread's JavaScript engine, as `worker_threads` has them; in megabytes. */
export interface ResourceLimits {
  /** The heap for recent objects. */
  readonly maxYoungGenerationSizeMb?: number | undefined;
  /** The main heap; at least 3. */
  readonly maxOldGenerationSizeMb?: number | undefined;
  /** Memory for generated code. */
  readonly codeRangeSizeMb?: number | undefined;
  /** The thread's stack; 4 by default, at least 0.25. */
  readonly stackSizeMb?: number | undefined;
}

/** The options that do not depend on the target. */
export interface BaseThreadOptions {
  /** For people; default `Thread-N (name of the target)`. */
  readonly name?: string | undefined;
  /** Whether the process may end while the thread runs. Default: that of the current thread; false in the main thread. */
  readonly daemon?: boolean | undefined;
  /** When it fires, `currentThread().signal` in the thread does, too, and its blocking waits end with the reason. */
  readonly signal?: AbortSignal | undefined;
  /** Parts of `args` that are moved instead of copied: `ArrayBuffer`, `MessagePort` and the like. */
  readonly transfer?: readonly object[] | undefined;
  /** The thread is ended when it needs more; its joiners get an error. With too little to begin at all (a few MB) a starter that blocks learns of it on Linux only. */
  readonly resourceLimits?: ResourceLimits | undefined;
  /** Where the thread's output goes: `inherit` (default) writes it at once to the process's own, `pipe` to `stdout` and `stderr` of the thread object, `ignore` drops it. */
  readonly stdio?: Stdio | undefined;
}

/** `args` must be given unless the target can be called without. */
export type ArgsOption<F extends TargetFunction> =
  [] extends Parameters<F>
    ? { readonly args?: Readonly<Parameters<F>> | undefined }
    : { readonly args: Readonly<Parameters<F>> };

/** The options of a thread. */
export type ThreadOptions<F extends TargetFunction> = BaseThreadOptions &
  ArgsOption<F> & {
    /** What the thread runs: a self-contained function, or a target of `targetsFrom`. */
    readonly target: F;
  };

/** Throws `TypeError` for options that are not what they should be. The target is checked by `captureTarget`. */
export function checkOptions(options: Readonly<Record<string, unknown>>): void {
  const { args, name, daemon, signal, transfer, resourceLimits, stdio } = options;
  if (args !== undefined && !Array.isArray(args)) throw wrong('args', 'an array', args);
  if (name !== undefined && typeof name !== 'string') throw wrong('name', 'a string', name);
  if (daemon !== undefined && typeof daemon !== 'boolean') throw wrong('daemon', 'a boolean', daemon);
  if (signal !== undefined && !isSignal(signal)) {
    throw wrong('signal', 'an AbortSignal', signal);
  }
  if (transfer !== undefined && !Array.isArray(transfer)) throw wrong('transfer', 'an array', transfer);
  if (resourceLimits !== undefined && (typeof resourceLimits !== 'object' || resourceLimits === null)) {
    throw wrong('resourceLimits', 'an object', resourceLimits);
  }
  if (resourceLimits !== undefined) checkLimits(resourceLimits as Readonly<Record<string, unknown>>);
  if (stdio !== undefined && !['inherit', 'pipe', 'ignore'].includes(stdio as string)) {
    throw new TypeError(
      `stdio must be 'inherit', 'pipe' or 'ignore', got ${typeof stdio === 'string' ? `'${stdio}'` : describe(stdio)}`,
    );
  }
}

/** What each limit has to be at least, in MB: with less, Node does not end the thread but the whole process. */
const LEAST_MB = {
  maxYoungGenerationSizeMb: 0,
  maxOldGenerationSizeMb: 3,
  codeRangeSizeMb: 0,
  stackSizeMb: 0.25,
};

function checkLimits(limits: Readonly<Record<string, unknown>>): void {
  for (const [name, least] of Object.entries(LEAST_MB)) {
    const given = limits[name];
    if (given === undefined) continue;
    if (typeof given !== 'number') throw wrong(`resourceLimits.${name}`, 'a number', given);
    if (!(given > 0 && given >= least)) {
      const range = least === 0 ? 'above 0' : `${least} or more`;
      throw new RangeError(`resourceLimits.${name} must be ${range}, in megabytes, got ${given}`);
    }
  }
}

function isSignal(value: unknown): value is AbortSignal {
  return typeof value === 'object' && value !== null && 'throwIfAborted' in value;
}

function wrong(option: string, expected: string, value: unknown): TypeError {
  return new TypeError(`${option} must be ${expected}, got ${describe(value)}`);
}
