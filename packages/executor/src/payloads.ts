/** What goes into a task and comes out of it, on the submitter's side: writes arguments, reads results. */
import { decodeBytesAt, Pieces } from '@x/core/bytes';
import {
  Format,
  FORMAT_MASK,
  FORMAT_WORD,
  LENGTH_WORD,
  PAYLOAD_BYTES,
  SHELF_WORD,
  SLOT_HEADER_WORDS,
  VIEW_WORD,
} from './layout.js';
import type { Pool } from './pool.js';
import { copyInto, putInto, readRaw, writeRaw } from './raw.js';
import { NumberRecord } from './records.js';
import { Numbers, readScalar, writeNumbers } from './scalars.js';
import type { Shelves } from './shelves.js';
import { Raw, type Payload } from './task.js';

/** What `read` returns for a result that was posted. */
export const POSTED = Symbol('posted');

/** Whether arguments lie in the pool's memory as they are. */
export function isUnencoded(payload: Payload): payload is Numbers | NumberRecord | Raw {
  return payload instanceof Numbers || payload instanceof NumberRecord || payload instanceof Raw;
}

/** The payloads of the slots of one thread. */
export class Payloads {
  readonly #pool: Pool;
  readonly #shelves: Shelves | undefined;

  /** @param shelves the owner's; other threads have none */
  constructor(pool: Pool, shelves: Shelves | undefined) {
    this.#pool = pool;
    this.#shelves = shelves;
  }

  /** Writes arguments. Undefined if they have to go by message. */
  write(index: number, payload: Payload | Pieces): Format | undefined {
    if (payload instanceof Numbers || payload instanceof NumberRecord)
      return this.#writeNumbers(index, payload);
    if (payload instanceof Uint8Array || payload instanceof Pieces) return this.#writeBytes(index, payload);
    return payload instanceof Raw ? this.#writeRaw(index, payload) : undefined;
  }

  #writeNumbers(index: number, payload: Numbers | NumberRecord): Format {
    const { words } = this.#pool;
    writeNumbers(this.#pool, index, payload);
    words[index + LENGTH_WORD] = payload.length;
    if (payload instanceof Numbers) return Format.NUMBERS;
    words[index + VIEW_WORD] = payload.shape;
    return Format.RECORD;
  }

  #writeBytes(index: number, encoded: Uint8Array | Pieces): Format | undefined {
    const { words, bytes } = this.#pool;
    const { length } = encoded;
    if (length <= PAYLOAD_BYTES && encoded instanceof Uint8Array) {
      copyInto(bytes, (index + SLOT_HEADER_WORDS) * 4, encoded);
      words[index + LENGTH_WORD] = length;
      return Format.INLINE;
    }
    if (!this.#shelves) return undefined;
    putInto(this.#lend(index, length), encoded);
    return Format.SHELF;
  }

  #writeRaw(index: number, { view, type }: Raw): Format {
    writeRaw(this.#lend(index, view.byteLength), view);
    this.#pool.words[index + VIEW_WORD] = type;
    return Format.RAW;
  }

  /** A shelf for so many bytes, which the slot names. */
  #lend(index: number, length: number): Uint8Array {
    const shelves = this.#shelves!;
    const shelf = shelves.lend(length);
    const { words } = this.#pool;
    words[index + SHELF_WORD] = shelf;
    words[index + LENGTH_WORD] = length;
    return shelves.bytes(shelf);
  }

  /** Reads a result. */
  read(index: number): unknown {
    const { words, bytes } = this.#pool;
    const length = words[index + LENGTH_WORD]!;
    switch (words[index + FORMAT_WORD]! & FORMAT_MASK) {
      case Format.SCALAR:
        return readScalar(this.#pool, index);
      case Format.INLINE:
        return decodeBytesAt(bytes, (index + SLOT_HEADER_WORDS) * 4, length);
      case Format.SHELF:
        return decodeBytesAt(this.#shelf(index), 0, length);
      case Format.RAW:
        return readRaw(this.#shelf(index), length, words[index + VIEW_WORD]!);
      default:
        return POSTED;
    }
  }

  #shelf(index: number): Uint8Array {
    return this.#shelves!.bytes(this.#pool.words[index + SHELF_WORD]!);
  }
}
