/** What of the format is in no object: numbers, counts, strings where they stand. Checks every length. */
import { latin1, utf16 } from '../runtime/text.js';
import { Tag } from './bytes-format.js';

/** Arguments that one call of `fromCharCode` takes; engines allow more, but none needs more to be fast. */
const CHUNK = 4096;
/** Up to this length a text is put together here; for longer ones a call into the engine is faster. */
const SHORT = 12;
/** The same for two bytes a unit. */
const SHORT_WIDE = 6;

export class ByteCursor {
  protected readonly bytes: Uint8Array;
  protected readonly view: DataView;
  /** The next byte. */
  protected at = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** A string where it stands. */
  protected inline(): string {
    const tag = this.byte();
    if (tag === Tag.LATIN) return this.latin();
    if (tag === Tag.WIDE) return this.wide();
    throw new RangeError('a text that is none');
  }

  /** The name of a property. Most are seen again and again; then the engine need not make and look up a new string. */
  protected key(): string {
    const start = this.at;
    const bytes = this.bytes;
    const length = bytes[start + 1]!;
    if (bytes[start] !== Tag.LATIN || length > LONGEST_KEY || start + 2 + length > bytes.length)
      return this.inline();
    let hash = length;
    for (let index = 0; index < length; index++) hash = (Math.imul(hash, 31) + bytes[start + 2 + index]!) | 0;
    const place = hash & (KNOWN_KEYS - 1);
    const known = knownKeys[place];
    if (known === undefined || known.length !== length || !isAt(known, bytes, start + 2)) {
      return (knownKeys[place] = this.inline());
    }
    this.at = start + 2 + length;
    return known;
  }

  protected latin(): string {
    return this.units(this.items());
  }

  /** Text of so many bytes. */
  protected units(length: number): string {
    const end = this.at + length;
    const bytes = this.bytes;
    let text = '';
    if (length <= SHORT) {
      let at = this.at;
      this.at = end;
      // A call with several units makes one string, not one for each.
      for (; at + 4 <= end; at += 4) {
        text += String.fromCharCode(bytes[at]!, bytes[at + 1]!, bytes[at + 2]!, bytes[at + 3]!);
      }
      if (at + 2 <= end) {
        text += String.fromCharCode(bytes[at]!, bytes[at + 1]!);
        at += 2;
      }
      return at < end ? text + String.fromCharCode(bytes[at]!) : text;
    }
    const whole = end <= bytes.length ? latin1(bytes, this.at, end) : undefined;
    if (whole !== undefined) {
      this.at = end;
      return whole;
    }
    while (this.at < end) {
      const next = Math.min(end, this.at + CHUNK);
      text += String.fromCharCode.apply(null, bytes.subarray(this.at, next) as unknown as number[]);
      this.at = next;
    }
    return text;
  }

  protected wide(): string {
    const length = this.count();
    if (this.at + length * 2 > this.bytes.length) throw new RangeError('a text longer than the bytes');
    if (length <= SHORT_WIDE) {
      let short = '';
      for (let left = length; left > 0; left--, this.at += 2)
        short += String.fromCharCode(this.view.getUint16(this.at, true));
      return short;
    }
    const whole = utf16(this.bytes, this.at, this.at + length * 2);
    if (whole !== undefined) {
      this.at += length * 2;
      return whole;
    }
    const units = new Uint16Array(Math.min(length, CHUNK));
    let text = '';
    for (let done = 0; done < length;) {
      const chunk = Math.min(CHUNK, length - done);
      for (let index = 0; index < chunk; index++, this.at += 2)
        units[index] = this.view.getUint16(this.at, true);
      text += String.fromCharCode.apply(null, units.subarray(0, chunk) as unknown as number[]);
      done += chunk;
    }
    return text;
  }

  /** A count of things that take at least a byte each. */
  protected items(): number {
    const count = this.count();
    if (this.at + count > this.bytes.length) throw new RangeError('a count larger than the bytes');
    return count;
  }

  protected count(): number {
    let count = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte();
      count += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return count;
    }
    throw new RangeError('a count without an end');
  }

  protected float(): number {
    this.at += 8;
    return this.view.getFloat64(this.at - 8, true);
  }

  protected byte(): number {
    const byte = this.bytes[this.at];
    if (byte === undefined) throw new RangeError('they end too early');
    this.at++;
    return byte;
  }
}

/** Names of properties that were read, by hash. */
const knownKeys: (string | undefined)[] = [];
const KNOWN_KEYS = 512;
/** Below 128, so that the length is one byte. */
const LONGEST_KEY = 32;

function isAt(text: string, bytes: Uint8Array, start: number): boolean {
  for (let index = 0; index < text.length; index++) {
    if (text.charCodeAt(index) !== bytes[start + index]) return false;
  }
  return true;
}
