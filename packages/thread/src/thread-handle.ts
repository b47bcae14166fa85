/** A thread as any thread can see it. */
import {
  describe,
  home,
  interruptThread,
  isDaemon,
  isThreadId,
  KIND,
  LayoutError,
  nativeIdOf,
  registerKind,
  renameThread,
  setFlag,
  TERMINATE_BIT,
  THREAD_ID_MASK,
  ThreadKind,
  threadKindOf,
  ThreadStateError,
  timeoutOf,
  TransferError,
  type AsyncWaiters,
  type AsyncWaitOptions,
  type Kind,
  type Member,
  type Memory,
  type ThreadId,
  type TimeoutOptions,
} from '@x/core';
import { awaitEnd, endWaiters, hasEnded } from './endings.js';
import { THREAD_KIND } from './kinds.js';
import { platform } from './platform.js';
import { ownSelf, ownSignal } from './self.js';
import { wardOf } from './wards.js';

/** @internal What a handle is made from. */
export interface HandleState {
  readonly ident: ThreadId | undefined;
  readonly name: string;
  readonly daemon: boolean;
}

const never = new AbortController().signal;

/**
 * A thread: what `currentThread()`, `mainThread()` and `enumerate()` of `@x/introspect` give, and what
 * a `Thread` arrives as when it is passed to another thread. In one thread the same thread is always
 * the same object; in the thread that started it, it is the `Thread` itself.
 *
 * @example
 * ```ts
 * import { Thread, type ThreadHandle } from '@x/thread';
 *
 * const worker = new Thread({ target: () => 'done' });
 * worker.start();
 * const joiner = new Thread({ target: (other: ThreadHandle) => other.join(), args: [worker] });
 * joiner.start();
 * console.log(joiner.result());   // true
 * ```
 */
export class ThreadHandle {
  /** @internal */
  protected readonly member: Member;
  #ident: ThreadId | undefined;
  #name: string;
  #daemon: boolean;
  #waiters: AsyncWaiters<undefined> | undefined;

  /** @internal */
  constructor(state: HandleState) {
    this.member = home();
    this.#name = state.name;
    this.#daemon = state.daemon;
    if (state.ident !== undefined) this.identify(state.ident);
  }

  /** @internal Called when the thread gets its id. */
  protected identify(ident: ThreadId): void {
    this.#ident = ident;
    remember(this, ident);
  }

