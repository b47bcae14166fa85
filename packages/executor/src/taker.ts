/**
 * How a worker takes a task: a cell from a ring, then the slot that the cell names.
 *
 * Between the two it may be killed; then the task is still PENDING, and its submitter puts it in again (P2).
 *
 * What was seen of a ring's TAIL is enough until HEAD reaches it: to look costs its writer, too. TAIL only grows, so less
 * is taken for there than there is, never more; unless it grows by 2 ** 31 meanwhile, so it is forgotten (`forget`) whenever
 * that could be.
 */
import { Atomics } from '@x/core/seam';
import {
  areaBase,
  AREAS_WORD,
  GENERATION_SHIFT,
  HEAD_WORD,
  RECORD_SHIFT,
  ringBase,
  ringOf,
  slotBase,
  SLOT_MASK,
  SlotState,
  TAIL_WORD,
} from './layout.js';
import type { Pool } from './pool.js';

/** A worker's hand on the task that it has taken. */
export class Taker {
  /** The task's area. */
  area = 0;
  /** Its slot in there. */
  slot = 0;
  /** Index of the slot's first word. */
  index = 0;
  /** The slot's state as this worker has set it. */
  state = 0;
  readonly #pool: Pool;
  readonly #record: number;
  /** What was seen of TAIL since the last `forget`, by area. */
  readonly #tails: number[] = [];

  constructor(pool: Pool, record: number) {
    this.#pool = pool;
    this.#record = record;
  }

  get generation(): number {
    return this.state >>> GENERATION_SHIFT;
  }

  /** Takes the next task. The areas take turns, so that no submitter waits for another one's whole ring. */
  take(): boolean {
    const { words } = this.#pool;
    const areas = Atomics.load(words, AREAS_WORD);
    let { area } = this;
    for (let i = 0; i < areas; i++) {
      area = area + 1 < areas ? area + 1 : 0;
      const base = areaBase(area);
      const ring = ringBase(area);
      const mask = ringOf(area) - 1;
      for (;;) {
        const head = Atomics.load(words, base + HEAD_WORD);
        if ((((this.#tails[area] ?? head) - head) | 0) <= 0) {
          const tail = Atomics.load(words, base + TAIL_WORD);
          this.#tails[area] = tail;
          if (head === tail) break;
        }
        const cell = Atomics.load(words, ring + (head & mask));
        if (Atomics.compareExchange(words, base + HEAD_WORD, head, (head + 1) | 0) !== head) continue;
        if (this.#claim(area, cell)) return true;
      }
    }
    this.forget();
    return false;
  }

  /** To be called when more time has gone by than a few tasks take: what was seen before is not to be relied upon. */
  forget(): void {
    this.#tails.length = 0;
  }

  /** P1: only one who succeeds here runs the task. */
  #claim(area: number, cell: number): boolean {
    const { words } = this.#pool;
    const slot = cell & SLOT_MASK;
    const index = slotBase(area, slot);
    const generation = cell & ~SLOT_MASK;
    const running = generation | (this.#record << RECORD_SHIFT) | SlotState.RUNNING;
    // The cell says which task it is, so the slot is not looked at before: its cache line has to come over but once.
    const pending = generation | SlotState.PENDING;
    if (Atomics.compareExchange(words, index, pending, running) !== pending) return false;
    this.area = area;
    this.slot = slot;
    this.index = index;
    this.state = running;
    return true;
  }
}
