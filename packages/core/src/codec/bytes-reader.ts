/**
 * From bytes to the value; the format stands in bytes-format.ts. The bytes may come from anywhere:
 * nothing in them is trusted, every length is checked against what is left.
 */
import { LayoutError } from '../errors.js';
import { ByteCursor } from './bytes-cursor.js';
import {
  BYTES_VERSION,
  FIRST_INT,
  FIRST_TEXT,
  GRAPH_BIT,
  MAX_SHAPES,
  paddingAt,
  Tag,
  TEXT_BIT,
  VIEW_TYPES,
  ZERO,
} from './bytes-format.js';
import {
  isThere,
  knownShape,
  learnShape,
  makerOf,
  shapeOf,
  type Shape,
  type Values,
} from './bytes-shapes.js';
import { TEXT_TAIL, TEXT_UNITS } from './bytes-text.js';
import { copy } from '../runtime/copy.js';
import { allocate } from '../runtime/large-blocks.js';
import { setOwn } from './own.js';

/** What the reader asks for when it meets what does not travel as bytes. */
export interface ByteSource {
  /** The buffer that was shared under the ticket. */
  shared(ticket: string): SharedArrayBuffer;
  /** This thread's object for a primitive, by realm and number, if it has one. */
  known(key: string): object | undefined;
}

const NOT_FETCHED = /* @__PURE__ */ Object.freeze({});

type ViewConstructor = new (buffer: ArrayBufferLike, byteOffset: number, length: number) => ArrayBufferView;

/** Whether bytes hold a message for `decode`; only those have tickets. */
export function isSpecial(bytes: Uint8Array, start = 0): boolean {
  return bytes[start + 1] === Tag.WIRE;
}

const NONE: never[] = [];

/** Reads one message after the other. */
export class ByteReader extends ByteCursor implements Values {
  /** The tickets in the message, also of what was not asked for. */
  tickets: string[] = NONE;
  #source: ByteSource | undefined;
  /** Whether objects have numbers. */
  #graph = false;
  #objects: object[] = NONE;
  readonly #shapes: Shape[] = [];
  #given = 0;
  /** The keys with which the message before began, and those that came last. */
  #first: Shape | undefined;
  #last: Shape | undefined;
  #text = '';
  #taken = 0;
  /** Whether buffers that are met are needed. */
  #fetching = false;

  /**
   * Reads the value in some bytes of a memory. It holds copies only. Throws `LayoutError` for damage.
   *
   * @param source undefined: only the tickets are wanted
   */
  read(bytes: Uint8Array, start: number, end: number, source: ByteSource | undefined): unknown {
    this.#source = source;
    this.#fetching = source !== undefined;
    if (this.tickets.length > 0) this.tickets = [];
    try {
      this.open(bytes, start, end);
      return this.#message();
    } catch (error) {
      // An offset out of bounds, too deep a nesting, an invalid date or expression: all of them damage.
      if (error instanceof RangeError || error instanceof TypeError || error instanceof SyntaxError) {
        throw new LayoutError(`the bytes are damaged: ${error.message}`, { cause: error });
      }
      throw error;
    } finally {
      this.close();
      this.#source = this.#last = undefined;
      if (this.#graph) this.#objects = NONE;
      this.#text = '';
      this.#taken = this.#given = 0;
    }
  }

  #message(): unknown {
    const first = this.byte();
    const version = first & ~(TEXT_BIT | GRAPH_BIT);
    if (version !== BYTES_VERSION) {
      throw new LayoutError(
        `the bytes have version ${version}, this copy of @x/core knows ${BYTES_VERSION}; install one version`,
      );
    }
    this.#graph = (first & GRAPH_BIT) !== 0;
    this.#objects = this.#graph ? [] : NONE;
    if (isSpecial(this.bytes, this.start)) this.at++;
    const end = (first & TEXT_BIT) === 0 ? this.end : this.#readText();
    const value = this.value();
    if (this.at !== end || this.#taken !== this.#text.length)
      throw new RangeError('something follows the value');
    return value;
  }

  /** Takes the text from the end; returns where it begins. */
  #readText(): number {
    const tail = this.end - TEXT_TAIL;
    const length = this.bytes[tail]! | (this.bytes[tail + 1]! << 8);
    const start = tail - length;
    const { at } = this;
    if (!(length <= TEXT_UNITS && start >= at)) throw new RangeError('more text than bytes');
    this.at = start;
    this.#text = this.units(length);
    this.at = at;
    return start;
  }

