/**
 * How a thread waits for its tasks: blocked, or as an event loop.
 *
 * Both look for a while before they sleep, since a wake costs more than a small task. No wake is lost (P3): the flag in
 * WAITING is set, then the slots are looked at once more; a worker changes the slot, then looks at the flag. Blocked
 * threads sleep on SEQ and event loops wait on LOOP_SEQ, so neither takes the other one's wake.
 */
import { agent, BlockingWait, DeadlockError, nextTurn, Woke } from '@x/core';
import { Atomics, performance } from '@x/core/seam';
import type { Area } from './area.js';
import {
  areaBase,
  LOOP_BIT,
  LOOP_SEQ_WORD,
  SEQ_WORD,
  THREAD_BIT,
  TICK_WORD,
  WAITING_WORD,
} from './layout.js';
import type { Pool } from './pool.js';
import { isLoopIdle } from './roles.js';
import { Spinner } from './spinner.js';
import type { DeadlockWatch } from './waits.js';

/** What is done whenever the thread looks. */
export interface Attendant {
  /** Fetches, and settles futures. Returns whether there was anything. */
  tend(): boolean;
  /** What else is due: alarms, workers to be started. */
  serve(): void;
  /** Looks for dead workers, after a slice in which nothing happened. */
  inspect(): void;
  /** Milliseconds until something is due. */
  due(): number;
  /** Whether a task is not settled yet. */
  isPending(): boolean;
  /** Fails the tasks that no worker has begun, since none ever will. */
  giveUp(error: Error): void;
}

/** How long an event loop looks in every turn before it waits to be woken, in milliseconds. */
const POLL_MS = 0.1;

export class Parking {
  readonly #pool: Pool;
  readonly #area: Area;
  readonly #base: number;
  readonly #attendant: Attendant;
  readonly #deadlock: DeadlockWatch;
  /** The event loop is kept from ending. */
  #kept = false;
  /** A turn is scheduled. */
  #polling = false;
  /** A wait for a wake is outstanding; at most one. */
  #parked = false;
  /** And one for the end of a slice. */
  #ticking = false;
  #lastNews = 0;
  /** It looks in every turn since then. */
  #looking = false;
  /** What blocking waits have learned, and what the event loop has. */
  readonly #spinner: Spinner;
  readonly #poller: Spinner;
  readonly #hasNews = (): boolean => this.#area.hasNews();

  constructor(pool: Pool, area: Area, attendant: Attendant, deadlock: DeadlockWatch) {
    this.#pool = pool;
    this.#area = area;
    this.#base = areaBase(area.number);
    this.#attendant = attendant;
    this.#deadlock = deadlock;
    this.#spinner = new Spinner(pool);
    this.#poller = new Spinner(pool);
  }

