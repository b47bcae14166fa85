/**
 * From bytes to the value; the format stands in bytes-format.ts. The bytes may come from anywhere:
 * nothing in them is trusted, every length is checked against what is left.
 */
import { LayoutError } from '../errors.js';
import { ByteCursor } from './bytes-cursor.js';
import { BYTES_VERSION, MAX_SHAPES, paddingAt, Tag, TEXT_BIT, VIEW_TYPES } from './bytes-format.js';
import { knownShape, learnShape, makerOf, shapeOf, type Shape, type Values } from './bytes-shapes.js';
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

/** What was read; `special` if it is a message for `decode`. */
export interface Read {
  readonly special: boolean;
  readonly value: unknown;
  /** The tickets in it, also of what was not asked for. */
  readonly tickets: readonly string[];
}

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

class ByteReader extends ByteCursor implements Values {
  readonly #source: ByteSource | undefined;
  readonly #tickets: string[] = [];
  readonly #objects: object[] = [];
  readonly #shapes: Shape[] = [];
  #text = '';
  #taken = 0;
  /** Whether buffers that are met are needed. */
  #fetching: boolean;

  constructor(bytes: Uint8Array, source: ByteSource | undefined) {
    super(bytes);
    this.#source = source;
    this.#fetching = source !== undefined;
  }

  message(): Read {
    const first = this.byte();
    const version = first & ~TEXT_BIT;
    if (version !== BYTES_VERSION) {
      throw new LayoutError(
        `the bytes have version ${version}, this copy of @x/core knows ${BYTES_VERSION}; install one version`,
      );
    }
    const special = isSpecial(this.bytes);
    if (special) this.at++;
    const end = first === version ? this.bytes.length : this.#readText();
    const value = this.value();
    if (this.at !== end || this.#taken !== this.#text.length)
      throw new RangeError('something follows the value');
    return { special, value, tickets: this.#tickets };
  }

  /** Takes the text from the end; returns where it begins. */
  #readText(): number {
    const tail = this.bytes.length - TEXT_TAIL;
    const length = this.view.getUint32(tail, true);
    const start = tail - length;
    if (length > TEXT_UNITS || start < this.at) throw new RangeError('more text than bytes');
    const at = this.at;
    this.at = start;
    this.#text = this.units(length);
    this.at = at;
    return start;
  }

  /** The next value. */
  value(): unknown {
    const tag = this.byte();
    switch (tag) {
      case Tag.INT8:
        this.at += 1;
        return this.view.getInt8(this.at - 1);
      case Tag.INT32:
        this.at += 4;
        return this.view.getInt32(this.at - 4, true);
      case Tag.FLOAT64:
        return this.float();
      case Tag.TEXT:
        return this.#part();
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
        const shape = this.#shapes[this.count()];
        if (shape === undefined) throw new RangeError('a shape that was not given');
        return this.#made(shape);
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
        const place = this.#objects.push({}) - 1;
        const boxed = Object(this.value()) as object;
        this.#objects[place] = boxed;
        return boxed;
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
    const view = new constructor(buffer, byteOffset, length);
    this.#objects[place] = view;
    return view;
  }

  #buffer(): ArrayBuffer {
    const byteLength = this.float();
    const maximum = this.float();
    const start = this.at + paddingAt(this.at, byteLength);
    if (!(byteLength >= 0 && start + byteLength <= this.bytes.length))
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
    this.#tickets.push(ticket);
    return this.#fetching && this.#source ? this.#source.shared(ticket) : NOT_FETCHED;
  }

  /** The keys of a plain object. */
  #keys(): string[] {
    const keys: string[] = [];
    for (let left = this.items(); left > 0; left--) keys.push(this.key());
    return keys;
  }

  /** Keys that are likely to have been met before. */
  #keyed(): Shape {
    const length = this.items();
    const start = this.at;
    const known = knownShape(this.bytes, start, start + length);
    if (known !== undefined) {
      this.at = start + length;
      return this.#numbered(known);
    }
    const keys = this.#keys();
    if (this.at !== start + length) throw new RangeError('keys of another length');
    return this.#numbered(learnShape(this.bytes, start, this.at, keys));
  }

  /** Gives keys their number in this message. */
  #numbered(shape: Shape): Shape {
    if (shape.keys.length > 0 && this.#shapes.length < MAX_SHAPES) this.#shapes.push(shape);
    return shape;
  }

  /** A plain object with these keys. */
  #made(shape: Shape): object {
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
    if (this.bytes[this.at] !== Tag.TEXT) return this.inline();
    this.at++;
    return this.#part();
  }

  /** The next part of the text. */
  #part(): string {
    const start = this.#taken;
    const end = start + this.count();
    if (end > this.#text.length) throw new RangeError('more than the text has');
    this.#taken = end;
    return this.#text.substring(start, end);
  }

  /** Gives an object its number. */
  keep<T extends object>(object: T): T {
    this.#objects.push(object);
    return object;
  }
}
