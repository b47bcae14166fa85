/**
 * From bytes to the value; the format stands in bytes-format.ts. The bytes may come from anywhere:
 * nothing in them is trusted, every length is checked against what is left.
 */
import { LayoutError } from '../errors.js';
import { BYTES_VERSION, MAX_SHAPES, paddingAt, Tag, VIEW_TYPES } from './bytes-format.js';
import { allocate } from '../runtime/large-blocks.js';
import { latin1 } from '../runtime/text.js';
import { setOwn } from './own.js';

/** What the reader asks for when it meets what does not travel as bytes. */
export interface ByteSource {
  /** The buffer that was shared under the ticket. */
  shared(ticket: string): SharedArrayBuffer;
  /** This thread's object for a primitive, by realm and number, if it has one. */
  known(key: string): object | undefined;
}

/** What was read; `special` if it is a message for `decode`. */
export interface Read {
  readonly special: boolean;
  readonly value: unknown;
  /** The tickets in it, also of what was not asked for. */
  readonly tickets: readonly string[];
}

/** Arguments that one call of `fromCharCode` takes; engines allow more, but none needs more to be fast. */
const CHUNK = 4096;
/** Up to this length a text is put together here; for longer ones a call into the engine is faster. */
const SHORT = 12;
/** The same for two bytes a unit, where there is only a call with a list of arguments. */
const SHORT_WIDE = 24;

const NOT_FETCHED = /* @__PURE__ */ Object.freeze({});

type ViewConstructor = new (buffer: ArrayBufferLike, byteOffset: number, length: number) => ArrayBufferView;

/** Whether bytes hold a message for `decode`; only those have tickets. */
export function isSpecial(bytes: Uint8Array): boolean {
  return bytes[1] === Tag.WIRE;
}

/**
 * Reads one value. The result holds copies only, nothing refers to `bytes` afterwards. Throws `LayoutError` for damage.
 *
 * @param source undefined: only the tickets are wanted
 */
export function readBytes(bytes: Uint8Array, source: ByteSource | undefined): Read {
  try {
    return new ByteReader(bytes, source).message();
  } catch (error) {
    // An offset out of bounds, too deep a nesting, an invalid date or expression: all of them damage.
    if (error instanceof RangeError || error instanceof TypeError || error instanceof SyntaxError) {
      throw new LayoutError(`the bytes are damaged: ${error.message}`, { cause: error });
    }
    throw error;
  }
}

