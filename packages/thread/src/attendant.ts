/** The starting thread's side of a thread's life: its worker, its messages, its end. */
import {
  decode,
  describe,
  encode,
  endChildren,
  hasFlag,
  interruptThread,
  isDaemon,
  onAbort,
  runtime,
  setFlag,
  TERMINATE_BIT,
  ThreadState,
  ThreadStateError,
  TransferError,
  type Member,
  type Port,
  type ThreadId,
  type WorkerHandle,
} from '@x/core';
import { relayUncaught } from './excepthook.js';
import { keepCode } from './launch.js';
import type { Order, Report } from './messages.js';
import { addWard, removeWard, type Ward } from './wards.js';

/** How a thread ended, if it was able to say so. */
export type Outcome =
  { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: unknown };

export class Attendant implements Ward {
  readonly ident: ThreadId;
  readonly worker: WorkerHandle;
  readonly #member: Member;
  readonly #port: Port;
  readonly #signal: AbortSignal | undefined;
  readonly #own: boolean;
  #outcome: Outcome | undefined;
  #unread: TransferError | undefined;
  #why: string | undefined;
  #cause: unknown;
  #over = false;
  #letGo: (() => void) | undefined;
  readonly #unlisten: (() => void) | undefined;
  #terminated = false;
  #killed = false;

  /**
   * @param own whether the worker runs this package's entry file, and not one of the user
   * @param piped whether the thread's output comes through streams of its worker
   */
  constructor(
    member: Member,
    ident: ThreadId,
    worker: WorkerHandle,
    port: Port,
    signal: AbortSignal | undefined,
    own: boolean,
    piped: boolean,
  ) {
    this.#own = own;
    this.ident = ident;
    this.worker = worker;
    this.#member = member;
    this.#port = port;
    this.#signal = signal;
    port.onMessage(
      (message) => {
        this.#receive(message);
      },
      (error) => {
        this.#miss(error);
      },
    );
    worker.onEnd((error) => {
      this.#end(error);
    });
    // Whoever made the arguments or the worker may have fired it meanwhile.
    if (signal?.aborted) this.#passOn();
    else if (signal) this.#unlisten = onAbort(signal, () => this.#passOn());
    addWard(this);
    // Its output is still to come when the thread has ended.
    if (piped && !isDaemon(member.realm, ident)) this.#letGo = runtime.keepAlive();
  }

  /**
   * How the thread ended. For one that could not say so, a `ThreadStateError` that says what is known.
   * Only to be called once it has ended.
   */
  outcome(name: string): Outcome {
    this.drain();
    return (this.#outcome ??= { ok: false, error: this.#unread ?? this.#died(name) });
  }

  drain(): void {
    if (this.#over) return;
    for (;;) {
      let next;
      try {
        next = this.#port.receiveNow();
      } catch (error) {
        this.#miss(error);
        continue;
      }
      if (!next) return;
      this.#receive(next.message);
    }
  }

  isGone(): boolean {
    if (this.#over) return true;
    // A port says that its other end is gone only after all that it has sent.
    this.drain();
    // With too little memory to begin it dies before it takes its port, whose other end then stays.
    return this.#port.isOrphaned() || this.worker.isGone();
  }

  terminate(): void {
    const { realm } = this.#member;
    this.#terminated = true;
    // Set before the look: a thread that is about to begin either has done so, or finds the flag when it does.
    setFlag(realm, this.ident, TERMINATE_BIT, true);
    // A worker that ends before it has taken its port would not be noticed by a thread that blocks; so
    // one of ours is left to end itself then.
    if (this.#own && realm.state(this.ident) === ThreadState.STARTING) return;
    // While this thread blocks, every slice of its wait asks again.
    if (this.#killed) return;
    this.#killed = true;
    // Its record is marked only when it is gone for sure: until then it may still write to what it holds.
    this.worker.terminate();
  }

  /** Whether somebody wanted its end. */
  get #isTerminated(): boolean {
    return this.#terminated || hasFlag(this.#member.realm, this.ident, TERMINATE_BIT);
  }

  #receive(message: unknown): void {
    const report = message as Report;
    switch (report.type) {
      case 'returned':
        this.#settle(report.value, true);
        break;
      case 'threw':
        this.#settle(report.error, false);
        break;
      case 'exited':
        this.#why ??= this.#isTerminated ? 'was terminated' : `ended with process.exit(${report.code})`;
        break;
      case 'lingers':
        this.#letGo?.();
        break;
      case 'compiled':
        keepCode(report.code);
        break;
      case 'uncaught':
        relayUncaught(report);
        break;
    }
  }

  /** Something has come that cannot be read here; if nothing else says how the thread ended, it was that. */
  #miss(error: unknown): void {
    this.#unread = new TransferError(
      'what the thread returned or threw cannot be read here; if it is nested deeply, return it in a flatter form',
      { cause: error },
    );
  }

  #settle(wire: unknown, ok: boolean): void {
    try {
      const value = decode(wire);
      this.#outcome = ok ? { ok, value } : { ok, error: value };
    } catch (error) {
      this.#outcome = { ok: false, error };
    }
  }

  #end(error: unknown): void {
    this.#cause ??= error;
    this.drain();
    const { realm } = this.#member;
    realm.end(this.ident, ThreadState.DEAD);
    endChildren(realm, this.ident);
    this.#over = true;
    this.#port.close();
    this.#unlisten?.();
    removeWard(this);
    this.#letGo?.();
  }

  /** Sends the thread the reason of its signal, which has fired. */
  #passOn(): void {
    let reason;
    try {
      reason = encode(this.#signal?.reason, 'signal.reason');
      this.#port.postMessage({ type: 'abort', reason } satisfies Order);
    } catch {
      // A reason that cannot travel still ends the waits.
      reason = encode(
        new Error(`the signal fired with ${describe(this.#signal?.reason)}, which cannot travel`),
      );
      this.#port.postMessage({ type: 'abort', reason } satisfies Order);
    }
    // Afterwards: a wait that is ended by this finds the reason already there.
    interruptThread(this.#member.realm, this.ident);
  }

  #died(name: string): ThreadStateError {
    const { code, message } = (this.#cause ?? {}) as { code?: string; message?: string };
    const why =
      code === 'ERR_WORKER_OUT_OF_MEMORY'
        ? 'ran out of memory'
        : (this.#why ??
          (this.#isTerminated ? 'was terminated' : undefined) ??
          `died${message === undefined ? ' (killed, out of memory or crashed)' : `: ${message}`}`);
    return new ThreadStateError(`${name} ${why}, so it has no result; start a new thread to try again`, {
      cause: this.#cause,
    });
  }
}