  /**
   * Blocks until the condition holds: true; or the time is over: false.
   *
   * @param slot the slot of a task that has to end before the condition can hold, -1 if there is no single one
   * @param maxSlice milliseconds after which the condition may hold for another reason
   */
  block(ready: () => boolean, timeout: number, slot: number, maxSlice: number): boolean {
    const attendant = this.#attendant;
    attendant.tend();
    if (ready()) return true;
    if (timeout === 0) return false;
    const { words, member } = this.#pool;
    const wait = new BlockingWait(member, words, timeout);
    try {
      for (;;) {
        attendant.tend();
        attendant.serve();
        if (ready()) return true;
        if (this.#spinner.spin(this.#hasNews)) continue;
        const seq = Atomics.load(words, this.#base + SEQ_WORD);
        Atomics.or(words, this.#base + WAITING_WORD, THREAD_BIT);
        if (this.#area.hasNews()) continue;
        const slice = Math.min(attendant.due(), maxSlice);
        this.#deadlock.enter(this.#area.number, slot, timeout);
        const woke = wait.sleep(this.#base + SEQ_WORD, seq, 0, slice);
        if (woke === Woke.INTERRUPTED) throw wait.reason();
        if (woke === Woke.EXPIRED) {
          attendant.tend();
          return ready();
        }
        if (woke !== Woke.SLICE || slice !== Infinity) continue;
        attendant.tend();
        if (!ready() && this.#deadlock.isCertain()) throw deadlock(this.#pool);
      }
    } finally {
      this.#deadlock.leave();
      wait.end();
    }
  }

  /** Makes sure that the event loop fetches results, and does not end before. */
  attend(): void {
    if (!this.#kept) {
      this.#kept = true;
      agent().keepAlive.add();
    }
    this.#lastNews = 0;
    if (this.#polling) return;
    this.#polling = true;
    nextTurn(this.#turn);
  }

  readonly #turn = (): void => {
    const attendant = this.#attendant;
    const news = attendant.tend();
    if (news && this.#looking) this.#poller.learn(true);
    attendant.serve();
    if (!attendant.isPending()) {
      this.#polling = this.#looking = false;
      this.#kept = false;
      agent().keepAlive.remove();
      return;
    }
    const now = performance.now();
    if (news || this.#lastNews === 0) {
      this.#lastNews = now;
      this.#looking = this.#poller.pays();
    }
    if (this.#looking) {
      if (now - this.#lastNews < POLL_MS) {
        nextTurn(this.#turn);
        return;
      }
      this.#poller.learn(false);
    }
    this.#polling = false;
    this.#park();
  };

  #park(): void {
    const { words } = this.#pool;
    const seq = Atomics.load(words, this.#base + LOOP_SEQ_WORD);
    Atomics.or(words, this.#base + WAITING_WORD, LOOP_BIT);
    if (this.#area.hasNews() || !(this.#parked || this.#wait(seq))) {
      this.#polling = true;
      nextTurn(this.#turn);
      return;
    }
    this.#tick();
  }

  /** Waits to be woken. False if that has happened since `seq` was read. */
  #wait(seq: number): boolean {
    const wait = Atomics.waitAsync(this.#pool.words, this.#base + LOOP_SEQ_WORD, seq);
    if (!wait.async) return false;
    this.#parked = true;
    void wait.value.then(() => {
      this.#parked = false;
      this.#deadlock.leave();
      this.#resume();
    });
    return true;
  }

  /**
   * Looks once per slice, as long as tasks are pending, for what no wake tells of. A wait of its own, on a word that
   * nobody changes: a time-out of the wait above would cost more than the wake.
   */
  #tick(): void {
    if (this.#ticking) return;
    const wait = Atomics.waitAsync(this.#pool.words, this.#base + TICK_WORD, 0, agent().slice);
    if (!wait.async) return;
    this.#ticking = true;
    void wait.value.then(() => {
      this.#ticking = false;
      // With nothing left to wait for, dead workers are the owner's business, who is told of each end.
      if (!this.#attendant.isPending()) return;
      this.#attendant.inspect();
      this.#checkDeadlock();
      this.#tick();
      this.#resume();
    });
  }

  #resume(): void {
    if (this.#polling || !this.#kept) return;
    this.#polling = true;
    this.#lastNews = 0;
    this.#turn();
  }

  /** An async task of a worker waits for ever if all workers do so; see waits.ts. */
  #checkDeadlock(): void {
    if (!this.#deadlock.applies) return;
    const slot = this.#area.unfinished();
    if (slot < 0 || !isLoopIdle()) {
      this.#deadlock.leave();
      return;
    }
    this.#deadlock.enter(this.#area.number, slot, Infinity);
    if (!this.#deadlock.isCertain()) return;
    this.#deadlock.leave();
    this.#attendant.giveUp(deadlock(this.#pool));
  }
}

function deadlock(pool: Pool): DeadlockError {
  return new DeadlockError(
    `all ${pool.alive} workers of the executor wait for tasks of the same executor, which no worker is left to run; ` +
      'await or submit such tasks outside, give the executor more workers, or use another executor for them',
  );
}
