/**
 * Shelves: shared memory for payloads that do not fit a slot, lent to one task at a time.
 *
 * A shelf is announced to the workers once, before the first task that uses it, and then named by its number;
 * used again, it costs neither a message nor fresh pages. The result goes on the same shelf if it fits.
 */
import type { ShelfNotice } from './mail.js';

const SMALLEST_BITS = 12;
/** Larger payloads get a shelf of their own that is not kept. */
const LARGEST_KEPT_BITS = 24;
/** Bytes that are kept free, at most. */
const KEPT_BYTES = 1 << 26;

/** The owner's shelves. */
export class Shelves {
  readonly #all = new Map<number, Uint8Array>();
  readonly #free: number[][] = [];
  readonly #announce: (notice: ShelfNotice) => void;
  #next = 0;
  #freeBytes = 0;

  /** @param announce tells all workers of a new shelf */
  constructor(announce: (notice: ShelfNotice) => void) {
    this.#announce = announce;
  }

  /** Lends a shelf of at least so many bytes. */
  lend(bytes: number): number {
    const size = sizeFor(bytes);
    const number = this.#free[size]?.pop();
    if (number !== undefined) {
      this.#freeBytes -= 2 ** size;
      return number;
    }
    const buffer = new SharedArrayBuffer(2 ** size);
    const fresh = this.#next++;
    this.#all.set(fresh, new Uint8Array(buffer));
    this.#announce({ kind: 'shelf', number: fresh, buffer });
    return fresh;
  }

  bytes(number: number): Uint8Array {
    return this.#all.get(number)!;
  }

  giveBack(number: number): void {
    const size = sizeFor(this.bytes(number).length);
    if (size > LARGEST_KEPT_BITS || this.#freeBytes + 2 ** size > KEPT_BYTES) {
      this.#all.delete(number);
      this.#announce({ kind: 'shelf', number, buffer: undefined });
      return;
    }
    this.#freeBytes += 2 ** size;
    (this.#free[size] ??= []).push(number);
  }

  /** For a worker that starts: all shelves there are. */
  notices(): ShelfNotice[] {
    return [...this.#all].map(([number, bytes]) => ({
      kind: 'shelf',
      number,
      buffer: bytes.buffer as SharedArrayBuffer,
    }));
  }
}

function sizeFor(bytes: number): number {
  return Math.max(SMALLEST_BITS, Math.ceil(Math.log2(bytes)));
}