  /** The next value. */
  value(): unknown {
    const tag = this.bytes[this.at++]!;
    if (tag >= FIRST_INT) return tag - ZERO;
    if (tag >= FIRST_TEXT) return this.#part(tag - FIRST_TEXT);
    return this.#tagged(tag);
  }

  #tagged(tag: number): unknown {
    switch (tag) {
      case Tag.INT8:
        return (this.bytes[this.at++]! << 24) >> 24;
      case Tag.INT32:
        return this.int32();
      case Tag.FLOAT64:
        return this.float();
      case Tag.TEXT:
        return this.#part(this.count());
      case Tag.LATIN:
        return this.latin();
      case Tag.WIDE:
        return this.wide();
      case Tag.UNDEFINED:
        return undefined;
      case Tag.NULL:
        return null;
      case Tag.TRUE:
        return true;
      case Tag.FALSE:
        return false;
      case Tag.BIGINT: {
        const negative = this.byte() === 1;
        const magnitude = BigInt(`0x${this.#string()}`);
        return negative ? -magnitude : magnitude;
      }
      case Tag.REFERENCE: {
        const object = this.#objects[this.count()];
        if (object === undefined) throw new RangeError('a reference to nothing');
        return object;
      }
      default:
        return this.#object(tag);
    }
  }

  #object(tag: number): object {
    switch (tag) {
      case Tag.KEYED:
        return this.#made(this.#keyed());
      case Tag.OBJECT:
        return this.#made(this.#numbered(shapeOf(this.#keys())));
      case Tag.SHAPED: {
        const number = this.count();
        if (number >= this.#given) throw new RangeError('a shape that was not given');
        return this.#made(this.#shapes[number]!);
      }
      case Tag.ARRAY: {
        const count = this.items();
        const array = this.keep<unknown[]>([]);
        for (let index = 0; index < count; index++) array.push(this.value());
        return array;
      }
      case Tag.SPARSE: {
        const array = this.keep<unknown[]>([]);
        array.length = this.float();
        return this.#pairs(array);
      }
      case Tag.MAP: {
        const map = this.keep(new Map<unknown, unknown>());
        for (let left = this.items(); left > 0; left--) {
          const key = this.value();
          map.set(key, this.value());
        }
        return map;
      }
      case Tag.SET: {
        const set = this.keep(new Set<unknown>());
        for (let left = this.items(); left > 0; left--) set.add(this.value());
        return set;
      }
      case Tag.DATE:
        return this.keep(new Date(this.float()));
      case Tag.REGEXP: {
        const source = this.#string();
        return this.keep(new RegExp(source, this.#string()));
      }
      case Tag.BOXED: {
        const place = this.#reserve();
        return this.#put(place, Object(this.value()) as object);
      }
      case Tag.BUFFER:
        return this.keep(this.#buffer());
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
    const place = this.#reserve();
    const key = this.#string();
    const known = this.#source?.known(key);
    const fetching = this.#fetching;
    this.#fetching &&= known === undefined;
    const handle = this.#pairs({});
    this.#fetching = fetching;
    return this.#put(place, known ?? handle);
  }

  #arrayView(): object {
    const place = this.#reserve();
    const name = VIEW_TYPES[this.byte()];
    const buffer = this.value();
    const byteOffset = this.float();
    const length = this.float();
    const constructor = (globalThis as unknown as Record<string, ViewConstructor | undefined>)[name ?? ''];
    if (constructor === undefined)
      throw new LayoutError(`this runtime has no ${name ?? 'such view'}; pass another typed array`);
    if (buffer === NOT_FETCHED) return NOT_FETCHED;
    if (!(buffer instanceof ArrayBuffer) && !(buffer instanceof SharedArrayBuffer))
      throw new TypeError('a view without a buffer');
    return this.#put(place, new constructor(buffer, byteOffset, length));
  }

  #buffer(): ArrayBuffer {
    const byteLength = this.float();
    const maximum = this.float();
    const start = this.at + paddingAt(this.at - this.start, byteLength);
    if (!(byteLength >= 0 && start + byteLength <= this.end))
      throw new RangeError('a buffer longer than the bytes');
    this.at = start + byteLength;
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
    copy(new Uint8Array(buffer), 0, this.bytes.subarray(start, this.at));
    return buffer;
  }

  #shared(ticket: string): object {
    if (this.tickets === NONE) this.tickets = [];
    this.tickets.push(ticket);
    return this.#fetching && this.#source ? this.#source.shared(ticket) : NOT_FETCHED;
  }

  /** The keys of a plain object. */
  #keys(): string[] {
    const keys: string[] = [];
    for (let left = this.items(); left > 0; left--) keys.push(this.key());
    return keys;
  }

  /** Keys that are likely to have been met before, most likely after those that were met last. */
  #keyed(): Shape {
    const length = this.items();
    const start = this.at;
    const before = this.#last;
    let shape = before === undefined ? this.#first : before.next;
    if (shape === undefined || !isThere(shape, this.bytes, this.view, start, length)) {
      shape = knownShape(this.bytes, this.view, start, length);
      if (shape === undefined) {
        const keys = this.#keys();
        if (this.at !== start + length) throw new RangeError('keys of another length');
        shape = learnShape(this.bytes, start, length, keys);
      }
      if (before === undefined) this.#first = shape;
      else before.next = shape;
    }
    this.at = start + length;
    this.#last = shape;
    return this.#numbered(shape);
  }

  /** Gives keys their number in this message. */
  #numbered(shape: Shape): Shape {
    if (shape.keys.length > 0 && this.#given < MAX_SHAPES) this.#shapes[this.#given++] = shape;
    return shape;
  }

  /** A plain object with these keys. */
  #made(shape: Shape): object {
    // Each value takes a byte at least.
    if (this.at + shape.keys.length > this.end) throw new RangeError('an object longer than the bytes');
    const make = makerOf(shape);
    if (make !== undefined) return make(this);
    const object = this.keep<Record<string, unknown>>({});
    const { keys } = shape;
    const { length } = keys;
    for (let index = 0; index < length; index++) {
      const key = keys[index]!;
      // Assignment to `__proto__` would change the prototype.
      if (key === '__proto__') setOwn(object, key, this.value());
      else object[key] = this.value();
    }
    return object;
  }

  #pairs<T extends object>(object: T): T {
    for (let left = this.items(); left > 0; left--) {
      const key = this.key();
      const value = this.value();
      // Assignment to `__proto__` would change the prototype.
      if (key === '__proto__') setOwn(object, key, value);
      else (object as Record<string, unknown>)[key] = value;
    }
    return object;
  }

  #string(): string {
    const { at } = this;
    const tag = this.byte();
    if (tag >= FIRST_TEXT && tag < FIRST_INT) return this.#part(tag - FIRST_TEXT);
    if (tag === Tag.TEXT) return this.#part(this.count());
    this.at = at;
    return this.inline();
  }

  /** The next part of the text. */
  #part(length: number): string {
    const start = this.#taken;
    const end = start + length;
    if (end > this.#text.length) throw new RangeError('more than the text has');
    this.#taken = end;
    return this.#text.substring(start, end);
  }

  /** Gives an object its number. */
  keep<T extends object>(object: T): T {
    if (this.#graph) this.#objects.push(object);
    return object;
  }

  /** Takes the next number for an object that is made after what is in it. */
  #reserve(): number {
    return this.#graph ? this.#objects.push({}) - 1 : 0;
  }

  #put(place: number, object: object): object {
    if (this.#graph) this.#objects[place] = object;
    return object;
  }
}
