/** `Thread`: a function that runs in a thread of its own. */
import {
  captureTarget,
  codecModule,
  describe,
  encode,
  explainCloneError,
  heldReference,
  home,
  isDaemon,
  kindModules,
  NEXT_NAME_WORD,
  ThreadKind,
  ThreadState,
  ThreadStateError,
  TimeoutError,
  type AsyncWaitOptions,
  type Port,
  type TargetReference,
  type ThreadId,
  type TimeoutOptions,
  type WorkerHandle,
} from '@x/core';
import { Attendant, type Outcome } from './attendant.js';
import { outlastThreads } from './keepers.js';
import { codeWanted, launch } from './launch.js';
import {
  BOOT_VERSION,
  type Assignment,
  type Boot,
  type Delay,
  type FullBoot,
  type ThreadOutput,
} from './messages.js';
import { checkOptions, type BaseThreadOptions, type TargetFunction, type ThreadOptions } from './options.js';
import { platform } from './platform.js';
import { noteStart, takeSpare } from './reserve.js';
import { ThreadHandle } from './thread-handle.js';

/**
 * A function that runs in a thread of its own, at the same time as everything else. Python:
 * [`threading.Thread`](https://docs.python.org/3/library/threading.html#thread-objects).
 *
 * The target is either a function that uses nothing from outside but its arguments and the globals
 * (its source travels; `import()` in it resolves against the file that creates the thread), or a
 * target of `targetsFrom`. Arguments and the result are copied, except for primitives (locks, queues and
 * so on), which are the same in all threads, and for what `transfer` moves.
 *
 * The thread has finished when the target has returned, the promise it returned is settled, and no
 * async wait of this project is pending in it. Timers that are left behind do not keep it. An error
 * that nobody catches, also one of a timer or a promise left alone, ends this thread and no other; it
 * goes to the excepthook, and `result()` throws it.
 *
 * Differences from Python: times are in milliseconds; `result()`, `terminate()`, `signal`,
 * `resourceLimits` and `stdio` have no counterpart; there are no keyword arguments; there is no `run()` to override.
 *
 * @example
 * ```ts
 * import { Thread } from '@x/thread';
 *
 * function add(a: number, b: number) {
 *   return a + b;
 * }
 * const thread = new Thread({ target: add, args: [2, 3] });
 * thread.start();
 * thread.join();
 * console.log(thread.result());   // 5
 * ```
 */
export class Thread<F extends TargetFunction = TargetFunction> extends ThreadHandle {
  readonly #target: TargetReference;
  readonly #factory: (() => unknown) | undefined;
  readonly #args: readonly unknown[];
  readonly #options: BaseThreadOptions;
  #attendant: Attendant | undefined;
  #outcome: Outcome | undefined;

  /**
   * Makes a thread, and does not start it.
   *
   * @throws TypeError for options that are not what they should be; RangeError for limits of memory with which Node
   * would end the whole process; TargetError for a function whose source cannot stand alone: native and bound ones, and classes
   */
  constructor(options: ThreadOptions<F>) {
    if (typeof options !== 'object' || (options as unknown) === null) {
      throw new TypeError(`new Thread() needs an object such as { target: work }, got ${describe(options)}`);
    }
    checkOptions(options as unknown as Readonly<Record<string, unknown>>);
    const target = captureTarget(options.target, { above: new.target });
    const { realm, id } = home();
    super({
      ident: undefined,
      name: options.name ?? nextName(target.name),
      daemon: options.daemon ?? isDaemon(realm, id),
    });
    this.#target = target;
    this.#factory = heldReference(options.target)?.factory;
    this.#args = options.args ?? [];
    this.#options = options;
  }

