/**
 * Finding out that a task waits for ever, since it waits for a task of its own pool and no worker is left to run one.
 *
 * A worker whose task waits for a task of the same pool, without a time limit and with nothing else going on, notes the
 * slot in its record. If all workers there may be have such a note, none of the slots is finished, and the same is true a
 * slice later with the same notes, then nothing can change any more: a finished task would have woken its waiter.
 */
import { Atomics } from '@x/core/seam';
import {
  AREAS_WORD,
  CODE_MASK,
  recordBase,
  slotBase,
  SlotState,
  slotsOf,
  WAITAREA_WORD,
  WAITEPOCH_WORD,
  WAITS_WORD,
} from './layout.js';
import type { Pool } from './pool.js';

export class DeadlockWatch {
  readonly #pool: Pool;
  /** This thread's worker record, if it is a worker of the pool. */
  readonly #record: number | undefined;
  #noted: number | undefined;
  #suspicion = '';

  constructor(pool: Pool, record: number | undefined) {
    this.#pool = pool;
    this.#record = record;
  }

  /** Whether this thread is a worker of the pool at all. */
  get applies(): boolean {
    return this.#record !== undefined;
  }

  /** Notes that this worker is about to sleep for a task of its pool. */
  enter(area: number, slot: number, timeout: number): void {
    if (this.#record === undefined || this.#noted === slot || timeout !== Infinity) return;
    const { words } = this.#pool;
    const base = recordBase(this.#record);
    Atomics.add(words, base + WAITEPOCH_WORD, 1);
    Atomics.store(words, base + WAITAREA_WORD, area);
    // A task that is not even in a slot waits for others; any number that names no slot says so.
    Atomics.store(words, base + WAITS_WORD, slot < 0 ? slotsOf(area) + 1 : slot + 1);
    this.#noted = slot;
  }

  leave(): void {
    if (this.#record === undefined || this.#noted === undefined) return;
    Atomics.store(this.#pool.words, recordBase(this.#record) + WAITS_WORD, 0);
    this.#noted = undefined;
    this.#suspicion = '';
  }

  /** Whether no worker can ever go on. Called once a slice. */
  isCertain(): boolean {
    if (this.#noted === undefined) return false;
    const before = this.#suspicion;
    this.#suspicion = this.#describe();
    return this.#suspicion !== '' && this.#suspicion === before;
  }

  /** The notes of all workers as text, or nothing if one of them is not stuck. */
  #describe(): string {
    const { words } = this.#pool;
    const crew = this.#pool.crew();
    if (crew.length < this.#pool.maxWorkers) return '';
    const notes: string[] = [];
    for (const record of crew) {
      const base = recordBase(record);
      const slot = Atomics.load(words, base + WAITS_WORD) - 1;
      const area = Atomics.load(words, base + WAITAREA_WORD);
      if (slot < 0 || this.#isFinished(area, slot)) return '';
      notes.push(`${record}:${area}/${slot}/${Atomics.load(words, base + WAITEPOCH_WORD)}`);
    }
    return notes.join(' ');
  }

  #isFinished(area: number, slot: number): boolean {
    const { words } = this.#pool;
    if (area >= Atomics.load(words, AREAS_WORD) || slot >= slotsOf(area)) return false;
    const code = Atomics.load(words, slotBase(area, slot)) & CODE_MASK;
    return code !== SlotState.PENDING && code !== SlotState.RUNNING && code !== SlotState.WANTED;
  }
}
