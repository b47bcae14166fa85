/** What the models have in common: who is blocked. */
import { EXPIRES, THREADS, type Move } from './script.js';

/** Who is blocked; a thread may block only while another is left that can go on. */
export class Blocked {
  readonly threads = new Set<number>();
  get room(): boolean {
    return this.threads.size < THREADS - 1;
  }
  add(thread: number): void {
    this.threads.add(thread);
  }
  free(threads: readonly number[]): readonly number[] {
    for (const thread of threads) this.threads.delete(thread);
    return threads;
  }
}

/** An operation whose time-out expires, unless it succeeds. */
export const timed = (op: string, ...args: number[]): Move => ({ op, args: [...args, EXPIRES] });
/** An operation that blocks. */
export const block = (op: string, ...args: number[]): Move => ({ op, args, blocks: true });
