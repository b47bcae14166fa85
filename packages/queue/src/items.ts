/**
 * Items in blocks.
 *
 * ```text
 * word  meaning
 * 0     bits 0–3 Form · bits 8–15 size class of the block. Written through the journal, see blocks.ts
 * 1     bytes of the encoded item
 * 2…    what the order needs to know of it (PriorityQueue), then the number or the encoded item
 * ```
 *
 * Numbers and the few constants are stored as they are; everything else as bytes of `@x/core/bytes`.
 */
import { decodeBytes, dropBytes, encodeBytes, hasBeside, takeBytes } from '@x/core/bytes';
import type { Blocks } from './blocks.js';

/** How an item is stored. */
export const Form = { NUMBER: 0, BYTES: 1, UNDEFINED: 2, NULL: 3, TRUE: 4, FALSE: 5 } as const;
export type Form = (typeof Form)[keyof typeof Form];

const FORM_MASK = 0xf;
const CLASS_SHIFT = 8;
const SCRATCH_BYTES = 8192;
/** Up to so many bytes an item is copied word by word, and the view of its copy is kept: making views takes longer. */
const SHORT_BYTES = 512;
const NO_BYTES = new Uint8Array(0);

/** An item on its way into a queue. */
export interface Packed {
  readonly form: Form;
  readonly number: number;
  readonly bytes: Uint8Array;
}

/** What came out of a queue, not yet decoded. */
export interface Raw {
  readonly form: Form;
  readonly number: number;
  readonly bytes: Uint8Array;
}

/**
 * Makes an item ready. Its bytes may lie where the next item of this thread is encoded: whoever keeps
 * it while other code may run calls `keep`.
 *
 * @throws TransferError naming the path of what cannot travel
 */
export function pack(item: unknown): Packed {
  switch (typeof item) {
    case 'number':
      return { form: Form.NUMBER, number: item, bytes: NO_BYTES };
    case 'undefined':
      return CONSTANTS.undefined;
    case 'boolean':
      return item ? CONSTANTS.true : CONSTANTS.false;
    default: {
      if (item === null) return CONSTANTS.null;
      const bytes = encodeBytes(item, 'item');
      // Still needed when the item does not get in, whatever was encoded meanwhile.
      return { form: Form.BYTES, number: 0, bytes: hasBeside(bytes) ? bytes.slice() : bytes };
    }
  }
}

/** The same item, with bytes of its own. */
export function keep(packed: Packed): Packed {
  return { ...packed, bytes: packed.bytes.slice() };
}

const CONSTANTS = {
  undefined: { form: Form.UNDEFINED, number: 0, bytes: NO_BYTES },
  null: { form: Form.NULL, number: 0, bytes: NO_BYTES },
  true: { form: Form.TRUE, number: 0, bytes: NO_BYTES },
  false: { form: Form.FALSE, number: 0, bytes: NO_BYTES },
} satisfies Record<string, Packed>;

/** Bytes that an item takes in a block, after its head of `headWords`. */
export function sizeOf(packed: Packed, headWords: number): number {
  return headWords * 4 + (packed.form === Form.NUMBER ? 8 : packed.bytes.length);
}

/** The first word of the block. */
export function firstWord(packed: Packed, sizeClass: number): number {
  return packed.form | (sizeClass << CLASS_SHIFT);
}

export function classIn(firstWord: number): number {
  return firstWord >>> CLASS_SHIFT;
}

/** Writes all but the first word; `at` is where the head ends. */
export function write(blocks: Blocks, block: number, at: number, packed: Packed): void {
  if (packed.form === Form.NUMBER) {
    blocks.floats[at >> 1] = packed.number;
    return;
  }
  const { length } = packed.bytes;
  blocks.words[block + 1] = length;
  if (length > 0) blocks.bytes.set(packed.bytes, at * 4);
}

const scratchWords = new Int32Array(SCRATCH_BYTES / 4);
const scratchBytes = new Uint8Array(scratchWords.buffer);
/** The beginning of the scratch, by length. */
const shortViews: (Uint8Array | undefined)[] = [];
/** Whether the copy that lies there is being decoded. */
let scratchTaken = false;

/** Copies an item out of its block, which may then be used again. `unpack`, `peek` or `discard` has to be called next. */
export function read(blocks: Blocks, block: number, at: number): Raw {
  const form = (blocks.words[block]! & FORM_MASK) as Form;
  if (form === Form.NUMBER) return { form, number: blocks.floats[at >> 1]!, bytes: NO_BYTES };
  if (form !== Form.BYTES) return { form, number: 0, bytes: NO_BYTES };
  const { words } = blocks;
  const length = words[block + 1]!;
  return { form, number: 0, bytes: scratchTaken ? copy(blocks, at, length) : borrow(blocks, at, length) };
}

function copy(blocks: Blocks, at: number, length: number): Uint8Array {
  return blocks.bytes.slice(at * 4, at * 4 + length);
}

/** A copy in the scratch, if it is large enough. */
function borrow(blocks: Blocks, at: number, length: number): Uint8Array {
  if (length > SHORT_BYTES) {
    if (length > SCRATCH_BYTES) return copy(blocks, at, length);
    scratchBytes.set(blocks.bytes.subarray(at * 4, at * 4 + length));
    return scratchBytes.subarray(0, length);
  }
  const { words } = blocks;
  // Blocks are whole words, so the last one belongs to the block, too.
  for (let word = 0, end = (length + 3) >> 2; word < end; word++) scratchWords[word] = words[at + word]!;
  return (shortViews[length] ??= scratchBytes.subarray(0, length));
}

/** Makes an item again that has been taken for good. Throws what `takeBytes` throws. */
export function unpack(raw: Raw): unknown {
  return revive(raw, takeBytes);
}

/** Makes an item again that stays in the queue. Throws what `decodeBytes` throws. */
export function peek(raw: Raw): unknown {
  return revive(raw, decodeBytes);
}

function revive(raw: Raw, decode: (bytes: Uint8Array) => unknown): unknown {
  switch (raw.form) {
    case Form.NUMBER:
      return raw.number;
    case Form.UNDEFINED:
      return undefined;
    case Form.NULL:
      return null;
    case Form.TRUE:
      return true;
    case Form.FALSE:
      return false;
    case Form.BYTES: {
      // What decoding calls back may take other items meanwhile.
      const outer = scratchTaken;
      scratchTaken = true;
      try {
        return decode(raw.bytes);
      } finally {
        scratchTaken = outer;
      }
    }
  }
}

/** Lets an item go that nobody will take, out of the queue or on its way in. */
export function discard(raw: Raw | Packed): void {
  if (raw.form === Form.BYTES) dropBytes(raw.bytes);
}
