/**
 * What every primitive asks of the platform. Nothing outside this folder knows which runtime it is on.
 */
export interface Runtime {
  /** Whether this is the thread that the process, or the page, began with. */
  readonly isMainThread: boolean;
  /** Whether `Atomics.wait` is allowed on this thread. A browser's window may not block. */
  readonly canBlock: boolean;
  /** The operating system's id of this thread, or 0 where it cannot be known. */
  nativeThreadId(): number;
  /** True only where it is certain that the native thread of this process has ended. */
  nativeThreadGone(nativeId: number): boolean;
  /** Keeps the event loop alive until the returned function is called. */
  keepAlive(): () => void;
  /** The realm that the thread which started this one has left for it. */
  inheritedRealm(): SharedArrayBuffer | undefined;
  /** Leaves the realm for every worker that this thread starts from now on, whoever starts it. */
  bequeathRealm(buffer: SharedArrayBuffer): void;
  /**
   * Calls back when this thread ends by itself, not when it is killed. `orderly`: it ran out of work;
   * otherwise it called `process.exit` or an error was not caught.
   */
  onThreadEnd(callback: (orderly: boolean) => void): void;
}
