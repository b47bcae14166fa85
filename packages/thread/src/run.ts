/**
 * A thread's own life, from its first instruction to its last.
 *
 * Invariants:
 * - T1. How the thread ended is sent before its end is published in the realm, so that whoever sees
 *   the end finds it.
 * - T2. Its end is published once, by `finish` or `fail`, or by the handler of `process.exit()`.
 * - T3. A thread that ends by an error, or by `process.exit()`, ends as one that was killed: it takes no
 *   leave, so what it holds is abandoned instead of left for others to release.
 *
 * What needs neither the thread's record nor its target is done by `prepareLife`, which a worker of the reserve
 * calls long before it becomes a thread.
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
  importModule,
  isDaemon,
  leave,
  loadModule,
  onIdle,
  Realm,
  resolveTarget,
  setFlag,
  TERMINATE_BIT,
  ThreadState,
  ThreadStateError,
  type Member,
  type Port,
} from '@x/core';
import { makesCode } from './code.js';
import { awaitDelay } from './delay.js';
import type { Boot, FullBoot, Order, Report } from './messages.js';
import { directOutput } from './output.js';
import { platform } from './platform.js';
import { makeSelf, ownName, threadState } from './self.js';
import { encodeError, reportUncaught } from './uncaught.js';

/** What is known of a thread before it is one. */
type Conditions = Pick<FullBoot, 'port' | 'realm' | 'stdio' | 'columns' | 'codec' | 'codeWanted'>;

/** What depends on how this code came into the worker. */
export interface Means {
  /** The `decode` that belongs to the packages as the target's modules import them. */
  decoder(conditions: Conditions): Promise<typeof decode>;
  /** What V8 has made of this script; undefined if it is none. */
  readonly makeCode: (() => Uint8Array) | undefined;
}

/** Lives the life that the starting thread has laid out. */
export function runThread(boot: FullBoot, means: Means): void {
  prepareLife(boot, means)(boot);
}

/** Makes everything ready for a thread; the function that is returned lives its life. */
export function prepareLife(conditions: Conditions, means: Means): (boot: Boot) => void {
  const life = new Life(conditions, means);
  return (boot) => {
    void life.live(boot);
  };
}

/** With a signal, a blocked thread looks for it this often. */
const SIGNAL_SLICE_MS = 25;

class Life {
  readonly #port: Port;
  readonly #realm: Realm;
  readonly #conditions: Conditions;
  readonly #means: Means;
  #decode = decode;
  #columns: number | undefined;
  #boot!: Boot;
  /** Undefined before the thread begins. */
  #member: Member | undefined;
  /** Whether the end has been published (T2). */
  #over = false;

