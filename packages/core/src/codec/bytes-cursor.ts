/** What of the format is in no object: numbers, counts, strings where they stand. Checks every length. */
import { latin1, utf16 } from '../runtime/text.js';
import { Tag } from './bytes-format.js';

/** Arguments that one call of `fromCharCode` takes; engines allow more, but none needs more to be fast. */
const CHUNK = 4096;
/** Up to this length a text is put together here; for longer ones a call into the engine is faster. */
const SHORT = 12;
/** The same for two bytes a unit. */
const SHORT_WIDE = 6;
const NOTHING: Uint8Array = /* @__PURE__ */ new Uint8Array(0);

/** Views of memory from which more than one message is read. */
const views = /* @__PURE__ */ new WeakMap<Uint8Array, DataView>();

export class ByteCursor {
  protected bytes = NOTHING;
  #view: DataView | undefined;
  /** The message: from its first byte to the one after its last. */
  protected start = 0;
  protected end = 0;
  /** The next byte. What is read past the end is found out by whoever counts, and at the end of the message. */
  protected at = 0;

  /** Begins a message. */
  protected open(bytes: Uint8Array, start: number, end: number): void {
    if (!(start >= 0 && end <= bytes.length)) throw new RangeError('the message ends after its memory');
    this.bytes = bytes;
    this.start = this.at = start;
    this.end = end;
  }

  /** Refers to the bytes no longer. */
  protected close(): void {
    this.bytes = NOTHING;
    this.#view = undefined;
  }

  protected get view(): DataView {
    return this.#view ?? this.#look();
  }

  #look(): DataView {
    const { bytes } = this;
    const isPart = this.end - this.start < bytes.length;
    let view = isPart ? views.get(bytes) : undefined;
    if (view === undefined) {
      view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
      if (isPart) views.set(bytes, view);
    }
    return (this.#view = view);
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
    if (bytes[start] !== Tag.LATIN || length > LONGEST_KEY || start + 2 + length > this.end)
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
    const whole = end <= this.end ? latin1(bytes, this.at, end) : undefined;
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
    if (this.at + length * 2 > this.end) throw new RangeError('a text longer than the bytes');
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
    if (this.at + count > this.end) throw new RangeError('a count larger than the bytes');
    return count;
  }

  protected count(): number {
    const first = this.byte();
    if (first < 0x80) return first;
    let count = first & 0x7f;
    for (let shift = 7; shift < 35; shift += 7) {
      const byte = this.byte();
      count += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return count;
    }
    throw new RangeError('a count without an end');
  }

  protected int32(): number {
    const { bytes, at } = this;
    this.at = at + 4;
    return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
  }

  protected float(): number {
    this.at += 8;
    return this.view.getFloat64(this.at - 8, true);
  }

  protected byte(): number {
    if (this.at >= this.end) throw new RangeError('they end too early');
    return this.bytes[this.at++]!;
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
