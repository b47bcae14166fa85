/** A crowd of threads that repeat an operation at the same time, and how long they take for it. */
import { Worker } from 'node:worker_threads';
import { scaled, type Contestant } from '../harness/row.js';
import { Control, LAP, type ContendOrder } from '../workers/control.js';

const PATIENCE_MS = 60_000;

/** What the crowd does. */
export type CrowdOrder = Omit<ContendOrder, 'control' | 'laps' | 'seat'>;

export class Crowd {
  readonly #control = new Int32Array(new SharedArrayBuffer(Control.WORDS * 4));
  readonly #laps: Float64Array<SharedArrayBuffer>;
  readonly #workers: Worker[];
  readonly #order: CrowdOrder;
  #rounds = 0;

  constructor(order: CrowdOrder) {
    this.#order = order;
    this.#laps = new Float64Array(new SharedArrayBuffer(order.threads * LAP * 8));
    this.#workers = Array.from(
      { length: order.threads },
      (_, seat) =>
        new Worker(new URL('../workers/contend.js', import.meta.url), {
          workerData: { ...order, seat, control: this.#control.buffer, laps: this.#laps.buffer },
        }),
    );
  }

  /**
   * Lets all of them go at once; nanoseconds for each operation of all threads together, from the first one's begin
   * to the last one's end. They take the time themselves: this thread may be late to start and to be woken.
   */
  round(): number {
    const control = this.#control;
    const { threads, iterations } = this.#order;
    this.#rounds++;
    waitFor(control, Control.READY, threads * this.#rounds);
    Atomics.store(control, Control.DONE, 0);
    const counted = Atomics.load(control, Control.COUNTER);
    Atomics.store(control, Control.ROUND, this.#rounds);
    Atomics.notify(control, Control.ROUND);
    waitFor(control, Control.DONE, threads);
    const began = Math.min(...this.#laps.filter((_, index) => index % LAP === 0));
    const ended = Math.max(...this.#laps.filter((_, index) => index % LAP === 1));
    if (Atomics.load(control, Control.COUNTER) - counted !== threads * iterations) {
      throw new Error(`an increment was lost under ${this.#order.operation}`);
    }
    return (ended - began) / (threads * iterations);
  }

  /** Ends the threads. */
  async close(): Promise<void> {
    Atomics.store(this.#control, Control.ROUND, -1);
    Atomics.notify(this.#control, Control.ROUND);
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }
}

/** Blocks until the word has reached the value, so that the main thread takes no core from the crowd. */
function waitFor(control: Int32Array, index: number, value: number): void {
  for (;;) {
    const now = Atomics.load(control, index);
    if (now >= value) return;
    // A worker that failed to start says so to the event loop, which is blocked here.
    if (Atomics.wait(control, index, now, PATIENCE_MS) === 'timed-out')
      throw new Error('a thread does not answer');
  }
}

/** What threads of a crowd do, how often, and with how much work around it. */
export interface Contention {
  readonly threads: number;
  readonly iterations: number;
  /** Rounds of `spin` while it is held. */
  readonly inside?: number;
  /** Rounds of `spin` after the release. */
  readonly outside?: number;
}

/** A contestant that lets a crowd of workers repeat an operation; nanoseconds per operation of all together. */
export function crowd(
  name: string,
  role: Contestant['role'],
  operation: string,
  share: () => unknown,
  { threads, iterations, inside = 0, outside = 0 }: Contention,
): Contestant {
  return {
    name,
    role,
    prepare(context) {
      const count = scaled(context, iterations);
      const all = new Crowd({ threads, iterations: count, inside, outside, operation, shared: share() });
      return { slice: () => all.round(), close: () => all.close() };
    },
  };
}
