/** What goes into a task and comes out of it, on the worker's side: reads arguments, writes results. */
import { agent, CancelledError, decode, encode, TransferError, type Port, type Wire } from '@x/core';
import { decodeBytesAt, encodePieces } from '@x/core/bytes';
import { Atomics } from '@x/core/seam';
import {
  AREA_THREAD_WORD,
  areaBase,
  CODE_MASK,
  FETCHING,
  Format,
  FORMAT_MASK,
  FORMAT_WORD,
  GENERATION_SHIFT,
  LENGTH_WORD,
  PAYLOAD_BYTES,
  SHELF_WORD,
  slotBase,
  SLOT_HEADER_WORDS,
  SlotState,
  VIEW_WORD,
} from './layout.js';
import {
  areaChannel,
  broadcast,
  Inbox,
  listen,
  notCarried,
  post,
  workerChannel,
  type Letter,
} from './mail.js';
import type { Pool } from './pool.js';
import { copyInto, putInto, rawType, readRaw, writeRaw, type RawView } from './raw.js';
import { RecordReader } from './records.js';
import { nameOf } from './roles.js';
import { readNumbers, writeScalar } from './scalars.js';
import { spinWhile } from './spinner.js';
import type { Taker } from './taker.js';
import { movedWith } from './transfer.js';

/** A prune is cheap beside so many letters. */
const LETTERS_KEPT = 64;
const GENERATION_MASK = -1 >>> GENERATION_SHIFT;

/** The arguments and results of the tasks of one worker. */
export class Cargo {
  readonly #pool: Pool;
  readonly #record: number;
  readonly #port: Port;
  readonly #task: Taker;
  readonly #inbox: Inbox;
  readonly #records: RecordReader;
  readonly #shelves = new Map<number, Uint8Array>();

