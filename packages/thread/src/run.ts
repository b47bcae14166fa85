/**
 * A thread's own life, from its first instruction to its last.
 *
 * Invariants:
 * - T1. How the thread ended is sent before its end is published in the realm, so that whoever sees
 *   the end finds it.
 * - T2. Its end is published once, by `finish` or `fail`, or by the handler of `process.exit()`.
 * - T3. A thread that ends by an error, or by `process.exit()`, ends as one that was killed: it takes no
 *   leave, so what it holds is abandoned instead of left for others to release.
 */
import {
  agent,
  BEGUN_BIT,
  decode,
  encode,
  enter,
  explainCloneError,
  explainError,
  hasFlag,
  isDaemon,
  leave,
  onIdle,
  Realm,
  resolveTarget,
  setFlag,
  TERMINATE_BIT,
  ThreadState,
  ThreadStateError,
  type Member,
  type Port,
  type TargetReference,
} from '@x/core';
import { awaitDelay } from './delay.js';
import { encodeError, reportUncaught } from './excepthook.js';
import type { Boot, Order, Report } from './messages.js';
import { directOutput } from './output.js';
import { platform } from './platform.js';
import { setSelf } from './self.js';
import { ThreadHandle, threadWithIdent } from './thread-handle.js';
import { wardsEnded } from './wards.js';

/** Lives the life that the starting thread has laid out. */
export function runThread(boot: Boot): void {
  void new Life(boot).live();
}

/** With a signal, a blocked thread looks for it this often. */
const SIGNAL_SLICE_MS = 25;

class Life {
  readonly #boot: Boot;
  readonly #target: TargetReference;
  readonly #port: Port;
  readonly #member: Member;
  readonly #handle: ThreadHandle;
  readonly #controller = new AbortController();
  /** Whether the end has been published (T2). */
  #over = false;

  constructor(boot: Boot) {
    this.#boot = boot;
    this.#target = boot.target;
    const system = platform();
    this.#port = system.port(boot.port);
    const { ident, name } = boot;
    const realm = new Realm(boot.realm);
    // Before `enter`, whose own handler takes leave (T3).
    system.onExit((code) => {
      if (this.#over) return;
      this.#over = true;
      this.#send({ type: 'exited', code });
      realm.end(ident, ThreadState.DEAD);
    });
    this.#member = enter(realm, ident);
    if (!realm.isAlive(ident) || hasFlag(realm, ident, TERMINATE_BIT)) system.exit(1);
    setSelf({ port: this.#port, controller: this.#controller });
    this.#handle =
      threadWithIdent(ident) ?? new ThreadHandle({ ident, name, daemon: isDaemon(realm, ident) });
    directOutput(this.#member, boot.stdio, boot.columns);
    system.onUncaught((error) => {
      this.#fail(error);
    });
    onIdle(() => {
      this.#starved();
    });
    this.#listen();
  }

  async live(): Promise<void> {
    const { args, modules, delay } = this.#boot;
    let value: unknown;
    try {
      // One that cannot be loaded here is missed only when something of its kind arrives.
      await Promise.allSettled(modules.map((module) => import(/* @vite-ignore */ module)));
      const target = await resolveTarget(this.#target);
      // Afterwards: the target's module may register the classes of what is passed to it.
      const values = decode(args) as unknown[];
      setFlag(this.#member.realm, this.#member.id, BEGUN_BIT, true);
      this.#member.realm.announce();
      if (delay === undefined || awaitDelay(this.#member, delay)) value = await target(...values);
    } catch (error) {
      this.#fail(error);
      return;
    }
    await agent().keepAlive.idle();
    this.#finish(value);
  }

  #finish(value: unknown): void {
    if (this.#over) return;
    try {
      const wire = encode(value, 'result');
      try {
        this.#send({ type: 'returned', value: wire });
      } catch (error) {
        throw explainCloneError(error, value, 'result');
      }
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.#over = true;
    leave();
    this.#linger();
  }

  #fail(thrown: unknown): void {
    const error = explainError(thrown, this.#target);
    reportUncaught(this.#member, this.#handle, error);
    // An error of what is left of an ended thread; it has had its end.
    if (this.#over) return;
    this.#over = true;
    this.#send({ type: 'threw', error: encodeError(error) });
    this.#member.realm.end(this.#member.id, ThreadState.DEAD);
    this.#linger();
  }

  /** In Node a worker takes its own workers with it, but threads outlive the one that started them; so it stays for them. */
  #linger(): void {
    void wardsEnded().then(() => {
      platform().exit(0);
    });
  }

  /** Nothing is left that could settle what the target awaits. */
  #starved(): void {
    if (this.#over) return;
    this.#fail(
      new ThreadStateError(
        `the promise of ${this.#target.name || 'the target'} can never settle, since nothing is left in ` +
          `${this.#handle.name} that it could wait for; check what it awaits`,
      ),
    );
  }

  #listen(): void {
    const port = this.#port;
    port.onMessage((message) => {
      this.#obey(message as Order);
    });
    // A target may wait for nothing but its signal.
    if (this.#boot.signalled) port.keepAlive(true);
    const self = agent();
    if (this.#boot.signalled) self.slice = Math.min(self.slice, SIGNAL_SLICE_MS);
    self.interruption = () => {
      const { realm, id } = this.#member;
      if (hasFlag(realm, id, TERMINATE_BIT)) platform().exit(1);
      for (let next = port.receiveNow(); next; next = port.receiveNow()) this.#obey(next.message as Order);
      const { signal } = this.#controller;
      return signal.aborted
        ? signal.reason
        : new ThreadStateError(`the waits of ${this.#handle.name} were interrupted`);
    };
  }

  #obey(order: Order): void {
    this.#controller.abort(decode(order.reason));
  }

  #send(report: Report): void {
    this.#port.postMessage(report);
  }
}