  /** @internal Called when a thread that got its id could not be started. */
  protected forgetIdent(): void {
    if (this.#ident !== undefined) handles.delete(this.#ident);
    this.#ident = undefined;
  }

  /** The thread's name, for people; several threads may have the same. May be set at any time. */
  get name(): string {
    if (this.#ident === undefined) return this.#name;
    const { realm } = this.member;
    // An ended thread's record may serve another one by now.
    const recorded = realm.state(this.#ident) === undefined ? undefined : realm.name(this.#ident);
    // The record holds 128 bytes; whoever knows more of it says more.
    if (recorded !== undefined && !(recorded !== '' && this.#name.startsWith(recorded)))
      this.#name = recorded;
    return this.#name;
  }

  /** @throws TypeError for anything but a string */
  set name(name: string) {
    if (typeof name !== 'string') throw new TypeError(`name must be a string, got ${describe(name)}`);
    this.#name = name;
    if (this.#ident !== undefined && this.member.realm.state(this.#ident) !== undefined) {
      renameThread(this.member.realm, this.#ident, name);
    }
  }

  /** A positive integer that names the thread in this process, never given twice; undefined before the start. Python: `ident`. */
  get ident(): number | undefined {
    return this.#ident;
  }

  /** The operating system's number of the thread; undefined where it is not known, and before the thread runs. Python: `native_id`. */
  get nativeId(): number | undefined {
    if (this.#ident === undefined || this.member.realm.state(this.#ident) === undefined) return undefined;
    return nativeIdOf(this.member.realm, this.#ident) || undefined;
  }

  /** Whether the process may end while the thread still runs. Inherited from the creating thread. */
  get daemon(): boolean {
    return this.#daemon;
  }

  /** @throws ThreadStateError once the thread was started; TypeError for anything but a boolean */
  set daemon(daemon: boolean) {
    if (typeof daemon !== 'boolean') throw new TypeError(`daemon must be a boolean, got ${describe(daemon)}`);
    if (this.#ident !== undefined) {
      throw new ThreadStateError(`${this.name} has been started; set daemon before start()`);
    }
    this.#daemon = daemon;
  }

  /**
   * An `AbortSignal` that follows the `signal` which the thread was created with, for the current
   * thread and for the `Thread` that was created with it; for others one that never fires.
   */
  get signal(): AbortSignal {
    return this.isCurrent ? ownSignal() : never;
  }

  /** Whether the thread was started and has not ended. A killed thread is noticed here, too. */
  isAlive(): boolean {
    return this.#ident !== undefined && !hasEnded(this.member, this.#ident);
  }

  /**
   * Blocks this thread until the thread has ended, whatever the way. What it printed is out by then,
   * and what it wrote to shared memory is visible. Python: `Thread.join`, which returns nothing.
   *
   * @param options `timeout` in milliseconds; `0` only looks
   * @returns whether the thread has ended
   * @throws ThreadStateError for the current thread and for one that was not started; RangeError,
   * TypeError for a wrong timeout; BlockingNotAllowedError on a thread that may not block, if it would
   * have to wait; DeadlockError if detection is on for the process and threads wait for each other
   */
  join(options?: TimeoutOptions): boolean {
    const timeout = timeoutOf(options);
    return awaitEnd(this.member, this.#joinable('join'), timeout);
  }

  /**
   * Waits for the thread's end without blocking this thread. A pending wait keeps the process alive.
   *
   * @returns whether the thread has ended
   * @throws (rejects) as `join`; and the signal's reason if it fires
   */
  async joinAsync(options?: AsyncWaitOptions): Promise<boolean> {
    const ident = this.#joinable('joinAsync');
    timeoutOf(options);
    // Looks for itself once, so that a killed thread is noticed without a wait.
    hasEnded(this.member, ident);
    this.#waiters ??= endWaiters(this.member, ident);
    return await this.#waiters.wait(undefined, options);
  }

  /**
   * Ends the thread wherever it is, without running any more of its code; also one that is blocked or
   * in an endless loop. What it holds is abandoned: locks throw `AbandonedError` until they are
   * recovered. The threads that it had started end with it. Does not wait; `join` does. No effect on
   * a thread that has ended. The thread that started it does this at once; from another thread it is
   * asked to, which it notices when its event loop turns or within its next blocking wait.
   * Python has no counterpart.
   *
   * @throws ThreadStateError for a thread that was not started, for the main thread, and for workers
   * that somebody else has started
   */
  terminate(): void {
    const { realm } = this.member;
    const ident = this.#ident;
    if (ident === undefined) throw new ThreadStateError(`${this.name} was not started; call start() first`);
    if (!realm.isAlive(ident)) return;
    const kind = threadKindOf(realm, ident);
    if (kind === ThreadKind.MAIN)
      throw new ThreadStateError('the main thread cannot be terminated; use process.exit()');
    if (kind === ThreadKind.FOREIGN) {
      throw new ThreadStateError(
        `${this.name} was not started by @x/thread; let whoever started it terminate it`,
      );
    }
    if (this.isCurrent) platform().exit(1);
    const ward = wardOf(ident);
    if (ward) {
      ward.terminate();
      return;
    }
    setFlag(realm, ident, TERMINATE_BIT, true);
    interruptThread(realm, ident);
    // Wakes the event loop of the thread that started it.
    realm.announce();
  }

  /** Name and state, as Python's `repr` shows them: `<Thread(Thread-1 (work), started 1025)>`. */
  toString(): string {
    const state = this.#ident === undefined ? 'initial' : this.isAlive() ? 'started' : 'stopped';
    const daemon = this.daemon ? ' daemon' : '';
    return `<Thread(${this.name}, ${state}${daemon}${this.#ident === undefined ? '' : ` ${this.#ident}`})>`;
  }

  /** What `console.log` shows in Node. @internal */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }

  /** How a thread travels; see `Kind`. @internal */
  get [KIND](): Kind {
    return KIND_OF_THREADS;
  }

  /** @internal */
  protected get isCurrent(): boolean {
    return this.#ident === this.member.id;
  }

  #joinable(method: string): ThreadId {
    if (this.#ident === undefined) {
      throw new ThreadStateError(
        `${this.name} was not started, so ${method}() would wait for ever; call start() first`,
      );
    }
    if (this.isCurrent) {
      throw new ThreadStateError(
        `${this.name} cannot wait for its own end with ${method}(); join it from another thread`,
      );
    }
    return this.#ident;
  }
}

/** This thread's objects for threads. */
const handles = new Map<ThreadId, WeakRef<ThreadHandle>>();
const forget = new FinalizationRegistry<ThreadId>((ident) => {
  // A new object may have taken the place of the one that was collected.
  if (handles.get(ident)?.deref() === undefined) handles.delete(ident);
});

/** That of the current thread, which lasts as long as the thread: people put things on it. */
let own: ThreadHandle | undefined;

function remember(handle: ThreadHandle, ident: ThreadId): void {
  if (ident === home().id) own = handle;
  handles.set(ident, new WeakRef(handle));
  forget.register(handle, ident);
}

/**
 * The thread with this id, as one object per thread that asks. Undefined if there is no such thread
 * any more and nothing is known of it.
 *
 * @example
 * ```ts
 * import { Thread, threadWithIdent } from '@x/thread';
 *
 * const thread = new Thread({ target: () => {}, name: 'worker' });
 * thread.start();
 * console.log(threadWithIdent(thread.ident!) === thread);   // true
 * thread.join();
 * ```
 */
export function threadWithIdent(ident: number): ThreadHandle | undefined {
  if (own?.ident === ident) return own;
  const known = handles.get(ident)?.deref();
  if (known) return known;
  const { realm, id } = home();
  if (!isIdent(ident) || realm.state(ident) === undefined) return undefined;
  const name = (ident === id ? ownSelf()?.name : undefined) ?? realm.name(ident) ?? '';
  return new ThreadHandle({ ident, name, daemon: isDaemon(realm, ident) });
}

function isIdent(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && isThreadId(value) && value <= THREAD_ID_MASK;
}

const KIND_OF_THREADS: Kind = registerKind<ThreadHandle>(() => ({
  kind: THREAD_KIND,
  name: 'Thread',
  version: 1,
  bytes: 0,
  module: import.meta.url,
  extra(thread) {
    if (thread.ident === undefined) {
      throw new TransferError(
        `${thread.name} cannot travel to another thread before it was started; call start() first`,
      );
    }
    return { realm: home().realm.identity, ident: thread.ident, name: thread.name, daemon: thread.daemon };
  },
  make(extra) {
    const { realm, ident, name, daemon } = (extra ?? {}) as Record<string, unknown>;
    if (!isIdent(ident) || typeof name !== 'string' || typeof daemon !== 'boolean')
      throw new LayoutError('the message is damaged: a thread without an ident');
    if (realm !== home().realm.identity)
      throw new LayoutError('the message names a thread of another process');
    return threadWithIdent(ident) ?? new ThreadHandle({ ident, name, daemon });
  },
  revive(_memory: Memory): ThreadHandle {
    throw new LayoutError('a thread has no memory of its own');
  },
}));