  /** @param port to the owner */
  constructor(pool: Pool, record: number, port: Port, task: Taker) {
    this.#pool = pool;
    this.#record = record;
    this.#port = port;
    this.#task = task;
    this.#records = new RecordReader(pool);
    this.#inbox = new Inbox(
      () => port.receiveNow(),
      ({ number, buffer }) => {
        if (buffer) this.#shelves.set(number, new Uint8Array(buffer));
        else this.#shelves.delete(number);
      },
    );
  }

  /** The arguments of the task that was taken. */
  read(format: number): unknown[] {
    const { words, bytes } = this.#pool;
    const { index } = this.#task;
    const length = words[index + LENGTH_WORD]!;
    switch (format & FORMAT_MASK) {
      case Format.NUMBERS:
        return readNumbers(this.#pool, index, length);
      case Format.RECORD:
        return [this.#records.read(index, words[index + VIEW_WORD]!, length)];
      case Format.INLINE: {
        const start = (index + SLOT_HEADER_WORDS) * 4;
        return decodeBytesAt(bytes, start, length) as unknown[];
      }
      case Format.SHELF: {
        const shelf = this.#shelf(words[index + SHELF_WORD]!);
        if (!shelf) throw missing();
        return decodeBytesAt(shelf, 0, length) as unknown[];
      }
      case Format.RAW: {
        const shelf = this.#shelf(words[index + SHELF_WORD]!);
        if (!shelf) throw missing();
        return [readRaw(shelf, length, words[index + VIEW_WORD]!)];
      }
      case Format.HELD:
        return this.#fetchHeld();
      default: {
        const wire = this.#inbox.take(this.#task.area, this.#task.slot, this.#task.generation);
        if (this.#inbox.size > LETTERS_KEPT) this.#prune();
        if (!wire) throw missing();
        return decode(wire) as unknown[];
      }
    }
  }

  /** Writes the result of the task, or its error. Throws if that cannot travel. */
  write(value: unknown): void {
    const { words, bytes: memory } = this.#pool;
    const { index } = this.#task;
    if (writeScalar(this.#pool, index, value)) {
      words[index + FORMAT_WORD] = Format.SCALAR;
      return;
    }
    const moved = movedWith(value);
    if (moved !== undefined) {
      this.#post(value, moved);
      return;
    }
    const type = rawType(value);
    if (type >= 0 && this.#writeRaw(value as RawView, type)) return;
    // One that is large, and has no room, goes by message at once.
    const bytes = type >= 0 ? undefined : encodePieces(value);
    if (bytes) {
      const { length } = bytes;
      words[index + LENGTH_WORD] = length;
      if (length <= PAYLOAD_BYTES && bytes instanceof Uint8Array) {
        copyInto(memory, (index + SLOT_HEADER_WORDS) * 4, bytes);
        words[index + FORMAT_WORD] = Format.INLINE;
        return;
      }
      const number = words[index + SHELF_WORD]!;
      const shelf = number >= 0 ? this.#shelf(number) : undefined;
      if (shelf && length <= shelf.length) {
        putInto(shelf, bytes);
        words[index + FORMAT_WORD] = Format.SHELF;
        return;
      }
    }
    this.#post(value, []);
  }

  #post(value: unknown, moved: readonly unknown[]): void {
    const { area, slot, generation, index } = this.#task;
    const wire = encode(value, 'result');
    for (const item of moved) if (item instanceof ArrayBuffer) checkThere(item);
    if (area === 0) {
      post(this.#port, { kind: 'letter', area, slot, generation, wire }, moved);
    } else {
      const letter: Letter = {
        kind: 'letter',
        area,
        slot,
        generation,
        wire: moved.length > 0 ? detached(wire, moved) : wire,
      };
      broadcast(areaChannel(nameOf(this.#pool), area), letter);
    }
    this.#pool.words[index + FORMAT_WORD] = Format.MAIL;
  }

  #writeRaw(view: RawView, type: number): boolean {
    const { words } = this.#pool;
    const { index } = this.#task;
    const number = words[index + SHELF_WORD]!;
    const shelf = number >= 0 ? this.#shelf(number) : undefined;
    if (!shelf || shelf.length < view.byteLength) return false;
    writeRaw(shelf, view);
    words[index + VIEW_WORD] = type;
    words[index + LENGTH_WORD] = view.byteLength;
    words[index + FORMAT_WORD] = Format.RAW;
    return true;
  }

  #shelf(number: number): Uint8Array | undefined {
    if (!this.#shelves.has(number)) this.#inbox.collect();
    return this.#shelves.get(number);
  }

  /** Asks the submitter for the arguments, and sleeps until it has posted them. */
  #fetchHeld(): unknown[] {
    const { words, realm } = this.#pool;
    const { area, slot, generation, index, state } = this.#task;
    const submitter = Atomics.load(words, areaBase(area) + AREA_THREAD_WORD);
    const channel = area === 0 ? undefined : listen(workerChannel(nameOf(this.#pool), this.#record));
    try {
      const wanted = (state & ~CODE_MASK) | SlotState.WANTED;
      // Fails if the task is to be stopped; then there is nothing to run.
      if (Atomics.compareExchange(words, index, state, wanted) !== state) throw stopped();
      this.#pool.wakeSubmitter(area);
      spinWhile(this.#pool, index, wanted);
      while (Atomics.load(words, index) === wanted) {
        this.#pool.fallAsleep(this.#record, FETCHING);
        Atomics.wait(words, index, wanted, agent().slice);
        this.#pool.rouse(this.#record);
        if (Atomics.load(words, index) === wanted && realm.hasEnded(submitter)) {
          Atomics.compareExchange(words, index, wanted, state);
          throw new TransferError(
            'the thread that submitted the task ended before it could send the arguments',
          );
        }
      }
      if (Atomics.load(words, index) !== state) throw stopped();
      const wire = (channel?.inbox ?? this.#inbox).take(area, slot, generation);
      if (!wire) throw missing();
      return decode(wire) as unknown[];
    } finally {
      channel?.close();
    }
  }

  /** A letter comes before its slot says PENDING, so one whose slot is behind it is still to be asked for. */
  #prune(): void {
    this.#inbox.prune((area, slot, generation) => {
      const state = Atomics.load(this.#pool.words, slotBase(area, slot));
      const ahead = ((state >>> GENERATION_SHIFT) - generation) & GENERATION_MASK;
      return ahead === 0 ? (state & CODE_MASK) === SlotState.PENDING : ahead > GENERATION_MASK >>> 1;
    });
  }
}

/** Some engines send what is gone already, and fail where it arrives. */
function checkThere(buffer: ArrayBuffer): void {
  try {
    new Uint8Array(buffer);
  } catch (cause) {
    throw notCarried(cause);
  }
}

/** The message with what is moved taken away from this thread, for a channel that can only copy. */
function detached(wire: Wire, moved: readonly unknown[]): Wire {
  try {
    return structuredClone(wire, { transfer: moved as never });
  } catch (cause) {
    throw notCarried(cause);
  }
}

function missing(): TransferError {
  return new TransferError('the arguments of the task are not there; submit it again');
}

function stopped(): CancelledError {
  return new CancelledError('the task was cancelled');
}
