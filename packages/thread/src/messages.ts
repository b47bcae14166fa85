/** What a thread and the one that started it tell each other. */
import type { TargetReference, ThreadId, Wire } from '@x/core';

/** Bumped when a message changes its meaning. */
export const BOOT_VERSION = 1;

/** Where the standard output and error of a thread go. */
export type Stdio = 'inherit' | 'pipe' | 'ignore';

/**
 * What a thread with `stdio: 'pipe'` prints. In Node it is a `Readable` of `node:stream`; declared here
 * by what all its users need, so that programs for the web need no types of Node.
 */
export interface ThreadOutput extends AsyncIterable<Uint8Array | string> {
  /** Makes chunks strings. */
  setEncoding(encoding: 'utf8'): unknown;
  /** Calls back for each chunk. */
  on(event: 'data', listener: (chunk: Uint8Array | string) => void): unknown;
  /** Calls back when the thread prints no more. */
  on(event: 'end', listener: () => void): unknown;
  /** Passes everything on to a writable stream. */
  pipe<W>(destination: W): W;
}

/** What a worker begins with that is a thread at once. */
export interface FullBoot extends Boot {
  readonly realm: SharedArrayBuffer;
  /** For `Report` to, and `Order` from, the starting thread. */
  readonly port: unknown;
  readonly stdio: Stdio;
  /** URL of the codec of the packages; see `codecModule` of `@x/core`. */
  readonly codec: string;
  /** One word: 1 as long as the starting thread wants the code of the script, which the first thread that ends makes. */
  readonly codeWanted: SharedArrayBuffer | undefined;
}

/** All that a thread needs to begin. */
export interface Boot {
  readonly '@x/thread': typeof BOOT_VERSION;
  readonly ident: ThreadId;
  readonly name: string;
  readonly target: TargetReference;
  readonly args: Wire;
  /** Modules that register the kinds of primitives which the starting thread knows. */
  readonly modules: readonly string[];
  /**
   * Whether they have to be there when the target begins: the arguments hold primitives, or something was moved, such as
   * a port over which some can come. Otherwise none can reach the thread before its event loop turns.
   */
  readonly needsModules: boolean;
  /** The width of the terminal. */
  readonly columns: number | undefined;
  /** Whether a signal may fire. */
  readonly signalled: boolean;
  readonly delay: Delay | undefined;
}

/** All that a worker of the reserve begins with; an `Assignment` follows over its port. */
export interface SpareBoot {
  readonly '@x/thread:spare': typeof BOOT_VERSION;
  /** The port that becomes the thread's. */
  readonly port: unknown;
  readonly realm: SharedArrayBuffer;
  /** As in `FullBoot`. */
  readonly codec: string;
  /** The width of the terminal. */
  readonly columns: number | undefined;
  /** URL of a module that it loads for practice. */
  readonly rehearsal: string;
  /** One word: `READY` once the worker waits for its thread. */
  readonly ready: SharedArrayBuffer;
}

/** The worker of the reserve has loaded everything and waits. */
export const READY = 1;

/** What a worker of the reserve is told when it becomes a thread. */
export interface Assignment {
  readonly boot: Boot;
  /** The starting thread's environment variables, if they have changed since the worker was made. */
  readonly environment: Readonly<Record<string, string | undefined>> | undefined;
}

/** What a `Timer` waits for before it runs its target. */
export interface Delay {
  readonly ms: number;
  /** One word: not 0 once the timer is cancelled. */
  readonly cancelled: SharedArrayBuffer;
}

/** From a thread to the one that started it. */
export type Report =
  | { readonly type: 'returned'; readonly value: Wire }
  | { readonly type: 'threw'; readonly error: Wire }
  | { readonly type: 'exited'; readonly code: number }
  | { readonly type: 'compiled'; readonly code: Uint8Array }
  /** It prints no more; only the threads that it has started keep its worker. */
  | { readonly type: 'lingers' }
  | Uncaught;

/** An error for the excepthook of an ancestor; passed on until it comes to the one that has it. */
export interface Uncaught {
  readonly type: 'uncaught';
  readonly error: Wire;
  readonly thread: ThreadId;
  readonly name: string;
  readonly hook: ThreadId;
}

/** From the starting thread to the thread. */
export interface Order {
  readonly type: 'abort';
  readonly reason: Wire;
}

export function isBoot(message: unknown): message is FullBoot {
  return (
    typeof message === 'object' &&
    message !== null &&
    (message as Partial<FullBoot>)['@x/thread'] === BOOT_VERSION
  );
}

export function isSpareBoot(data: unknown): data is SpareBoot {
  return (
    typeof data === 'object' &&
    data !== null &&
    (data as Partial<SpareBoot>)['@x/thread:spare'] === BOOT_VERSION
  );
}
