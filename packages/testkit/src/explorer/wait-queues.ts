/**
 * Who sleeps where, as the engine keeps it: one list for each word, in the order of arrival, blocked
 * threads and `waitAsync` promises in one and the same list.
 */
import { mix, type Hash } from './hash.js';

export interface QueueEntry {
  readonly thread: number;
  /** For a `waitAsync`: which one of its thread. -1: the thread is blocked. */
  readonly asyncId: number;
}

/** The lists are never changed in place, so that a copy of the map is a copy of all. */
export type SavedQueues = ReadonlyMap<number, readonly QueueEntry[]>;

export class WaitQueues {
  #lists = new Map<number, readonly QueueEntry[]>();

  add(position: number, entry: QueueEntry): void {
    this.#lists.set(position, [...(this.#lists.get(position) ?? []), entry]);
  }

  /** Removes and returns the first `count` entries. */
  take(position: number, count: number): readonly QueueEntry[] {
    const list = this.#lists.get(position);
    if (!list || count <= 0) return [];
    const rest = list.slice(count);
    if (rest.length === 0) this.#lists.delete(position);
    else this.#lists.set(position, rest);
    return list.slice(0, count);
  }

  /** Removes those entries of a thread for which the condition holds. */
  remove(thread: number, condition: (entry: QueueEntry) => boolean): void {
    for (const [position, list] of this.#lists) {
      const rest = list.filter((entry) => entry.thread !== thread || !condition(entry));
      if (rest.length === list.length) continue;
      if (rest.length === 0) this.#lists.delete(position);
      else this.#lists.set(position, rest);
    }
  }

  save(): SavedQueues {
    return new Map(this.#lists);
  }

  load(saved: SavedQueues): void {
    this.#lists = new Map(saved);
  }

  mixState(hash: Hash): void {
    // Insertion order of a map depends on history; the positions do not.
    for (const position of [...this.#lists.keys()].sort((x, y) => x - y)) {
      mix(hash, position);
      for (const { thread, asyncId } of this.#lists.get(position)!) mix(hash, thread * 4096 + asyncId + 1);
    }
  }
}
