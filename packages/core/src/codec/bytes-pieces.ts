/** An encoded value whose large buffers have not been copied yet. */
import { copy } from '../runtime/copy.js';

/** A buffer that comes after so many bytes of the rest. */
export interface Piece {
  readonly at: number;
  readonly source: Uint8Array;
  readonly length: number;
}

/**
 * An encoded value in pieces: its large buffers are copied once, to where they go, and not to a scratch before. To be
 * used at once: it refers to the scratch, and to the buffers of the value.
 *
 * @example
 * ```ts
 * import { decodeBytes, encodePieces } from '@x/core/bytes';
 *
 * const pieces = encodePieces({ pixels: new Uint8Array(100_000).fill(7) })!;
 * const bytes = new Uint8Array(new SharedArrayBuffer(pieces.length));
 * if (pieces instanceof Uint8Array) bytes.set(pieces);
 * else pieces.copyTo(bytes);
 * console.log((decodeBytes(bytes) as { pixels: Uint8Array }).pixels[99_999]);   // 7
 * ```
 */
export class Pieces {
  /** Bytes that all of it takes. */
  readonly length: number;
  readonly #rest: Uint8Array;
  readonly #pieces: readonly Piece[];

  /**
   * @internal
   * @param rest all but the large buffers
   * @param length bytes of it and of the buffers
   */
  constructor(rest: Uint8Array, pieces: readonly Piece[], length: number) {
    this.#rest = rest;
    this.#pieces = pieces;
    this.length = length;
  }

  /** Puts it together at the beginning of the target, which has to have at least `length` bytes. */
  copyTo(target: Uint8Array): void {
    let from = 0;
    let to = 0;
    for (const { at, source, length } of this.#pieces) {
      target.set(this.#rest.subarray(from, at), to);
      to += at - from;
      from = at;
      copy(target, to, source);
      to += length;
    }
    target.set(this.#rest.subarray(from), to);
  }

  /** Puts it together in memory of its own. */
  slice(): Uint8Array {
    const bytes = new Uint8Array(this.length);
    this.copyTo(bytes);
    return bytes;
  }
}