  constructor(conditions: Conditions, means: Means) {
    this.#conditions = conditions;
    this.#means = means;
    const { port, realm, stdio, columns } = conditions;
    const system = platform();
    this.#port = system.port(port);
    this.#realm = new Realm(realm);
    this.#columns = columns;
    // Before `enter`, whose own handler takes leave (T3).
    system.onExit((code) => {
      if (this.#over || !this.#member) return;
      this.#over = true;
      this.#send({ type: 'exited', code });
      this.#realm.end(this.#member.id, ThreadState.DEAD);
    });
    directOutput(
      () => this.#member,
      stdio,
      () => this.#columns,
    );
    system.onUncaught((error) => {
      this.#fail(error);
    });
    onIdle(() => {
      this.#starved();
    });
  }

  async live(boot: Boot): Promise<void> {
    const { args, modules, delay, target: reference, ident } = boot;
    this.#boot = boot;
    this.#columns = boot.columns;
    const realm = this.#realm;
    const member = (this.#member = enter(realm, ident));
    if (!realm.isAlive(ident) || hasFlag(realm, ident, TERMINATE_BIT)) platform().exit(1);
    threadState().self = makeSelf(this.#port, boot.name);
    let value: unknown;
    try {
      // Before it listens: an order may hold an error, too.
      if (args.marked || boot.signalled) this.#decode = await this.#means.decoder(this.#conditions);
      this.#listen(member);
      if (boot.needsModules) await loadAll(modules);
      const target = await resolveTarget(reference, loadModule);
      // A daemon has little time if the main thread ends once it has begun: not to be spent on an `import()` of its own.
      const hurries = !boot.needsModules && isDaemon(realm, ident) && isAsync(target);
      if (hurries) await importAll(modules);
      // Afterwards: the target's module may register the classes of what is passed to it.
      const values = this.#decode(args) as unknown[];
      setFlag(realm, ident, BEGUN_BIT, true);
      realm.announce();
      if (delay === undefined || awaitDelay(member, delay)) {
        value = target(...values);
        if (value instanceof Promise && !boot.needsModules && !hurries) void importAll(modules);
        value = await value;
      }
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
    // Before its end is published, like the outcome: a thread that starts and joins others one after the other, and whose
    // event loop never turns, finds it then.
    const { makeCode } = this.#means;
    if (makeCode && makesCode(this.#conditions.codeWanted))
      this.#send({ type: 'compiled', code: makeCode() });
    leave();
    this.#linger();
  }

  #fail(thrown: unknown): void {
    const member = this.#member;
    // Not a thread yet: what `node --import` has loaded has failed.
    if (!member) return platform().exit(1);
    const error = explainError(thrown, this.#boot.target);
    reportUncaught(member, this.#name(member), error);
    // An error of what is left of an ended thread; it has had its end.
    if (this.#over) return;
    this.#over = true;
    this.#send({ type: 'threw', error: encodeError(error) });
    this.#realm.end(member.id, ThreadState.DEAD);
    this.#linger();
  }

  /** In Node a worker takes its own workers with it, but threads outlive the one that started them; so it stays for them. */
  #linger(): void {
    void (async () => {
      const ended = threadState().wardsEnded?.();
      if (ended && this.#conditions.stdio === 'pipe') {
        // Whoever reads the output is kept alive by that until it ends, but not by daemons which this thread has started. If
        // nobody reads it, it is dropped.
        void platform().endOutput();
        this.#send({ type: 'lingers' });
      }
      await ended;
      platform().exit(0);
    })();
  }

  /** Nothing is left that could settle what the target awaits. */
  #starved(): void {
    const member = this.#member;
    if (this.#over || !member) return;
    this.#fail(
      new ThreadStateError(
        `the promise of ${this.#boot.target.name || 'the target'} can never settle, since nothing is left in ` +
          `${this.#name(member)} that it could wait for; check what it awaits`,
      ),
    );
  }

  #name(member: Member): string {
    return ownName(member, this.#boot.name);
  }

  #listen(member: Member): void {
    const port = this.#port;
    port.onMessage((message) => {
      this.#obey(message as Order);
    });
    // A target may wait for nothing but its signal.
    if (this.#boot.signalled) port.keepAlive(true);
    const self = agent();
    if (this.#boot.signalled) self.slice = Math.min(self.slice, SIGNAL_SLICE_MS);
    self.interruption = () => {
      const { realm, id } = member;
      if (hasFlag(realm, id, TERMINATE_BIT)) platform().exit(1);
      for (let next = port.receiveNow(); next; next = port.receiveNow()) this.#obey(next.message as Order);
      const { signal } = threadState().self!.controller;
      if (signal.aborted) return signal.reason;
      return new ThreadStateError(`the waits of ${this.#name(member)} were interrupted`);
    };
  }

  #obey(order: Order): void {
    let reason: unknown;
    try {
      reason = this.#decode(order.reason);
    } catch (error) {
      // One that cannot be read here still ends the waits.
      reason = error;
    }
    threadState().self!.controller.abort(reason);
  }

  #send(report: Report): void {
    this.#port.postMessage(report);
  }
}

/** Modules that register kinds. One that cannot be loaded here is missed only when something of its kind arrives. */
async function importAll(modules: readonly string[]): Promise<void> {
  await Promise.allSettled(modules.map((module) => importModule(module)));
}

/** The same before the target runs, when nothing else is being imported. One by one, for the same reason. */
async function loadAll(modules: readonly string[]): Promise<void> {
  for (const module of modules) await loadModule(module).catch(() => undefined);
}

/** Whether it is an `async` function as such, so that this is known before it runs. */
function isAsync(target: unknown): boolean {
  return Object.prototype.toString.call(target) === '[object AsyncFunction]';
}
