/**
 * What the packages ask of the platform. Nothing outside this folder knows which runtime it is on.
 */
export interface Runtime {
  /** Which platform this is. */
  readonly name: 'node' | 'web';
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
  /** Calls back whenever the event loop has run out of work; new work started there keeps it going. */
  onIdle(callback: () => void): void;
  /**
   * Takes the next message that has arrived at a `MessagePort` or `BroadcastChannel`, without a turn of the event
   * loop. Undefined if there is none, or where the platform cannot do it.
   */
  receiveNow(port: unknown): { readonly message: unknown } | undefined;
  /** Text of bytes that are one code unit each, which may be shared; undefined where the platform has nothing fast for it. */
  latin1(bytes: Uint8Array, start: number, end: number): string | undefined;
  /** Text of bytes that are two for each code unit, low byte first; undefined where the platform has nothing fast for it. */
  utf16(bytes: Uint8Array, start: number, end: number): string | undefined;
  /** Writes text whose code units are a byte each; false where the platform has nothing fast for it. */
  putLatin1(bytes: Uint8Array, at: number, text: string): boolean;
  /** A function from source that this project has made; undefined where a policy may forbid it. */
  compile(parameter: string, body: string): ((argument: never) => unknown) | undefined;
  /** A buffer with anything in it: the caller writes over all of it at once. */
  allocate(byteLength: number): ArrayBuffer;
  /** Copies all of the source into the target, from `at` on, in the fastest way. Nobody may change either meanwhile. */
  copy(target: Uint8Array, at: number, source: Uint8Array): void;
  /** Calls back in the next turn of the event loop, so that timers and I/O that are due come first. */
  nextTurn(callback: () => void): void;
  /** What keeps this thread's event loop going at the moment, one name each; empty where it cannot be known. */
  activeResources(): readonly string[];
}
