/**
 * How a worker waits for work.
 *
 * One that has nothing to do looks for work for some microseconds, gives its event loop a turn, and then sleeps:
 * as a thread if nothing else is going on in it, else as an event loop, so that a timer which a task has left behind
 * still fires.
 */
import { activeResources, agent } from '@x/core';
import { Atomics } from '@x/core/seam';
import { ASLEEP_WORD, NAPPING, recordBase, SLEEPING } from './layout.js';
import type { Pool } from './pool.js';
import { Spinner } from './spinner.js';

/** How long a nap is, in milliseconds. A task waits no longer than that for a worker that naps. */
const NAP_MS = 1;
/**
 * How often an idle worker looks, for the case that a wake was lost with its sender, in milliseconds. Below the 600 ms
 * for which a thread asks for a parcel whose sender has ended, since this one may have to give it.
 */
const IDLE_SLICE_MS = 500;

/** The sleep of one worker. */
export class Rest {
  readonly #pool: Pool;
  readonly #record: number;
  readonly #asleep: number;
  readonly #hasReason: () => boolean;
  readonly #spinner: Spinner;
  /** What the event loop has to do for the worker itself. */
  readonly #resources = activeResources().length;

  /** @param hasReason whether there is something to do, other than to sleep */
  constructor(pool: Pool, record: number, hasReason: () => boolean) {
    this.#pool = pool;
    this.#record = record;
    this.#asleep = recordBase(record) + ASLEEP_WORD;
    this.#hasReason = hasReason;
    this.#spinner = new Spinner(pool);
  }

  /** Looks for a reason for some microseconds, if that has paid lately. */
  spin(): boolean {
    return this.#spinner.spin(this.#hasReason);
  }

  /** Sleeps until there is a reason. */
  async sleep(): Promise<void> {
    const { words } = this.#pool;
    // The first time shortly, in which nobody has to wake it: see `Pool.wakeWorker`.
    let kind: number = NAPPING;
    while (!this.#hasReason()) {
      const looped = this.#isLoopBusy();
      if (looped) kind = SLEEPING;
      this.#pool.fallAsleep(this.#record, kind);
      // P3: what was put in before is seen now; whoever puts in later sees ASLEEP.
      if (!this.#hasReason()) {
        if (looped) {
          const wait = Atomics.waitAsync(words, this.#asleep, kind, IDLE_SLICE_MS);
          if (wait.async) await wait.value;
        } else {
          const woke = Atomics.wait(words, this.#asleep, kind, kind === NAPPING ? NAP_MS : IDLE_SLICE_MS);
          if (woke === 'timed-out' && kind === NAPPING && this.#pool.hasWork()) this.#pool.doubt();
          for (const round of agent().rounds) round();
        }
      }
      this.#pool.rouse(this.#record);
      kind = SLEEPING;
    }
  }

  /**
   * Whether the async task that runs can only go on when a task of this pool ends: no timer, no socket, and no wait is
   * pending, apart from the one for tasks, which has a timer of its own.
   */
  isLoopIdle(): boolean {
    return agent().keepAlive.count <= 1 && activeResources().length <= this.#resources + 1;
  }

  /** Whether a task has left something behind that needs the event loop. */
  #isLoopBusy(): boolean {
    return agent().keepAlive.count > 0 || activeResources().length > this.#resources;
  }
}
