/** Rendezvous between threads of a test, in shared memory and without any primitive under test. */
import { PATIENCE_MS, POLL_MS } from './time.js';

/**
 * A few counters. A thread signals a point when it has come there; others wait for it. Its `buffer`
 * travels to a worker, which makes its own view: `kit.checkpoints(buffer)`.
 */
export class Checkpoints {
  readonly buffer: SharedArrayBuffer;
  readonly #words: Int32Array;

  constructor(buffer: SharedArrayBuffer = new SharedArrayBuffer(64 * 4)) {
    this.buffer = buffer;
    this.#words = new Int32Array(buffer);
  }

  /** How often the point was signalled. */
  count(point: number): number {
    return Atomics.load(this.#words, point);
  }

  /** Counts one more arrival at the point. Returns the new count. */
  signal(point: number): number {
    const count = Atomics.add(this.#words, point, 1) + 1;
    Atomics.notify(this.#words, point);
    return count;
  }

  /** Blocks until the point was signalled so many times. Throws after `timeout` milliseconds. */
  waitFor(point: number, count = 1, timeout = PATIENCE_MS): void {
    const deadline = performance.now() + timeout;
    for (;;) {
      const seen = this.count(point);
      if (seen >= count) return;
      const left = deadline - performance.now();
      if (left <= 0) throw this.#late(point, count, timeout);
      Atomics.wait(this.#words, point, seen, left);
    }
  }

  /** Waits until the point was signalled so many times. Rejects after `timeout` milliseconds. */
  async waitForAsync(point: number, count = 1, timeout = PATIENCE_MS): Promise<void> {
    const deadline = performance.now() + timeout;
    // A timer, unlike a pending waitAsync, keeps the process alive.
    while (this.count(point) < count) {
      if (performance.now() > deadline) throw this.#late(point, count, timeout);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  #late(point: number, count: number, timeout: number): Error {
    return new Error(
      `checkpoint ${point} was signalled ${this.count(point)} of ${count} times in ${timeout} ms`,
    );
  }
}
