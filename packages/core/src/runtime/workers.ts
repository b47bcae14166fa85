/**
 * Workers: starting them, ending them, talking to them, and what a worker asks of its own thread. A
 * module of its own, so that primitives do not carry it.
 */
import { nodeWorkers } from './workers-node.js';

/** One end of a channel between two threads. */
export interface Port {
  /** Sends a message, which is cloned; `transfer` is handed over instead. */
  postMessage(message: unknown, transfer?: readonly unknown[]): void;
  /**
   * Takes messages as they come, until the function that is returned is called. Does not keep the event loop alive.
   *
   * @param onUnreadable called with the reason for one that cannot be made here: this thread's stack may be smaller
   */
  onMessage(callback: (message: unknown) => void, onUnreadable?: (error: unknown) => void): () => void;
  /** Takes the next message that has come, without a turn of the event loop. Throws, once, for one that cannot be made here. */
  receiveNow(): { readonly message: unknown } | undefined;
  /** Lets the port keep the event loop alive, or not. */
  keepAlive(keep: boolean): void;
  /**
   * Whether the thread at the other end is gone, without a turn of the event loop. False where that
   * cannot be told. Messages that came before have to be received first.
   */
  isOrphaned(): boolean;
  /** Closes both ends; what has been sent already can still be received. */
  close(): void;
  /** What `postMessage` transfers. */
  readonly transferable: unknown;
}

/** A worker as the thread that started it sees it. */
export interface WorkerHandle {
  /** Sends the worker a message. */
  postMessage(message: unknown, transfer: readonly unknown[]): void;
  /** Ends it, also while this thread's event loop is blocked; its native thread is gone soon afterwards. */
  terminate(): void;
  /**
   * Whether its native thread is gone, without a turn of the event loop; for one with limits of memory, which may be too
   * small to get as far as taking its port. False where that cannot be told.
   */
  isGone(): boolean;
  /** The worker's standard output as a stream, where the platform has one. */
  readonly stdout: unknown;
  /** The worker's standard error as a stream, where the platform has one. */
  readonly stderr: unknown;
  /** Calls back once its native thread has ended, with the error that ended it, if any. */
  onEnd(callback: (error: unknown) => void): void;
}

/** What a worker runs. */
export interface Program {
  /** A file that works as a module and as the text of a script, and runs the script that it finds in its data. */
  readonly entry: URL;
  /** The script: the text of a function that takes `ProgramMeans`. */
  readonly script: URL;
}

/** What the entry finds as the worker's data. */
export interface ProgramData {
  /** The text of the script. */
  readonly source: string;
  /** The script's URL, for stacks and debuggers. */
  readonly url: string;
  /** The path of the entry: a worker that runs a text has none in `process.argv`. */
  readonly path: string;
  /** What V8 has made of the script, if another worker has sent it: compiling takes longer than all that a thread does. */
  code: Uint8Array | undefined;
  /** What `Workers.start` was given. */
  readonly data: unknown;
}

/** What a script is given. */
export interface ProgramMeans {
  /** What `Workers.start` was given. */
  readonly data: unknown;
  /** An `import()` that works in scripts. */
  readonly importModule: (url: string) => Promise<unknown>;
  /** The code of all of the script that has been compiled by now. */
  readonly makeCode: () => Uint8Array;
}

/** How a worker is started. */
export interface WorkerStart {
  /** What the worker reads as its data; cloned. */
  readonly data: unknown;
  /** What `makeCode` has given to another worker with this program; it is ignored if it does not fit. */
  readonly code: Uint8Array | undefined;
  /** What of the data is handed over instead of cloned. */
  readonly transfer: readonly unknown[];
  /** Name of the worker, for debuggers. */
  readonly name: string;
  /** Limits of memory, where the platform has them. */
  readonly resourceLimits: object | undefined;
  /** Whether its standard output and error become streams of the handle. */
  readonly pipe: boolean;
}

/** What the platform does for threads. */
export interface Workers {
  /** Starts a worker, which does not keep this thread's event loop alive. Throws if the data cannot be cloned. */
  start(program: Program, options: WorkerStart): WorkerHandle;
  /** Makes a handle of a worker that the user has started. Throws `TypeError` if it is none. */
  adopt(worker: unknown): WorkerHandle;
  /** Two ports that lead to each other. */
  channel(): readonly [Port, Port];
  /** A port that came with the worker's data. */
  port(transferred: unknown): Port;
  /** Messages that `WorkerHandle.postMessage` sends, in the worker. */
  onPost(callback: (message: unknown) => void): void;
  /** Ends this thread; in the main thread the process. */
  exit(code: number): never;
  /** Called with errors that nobody has caught, instead of what the platform does then. Not if the user listens, too. */
  onUncaught(callback: (error: unknown) => void): void;
  /** Called when the thread is about to exit, with the exit code. */
  onExit(callback: (code: number) => void): void;
  /** Text that shows any value, as the console does; for errors with stack, cause and own properties. */
  inspect(value: unknown): string;
  /**
   * Ends this thread's standard streams; resolves once all that was written has reached the thread that has their other
   * end. What is written afterwards is dropped.
   */
  endOutput(): Promise<void>;
  /** Writes to a standard stream's file descriptor at once. Returns how many bytes it took, 0 if it is full. */
  write(descriptor: 1 | 2, bytes: Uint8Array): number;
  /** Makes this thread's standard streams write through a function; `columns` is asked for the width of a terminal. */
  replaceOutput(
    write: (descriptor: 1 | 2, bytes: Uint8Array) => void,
    columns: () => number | undefined,
  ): void;
  /** A copy of this thread's environment variables; writing makes them the same as such a copy of another thread. */
  environment: Readonly<Record<string, string | undefined>>;
  /** The width of the terminal, if standard output is one. */
  readonly columns: number | undefined;
}

/** The platform's workers. Undefined where this version of the packages cannot start any. */
export const workers: Workers | undefined = /* @__PURE__ */ nodeWorkers();