class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #source: ByteSource | undefined;
  readonly #tickets: string[] = [];
  readonly #objects: object[] = [];
  readonly #shapes: string[][] = [];
  #at = 0;
  /** Whether buffers that are met are needed. */
  #fetching: boolean;

  constructor(bytes: Uint8Array, source: ByteSource | undefined) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#source = source;
    this.#fetching = source !== undefined;
  }

  message(): Read {
    const version = this.#byte();
    if (version !== BYTES_VERSION) {
      throw new LayoutError(
        `the bytes have version ${version}, this copy of @x/core knows ${BYTES_VERSION}; install one version`,
      );
    }
    const special = isSpecial(this.#bytes);
    if (special) this.#at++;
    const value = this.#value();
    if (this.#at !== this.#bytes.length) throw new RangeError('something follows the value');
    return { special, value, tickets: this.#tickets };
  }

  #value(): unknown {
    const tag = this.#byte();
    switch (tag) {
      case Tag.INT8:
        this.#at += 1;
        return this.#view.getInt8(this.#at - 1);
      case Tag.INT32:
        this.#at += 4;
        return this.#view.getInt32(this.#at - 4, true);
      case Tag.FLOAT64:
        return this.#float();
      case Tag.LATIN:
        return this.#latin();
      case Tag.WIDE:
        return this.#wide();
      case Tag.UNDEFINED:
        return undefined;
      case Tag.NULL:
        return null;
      case Tag.TRUE:
        return true;
      case Tag.FALSE:
        return false;
      case Tag.BIGINT: {
        const negative = this.#byte() === 1;
        const magnitude = BigInt(`0x${this.#string()}`);
        return negative ? -magnitude : magnitude;
      }
      case Tag.REFERENCE: {
        const object = this.#objects[this.#count()];
        if (object === undefined) throw new RangeError('a reference to nothing');
        return object;
      }
      default:
        return this.#object(tag);
    }
  }

  #object(tag: number): object {
    switch (tag) {
      case Tag.OBJECT:
        return this.#values(this.#keys());
      case Tag.SHAPED: {
        const shape = this.#shapes[this.#count()];
        if (shape === undefined) throw new RangeError('a shape that was not given');
        return this.#values(shape);
      }
      case Tag.ARRAY: {
        const count = this.#items();
        const array = this.#keep<unknown[]>([]);
        for (let index = 0; index < count; index++) array.push(this.#value());
        return array;
      }
      case Tag.SPARSE: {
        const array = this.#keep<unknown[]>([]);
        array.length = this.#float();
        return this.#pairs(array);
      }
      case Tag.MAP: {
        const map = this.#keep(new Map<unknown, unknown>());
        for (let left = this.#items(); left > 0; left--) {
          const key = this.#value();
          map.set(key, this.#value());
        }
        return map;
      }
      case Tag.SET: {
        const set = this.#keep(new Set<unknown>());
        for (let left = this.#items(); left > 0; left--) set.add(this.#value());
        return set;
      }
      case Tag.DATE:
        return this.#keep(new Date(this.#float()));
      case Tag.REGEXP: {
        const source = this.#string();
        return this.#keep(new RegExp(source, this.#string()));
      }
      case Tag.BOXED: {
        const place = this.#objects.push({}) - 1;
        const boxed = Object(this.#value()) as object;
        this.#objects[place] = boxed;
        return boxed;
      }
      case Tag.BUFFER:
        return this.#keep(this.#buffer());
      case Tag.VIEW:
        return this.#arrayView();
      case Tag.SHARED:
        return this.#shared(this.#string());
      case Tag.HANDLE:
        return this.#handle();
      default:
        throw new RangeError(`an unknown tag ${tag}`);
    }
  }

  /** A primitive that this thread has already needs nothing of its handle, which is read all the same for the numbers in it. */
  #handle(): object {
    const place = this.#objects.push({}) - 1;
    const key = this.#string();
    const known = this.#source?.known(key);
    const fetching = this.#fetching;
    this.#fetching &&= known === undefined;
    const handle = this.#pairs({});
    this.#fetching = fetching;
    return (this.#objects[place] = known ?? handle);
  }

  #arrayView(): object {
    const place = this.#objects.push({}) - 1;
    const name = VIEW_TYPES[this.#byte()];
    const buffer = this.#value();
    const byteOffset = this.#float();
    const length = this.#float();
    const constructor = (globalThis as unknown as Record<string, ViewConstructor | undefined>)[name ?? ''];
    if (constructor === undefined)
      throw new LayoutError(`this runtime has no ${name ?? 'such view'}; pass another typed array`);
    if (buffer === NOT_FETCHED) return NOT_FETCHED;
    if (!(buffer instanceof ArrayBuffer) && !(buffer instanceof SharedArrayBuffer))
      throw new TypeError('a view without a buffer');
    const view = new constructor(buffer, byteOffset, length);
    this.#objects[place] = view;
    return view;
  }

  #buffer(): ArrayBuffer {
    const byteLength = this.#float();
    const maximum = this.#float();
    const start = this.#at + paddingAt(this.#at, byteLength);
    if (!(byteLength >= 0 && start + byteLength <= this.#bytes.length))
      throw new RangeError('a buffer longer than the bytes');
    this.#at = start + byteLength;
    const buffer =
      maximum === 0
        ? // Written over below before anybody sees it.
          allocate(byteLength)
        : // The options are newer than the declarations that this compiles against.
          new (ArrayBuffer as new (length: number, options: { maxByteLength: number }) => ArrayBuffer)(
            byteLength,
            {
              maxByteLength: maximum - 1,
            },
          );
    new Uint8Array(buffer).set(this.#bytes.subarray(start, this.#at));
    return buffer;
  }

  #shared(ticket: string): object {
    this.#tickets.push(ticket);
    return this.#fetching && this.#source ? this.#source.shared(ticket) : NOT_FETCHED;
  }

  /** The keys of a plain object. */
  #keys(): string[] {
    const count = this.#items();
    const keys: string[] = [];
    for (let left = count; left > 0; left--) keys.push(this.#key());
    if (count > 0 && this.#shapes.length < MAX_SHAPES) this.#shapes.push(keys);
    return keys;
  }

  /** A plain object with these keys. */
  #values(keys: string[]): object {
    const object = this.#keep<Record<string, unknown>>({});
    const { length } = keys;
    for (let index = 0; index < length; index++) {
      const key = keys[index]!;
      // Assignment to `__proto__` would change the prototype.
      if (key === '__proto__') setOwn(object, key, this.#value());
      else object[key] = this.#value();
    }
    return object;
  }

  #pairs<T extends object>(object: T): T {
    for (let left = this.#items(); left > 0; left--) {
      const key = this.#key();
      const value = this.#value();
      // Assignment to `__proto__` would change the prototype.
      if (key === '__proto__') setOwn(object, key, value);
      else (object as Record<string, unknown>)[key] = value;
    }
    return object;
  }

  /** The name of a property. Most are seen again and again; then the engine need not make and look up a new string. */
  #key(): string {
    const start = this.#at;
    const bytes = this.#bytes;
    const length = bytes[start + 1]!;
    if (bytes[start] !== Tag.LATIN || length > LONGEST_KEY || start + 2 + length > bytes.length)
      return this.#string();
    let hash = length;
    for (let index = 0; index < length; index++) hash = (Math.imul(hash, 31) + bytes[start + 2 + index]!) | 0;
    const place = hash & (KNOWN_KEYS - 1);
    const known = knownKeys[place];
    if (known === undefined || known.length !== length || !isAt(known, bytes, start + 2)) {
      return (knownKeys[place] = this.#string());
    }
    this.#at = start + 2 + length;
    return known;
  }

  #string(): string {
    const tag = this.#byte();
    if (tag === Tag.LATIN) return this.#latin();
    if (tag === Tag.WIDE) return this.#wide();
    throw new RangeError('a text that is none');
  }

  #latin(): string {
    const length = this.#items();
    const end = this.#at + length;
    const bytes = this.#bytes;
    let text = '';
    if (length <= SHORT) {
      let at = this.#at;
      this.#at = end;
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
    const whole = end <= bytes.length ? latin1(bytes, this.#at, end) : undefined;
    if (whole !== undefined) {
      this.#at = end;
      return whole;
    }
    while (this.#at < end) {
      const next = Math.min(end, this.#at + CHUNK);
      text += String.fromCharCode.apply(null, bytes.subarray(this.#at, next) as unknown as number[]);
      this.#at = next;
    }
    return text;
  }

  #wide(): string {
    const length = this.#count();
    if (this.#at + length * 2 > this.#bytes.length) throw new RangeError('a text longer than the bytes');
    if (length <= SHORT_WIDE) {
      let short = '';
      for (let left = length; left > 0; left--, this.#at += 2)
        short += String.fromCharCode(this.#view.getUint16(this.#at, true));
      return short;
    }
    const units = new Uint16Array(Math.min(length, CHUNK));
    let text = '';
    for (let done = 0; done < length;) {
      const chunk = Math.min(CHUNK, length - done);
      for (let index = 0; index < chunk; index++, this.#at += 2)
        units[index] = this.#view.getUint16(this.#at, true);
      text += String.fromCharCode.apply(null, units.subarray(0, chunk) as unknown as number[]);
      done += chunk;
    }
    return text;
  }

  #keep<T extends object>(object: T): T {
    this.#objects.push(object);
    return object;
  }

  /** A count of things that take at least a byte each. */
  #items(): number {
    const count = this.#count();
    if (this.#at + count > this.#bytes.length) throw new RangeError('a count larger than the bytes');
    return count;
  }

  #count(): number {
    let count = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.#byte();
      count += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return count;
    }
    throw new RangeError('a count without an end');
  }

  #float(): number {
    this.#at += 8;
    return this.#view.getFloat64(this.#at - 8, true);
  }

  #byte(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) throw new RangeError('they end too early');
    this.#at++;
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
