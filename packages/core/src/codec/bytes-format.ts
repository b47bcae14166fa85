/**
 * The byte format: one tag, then what the tag says. Numbers are little-endian; `count` is a
 * variable-length unsigned integer, seven bits a byte, low bits first. A tag from FIRST_TEXT on is a TEXT of
 * `tag - FIRST_TEXT` units, and one from FIRST_INT on the number `tag - ZERO`: what is met most takes one byte.
 *
 * ```text
 * tag           then
 * UNDEFINED … FALSE   nothing
 * INT8          1 byte
 * INT32         4 bytes
 * FLOAT64       8 bytes
 * BIGINT        sign byte, string of hexadecimal digits
 * LATIN         count, one byte per code unit
 * WIDE          count, two bytes per code unit: lone surrogates survive
 * ARRAY         count, the items
 * SPARSE        length (FLOAT64 bytes), count, pairs of key string and value
 * TEXT          count: so many code units of the message's text, after those that were taken before
 * OBJECT        count, the keys as strings that are not TEXT, the values
 * KEYED         as OBJECT, with a count before: bytes of what stands before the values
 * SHAPED        count: number of an object written before that has the same keys; the values. Of the objects of a
 *               message that have keys, the first MAX_SHAPES with the tags OBJECT and KEYED have numbers, in order of
 *               their tags
 * REFERENCE     count: number of an object written before, in order of their tags; SHARED does not count
 * MAP, SET      count, the entries
 * DATE          8 bytes
 * REGEXP        two strings
 * BOXED         the primitive value
 * BUFFER        byte length (FLOAT64 bytes), maximum + 1 or 0 (FLOAT64 bytes), padding, the bytes
 * VIEW          number of the type, the buffer, byte offset and length (FLOAT64 bytes)
 * SHARED        string: the ticket under which a SharedArrayBuffer travels beside the bytes
 * HANDLE        string: realm and number of the primitive; then the handle as in OBJECT
 * WIRE          the message that `encode` makes of a value with something special in it
 * ```
 *
 * If the first byte has TEXT_BIT, the message ends with its text, one byte per code unit, and the length of that in two
 * bytes. Without GRAPH_BIT it has no REFERENCE, and no object needs a number.
 */
export const Tag = {
  UNDEFINED: 0,
  NULL: 1,
  TRUE: 2,
  FALSE: 3,
  INT8: 4,
  INT32: 5,
  FLOAT64: 6,
  BIGINT: 7,
  LATIN: 8,
  WIDE: 9,
  ARRAY: 10,
  SPARSE: 11,
  OBJECT: 12,
  REFERENCE: 13,
  MAP: 14,
  SET: 15,
  DATE: 16,
  REGEXP: 17,
  BOXED: 18,
  BUFFER: 19,
  VIEW: 20,
  SHARED: 21,
  HANDLE: 22,
  WIRE: 23,
  SHAPED: 24,
  TEXT: 25,
  KEYED: 26,
} as const;

/** First byte of every encoded value; another one is refused. */
export const BYTES_VERSION = 3;
export const TEXT_BIT = 0x80;
export const GRAPH_BIT = 0x40;

export const FIRST_TEXT = 0x40;
export const FIRST_INT = 0x80;
/** The tag that is the number 0. */
export const ZERO = 0xa0;

/** Lists of keys that can be named by their number. A reader counts as a writer does. */
export const MAX_SHAPES = 16;

/**
 * A buffer of so many bytes begins at a multiple of eight from the first byte of all: engines copy to and from shared
 * memory word by word if both sides are aligned alike, and byte by byte, six times slower, if not.
 */
export const ALIGNED_FROM = 64;

/** Bytes of padding before a buffer that would begin at `at`. */
export function paddingAt(at: number, byteLength: number): number {
  return byteLength < ALIGNED_FROM ? 0 : -at & 7;
}

/** Types of views by their number in the format; the order must never change. */
export const VIEW_TYPES = [
  'DataView',
  'Int8Array',
  'Uint8Array',
  'Uint8ClampedArray',
  'Int16Array',
  'Uint16Array',
  'Int32Array',
  'Uint32Array',
  'Float32Array',
  'Float64Array',
  'BigInt64Array',
  'BigUint64Array',
  'Float16Array',
] as const;