  /**
   * Starts the thread and returns at once. Everything is checked, and the arguments are copied, before
   * anything is started: when this throws, nothing has happened.
   *
   * @throws ThreadStateError if it was started before, or if the process has 1024 threads already;
   * TransferError naming the argument that cannot travel: `args[1].onDone is a function`; the
   * reason of a signal that has fired already
   */
  start(): void {
    if (this.ident !== undefined) {
      throw new ThreadStateError(`${this.name} has been started; a thread runs once, so make a new Thread`);
    }
    const { signal, transfer = [], resourceLimits, stdio = 'inherit' } = this.#options;
    signal?.throwIfAborted();
    const { realm, id: parent } = this.member;
    const args = encode(this.#args, 'args');
    // Their hooks may have done so.
    if ((this.ident as number | undefined) !== undefined)
      throw new ThreadStateError(`${this.name} has been started by its own arguments`);
    const system = platform();
    const ident = realm.register({ kind: ThreadKind.THREAD, name: this.name, parent, daemon: this.daemon });
    const spare = this.#factory || resourceLimits || stdio !== 'inherit' ? undefined : takeSpare();
    const boot: Boot = {
      '@x/thread': BOOT_VERSION,
      ident,
      name: this.name,
      target: this.#target,
      args,
      modules: kindModules(),
      needsModules: args.modules.length > 0 || transfer.length > 0,
      columns: stdio === 'inherit' ? system.columns : undefined,
      signalled: signal !== undefined,
      delay: this.delay,
    };
    realm.begin(ident);
    const [port, theirs] = spare ? [spare.port] : system.channel();
    const full = (): FullBoot => ({
      ...boot,
      realm: realm.buffer,
      port: theirs?.transferable,
      stdio,
      codec: codecModule(),
      codeWanted: this.#factory ? undefined : codeWanted(),
    });
    const moved = theirs ? [theirs.transferable, ...transfer] : transfer;
    let worker: WorkerHandle | undefined;
    try {
      if (spare) {
        worker = spare.worker;
        const environment = changed(system.environment, spare.environment);
        port.postMessage({ boot, environment } satisfies Assignment, moved);
      } else if (this.#factory) {
        worker = system.adopt(this.#factory());
        worker.postMessage(full(), moved);
      } else {
        const options = {
          data: full(),
          transfer: moved,
          name: this.name,
          resourceLimits,
          pipe: stdio === 'pipe',
        };
        worker = launch(options);
      }
    } catch (error) {
      this.#undo(ident, port, worker);
      throw explainCloneError(error, this.#args, 'args');
    }
    this.identify(ident);
    this.#attendant = new Attendant(
      this.member,
      ident,
      worker,
      port,
      signal,
      !this.#factory,
      stdio === 'pipe',
    );
    outlastThreads();
    noteStart();
  }

  /**
   * Blocks this thread until the thread has ended, and gives what its target returned.
   *
   * @param options `timeout` in milliseconds; `0` only looks
   * @returns a copy of the target's result, or of what its promise resolved to; each time the same one
   * @throws what the target threw; TargetError if the target uses a variable from outside, or its module
   * or export is not there; TransferError if the result cannot travel; ThreadStateError if the thread
   * ended without a result (terminated, out of memory, `process.exit()`; `cause` says more where it is
   * known), was not started, or is the current one; TimeoutError when the time is over
   */
  result(options?: TimeoutOptions): Awaited<ReturnType<F>> {
    if (!this.join(options)) throw this.#late(options);
    return this.#result();
  }

  /**
   * Waits for the thread's end without blocking this thread, and gives what its target returned.
   *
   * @throws (rejects) as `result`; and the signal's reason if it fires
   */
  async resultAsync(options?: AsyncWaitOptions): Promise<Awaited<ReturnType<F>>> {
    if (!(await this.joinAsync(options))) throw this.#late(options);
    return this.#result();
  }

  override join(options?: TimeoutOptions): boolean {
    const ended = super.join(options);
    // Errors of the thread reach this thread's excepthook here, even if its event loop never turns again.
    if (ended) this.#attendant?.drain();
    return ended;
  }

  /** The signal that the thread was created with; one that never fires if there was none. */
  override get signal(): AbortSignal {
    return this.#options.signal ?? super.signal;
  }

  /** The thread's standard output with `stdio: 'pipe'`, a readable stream, from its start on; else undefined. */
  get stdout(): ThreadOutput | undefined {
    return this.#options.stdio === 'pipe'
      ? (this.#attendant?.worker.stdout as ThreadOutput | undefined)
      : undefined;
  }

  /** The thread's standard error with `stdio: 'pipe'`, a readable stream, from its start on; else undefined. */
  get stderr(): ThreadOutput | undefined {
    return this.#options.stdio === 'pipe'
      ? (this.#attendant?.worker.stderr as ThreadOutput | undefined)
      : undefined;
  }

  /** What the thread waits for before it runs its target. @internal */
  protected get delay(): Delay | undefined {
    return undefined;
  }

  #result(): Awaited<ReturnType<F>> {
    const outcome = (this.#outcome ??= this.#attendant!.outcome(this.name));
    if (!outcome.ok) throw outcome.error;
    // What the other side sent is what the target returned.
    return outcome.value as Awaited<ReturnType<F>>;
  }

  #late(options: TimeoutOptions | undefined): TimeoutError {
    return new TimeoutError(
      `${this.name} has no result after ${options?.timeout} ms; wait longer, or terminate() it`,
    );
  }

  #undo(ident: ThreadId, port: Port, worker: WorkerHandle | undefined): void {
    worker?.terminate();
    port.close();
    this.member.realm.end(ident, ThreadState.DEAD);
  }
}

type Environment = Assignment['environment'];

/** The variables as they are now, unless they are what they were. */
function changed(now: NonNullable<Environment>, before: NonNullable<Environment>): Environment {
  const names = Object.keys(now);
  const same =
    names.length === Object.keys(before).length && names.every((name) => now[name] === before[name]);
  return same ? undefined : now;
}

/** Python's default names: `Thread-1 (work)`. */
function nextName(target: string): string {
  const number = Atomics.add(home().realm.words, NEXT_NAME_WORD, 1) + 1;
  return `Thread-${number}${target === '' ? '' : ` (${target})`}`;
}
