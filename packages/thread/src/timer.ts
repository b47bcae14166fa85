/** `Timer`: a thread that waits before it runs its target. */
import { checkTimeout } from '@x/core';
import type { Delay } from './messages.js';
import type { ArgsOption, BaseThreadOptions, TargetFunction, ThreadOptions } from './options.js';
import { Thread } from './thread.js';

/** The arguments of a timer: they must be given unless the target can be called without. */
export type TimerArguments<F extends TargetFunction> =
  [] extends Parameters<F>
    ? [args?: Readonly<Parameters<F>>, options?: BaseThreadOptions]
    : [args: Readonly<Parameters<F>>, options?: BaseThreadOptions];

/**
 * A thread that runs its target after a while, unless it is cancelled before. Python:
 * [`threading.Timer`](https://docs.python.org/3/library/threading.html#timer-objects), with the
 * interval in milliseconds.
 *
 * The time begins when the thread is running, a few milliseconds after `start()`. A timer that is not
 * a daemon keeps the process alive until it has run or was cancelled.
 *
 * @example
 * ```ts
 * import { Timer } from '@x/thread';
 *
 * const timer = new Timer(20, (who: string) => `hello ${who}`, ['world']);
 * timer.start();
 * console.log(timer.result());   // hello world
 * ```
 */
export class Timer<F extends TargetFunction = TargetFunction> extends Thread<F> {
  readonly #ms: number;
  readonly #cancelled = new Int32Array(new SharedArrayBuffer(4));

  /**
   * Makes a timer, and does not start it.
   *
   * @param interval milliseconds to wait before the target runs
   * @throws RangeError, TypeError for a wrong interval; and as the constructor of `Thread`
   */
  constructor(interval: number, target: F, ...[args, options]: TimerArguments<F>) {
    if (typeof interval !== 'number') throw new TypeError('interval must be a number of milliseconds');
    const ms = checkTimeout(interval);
    // `args` has the type that the target wants; the compiler cannot see that through the condition.
    super({ ...options, target, args } as BaseThreadOptions &
      ArgsOption<F> & { target: F } satisfies ThreadOptions<F>);
    this.#ms = ms;
  }

  /**
   * Keeps the target from running, if it does not run yet; the thread then ends at once. No effect
   * afterwards. Any thread that has this object may call it; it does not travel.
   */
  cancel(): void {
    Atomics.store(this.#cancelled, 0, 1);
    Atomics.notify(this.#cancelled, 0);
  }

  /** @internal */
  protected override get delay(): Delay {
    return { ms: this.#ms, cancelled: this.#cancelled.buffer };
  }
}
