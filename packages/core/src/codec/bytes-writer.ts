/** From a value to bytes; the format stands in bytes-format.ts. */
import { BYTES_VERSION, MAX_SHAPES, paddingAt, Tag, VIEW_TYPES } from './bytes-format.js';
import { registeredName } from './classes.js';
import { Pieces, type Piece } from './bytes-pieces.js';
import { KIND } from './kinds.js';
import { MARK, type HandleMark } from './wire.js';

/** Thrown inside the writer when a value holds something that only `encode` can turn into data. */
export const SPECIAL = /* @__PURE__ */ new Error('the value has to go through encode');

/** What travels beside the bytes, since it is shared and not copied. */
export interface Beside {
  /** The ticket by which the reader gets the buffer. */
  ticket(buffer: SharedArrayBuffer): string;
  /** Names the primitive of a handle, the same in every thread. */
  key(handle: HandleMark): string;
}

const FIRST_SIZE = 1024;
/** A larger scratch is dropped after use, so that one big item does not hold its size for ever. */
const KEPT_SIZE = 1 << 20;
/** A buffer of so many bytes or more stays out of the scratch where the caller can do with pieces. */
const APART_FROM = 4096;
/** Up to this many objects are compared one by one, which is cheaper than a map. */
const LINEAR_OBJECTS = 32;

const objectPrototype = Object.prototype;
const sharedPrototype = SharedArrayBuffer.prototype;
const viewNumbers = /* @__PURE__ */ new Map<string, number>(
  /* @__PURE__ */ VIEW_TYPES.map((name, number) => [name, number]),
);

export class ByteWriter {
  #bytes = new Uint8Array(FIRST_SIZE);
  #view = new DataView(this.#bytes.buffer);
  #at = 0;
  /** Objects in order of their tags. */
  #objects: object[] = [];
  #numbers: Map<object, number> | undefined;
  #beside: Beside | undefined;
  /** Lists of keys in order of their numbers. */
  readonly #shapes: string[][] = [];
  /** What stays where it is, if the caller can do with that, and how many bytes that is. */
  #pieces: Piece[] | undefined;
  #outside = 0;

  /** As `write`, but large buffers are left where they are until the pieces are put together; nothing may run in between. */
  writePieces(value: unknown): Uint8Array | Pieces {
    const pieces: Piece[] = (this.#pieces = []);
    try {
      const bytes = this.write(value);
      if (pieces.length === 0) return bytes;
      // A getter of the user may have moved a buffer away that had been met before.
      if (pieces.some(({ source, length }) => source.length !== length)) throw SPECIAL;
      return new Pieces(bytes, pieces, bytes.length + this.#outside);
    } finally {
      this.#pieces = undefined;
      this.#outside = 0;
    }
  }

  /**
   * Writes a value. The result is a view of the writer's scratch: it is valid until the next call.
   * Throws `SPECIAL` if the value holds something that has to go through `encode` first.
   *
   * @param beside given when the value is the output of `encode`, in which marked objects are data
   */
  write(value: unknown, beside?: Beside): Uint8Array {
    if (this.#bytes.length > KEPT_SIZE) this.#resize(FIRST_SIZE);
    this.#beside = beside;
    this.#bytes[0] = BYTES_VERSION;
    this.#at = 1;
    try {
      if (beside) this.#tag(Tag.WIRE);
      this.#value(value);
    } finally {
      if (this.#objects.length > 0) this.#objects = [];
      this.#shapes.length = 0;
      this.#numbers = undefined;
    }
    return this.#bytes.subarray(0, this.#at);
  }

  #value(value: unknown): void {
    switch (typeof value) {
      case 'number':
        this.#number(value);
        return;
      case 'string':
        this.#string(value);
        return;
      case 'boolean':
        this.#tag(value ? Tag.TRUE : Tag.FALSE);
        return;
      case 'undefined':
        this.#tag(Tag.UNDEFINED);
        return;
      case 'object':
        if (value === null) this.#tag(Tag.NULL);
        else this.#object(value);
        return;
      case 'bigint':
        this.#bigint(value);
        return;
      default:
        // A function or symbol: `encode` names its path.
        throw SPECIAL;
    }
  }

  #object(value: object): void {
    const prototype = Object.getPrototypeOf(value) as object | null;
    if (prototype === sharedPrototype) {
      // Has no number: a reader that knows a primitive does not ask for the buffer in its handle.
      this.#shared(value as SharedArrayBuffer);
      return;
    }
    if (this.#reference(value)) return;
    if (Array.isArray(value)) {
      this.#array(value);
    } else if (prototype === objectPrototype) {
      if (Object.hasOwn(value, MARK) && this.#mark(value)) return;
      this.#plain(value);
    } else if (this.#beside) {
      this.#platform(value);
    } else {
      // Asked only for what is not plain, so that plain data does not pay for it.
      if (KIND in value || registeredName(value) !== undefined) throw SPECIAL;
      this.#platform(value);
    }
  }

  /** Writes a reference if the object was written before; else gives it the next number. */
  #reference(value: object): boolean {
    const objects = this.#objects;
    const numbers = this.#numbers;
    if (numbers === undefined) {
      const number = objects.indexOf(value);
      if (number >= 0) {
        this.#tag(Tag.REFERENCE);
        this.#count(number);
        return true;
      }
      objects.push(value);
      if (objects.length > LINEAR_OBJECTS)
        this.#numbers = new Map(objects.map((object, index) => [object, index]));
      return false;
    }
    const number = numbers.get(value);
    if (number === undefined) {
      numbers.set(value, numbers.size);
      return false;
    }
    this.#tag(Tag.REFERENCE);
    this.#count(number);
    return true;
  }

  /** A plain object that carries the mark: data of the user, or a mark that `encode` made. */
  #mark(value: object): boolean {
    if (this.#beside === undefined) throw SPECIAL;
    if ((value as Record<string, unknown>)[MARK] !== 'handle') return false;
    this.#tag(Tag.HANDLE);
    this.#string(this.#beside.key(value as HandleMark));
    this.#pairs(value, Object.keys(value));
    return true;
  }

  #shared(buffer: SharedArrayBuffer): void {
    if (this.#beside === undefined) throw SPECIAL;
    this.#tag(Tag.SHARED);
    this.#string(this.#beside.ticket(buffer));
  }

  #plain(value: object): void {
    const keys = Object.keys(value);
    const { length } = keys;
    const shape = this.#shapeOf(keys);
    if (shape >= 0) {
      this.#tag(Tag.SHAPED);
      this.#count(shape);
    } else {
      this.#tag(Tag.OBJECT);
      this.#count(length);
      if (length > 0 && this.#shapes.length < MAX_SHAPES) this.#shapes.push(keys);
      for (const key of keys) this.#string(key);
    }
    for (const key of keys) this.#value((value as Record<string, unknown>)[key]);
  }

  /** Number of the same keys in the same order, or -1. */
  #shapeOf(keys: string[]): number {
    const shapes = this.#shapes;
    const { length } = keys;
    // The last one first, which is that of the neighbour in a list.
    for (let number = shapes.length - 1; number >= 0; number--) {
      const shape = shapes[number]!;
      if (shape.length !== length) continue;
      let same = 0;
      while (same < length && shape[same] === keys[same]) same++;
      if (same === length) return number;
    }
    return -1;
  }

  #pairs(value: object, keys: string[]): void {
    this.#count(keys.length);
    for (const key of keys) {
      this.#string(key);
      this.#value((value as Record<string, unknown>)[key]);
    }
  }

  #array(value: unknown[]): void {
    const { length } = value;
    const keys = Object.keys(value);
    // Neither holes nor other properties: those come last, so a hole and an extra do not make up for each other.
    if (keys.length === length && (length === 0 || keys[length - 1] === String(length - 1))) {
      this.#tag(Tag.ARRAY);
      this.#count(length);
      for (let index = 0; index < length; index++) this.#value(value[index]);
    } else {
      this.#tag(Tag.SPARSE);
      this.#float(length);
      this.#pairs(value, keys);
    }
  }

  #platform(value: object): void {
    const name = objectPrototype.toString.call(value).slice(8, -1);
    if (value instanceof Map) {
      this.#tag(Tag.MAP);
      const entries = [...(value as Map<unknown, unknown>)];
      this.#count(entries.length);
      for (const [key, item] of entries) {
        this.#value(key);
        this.#value(item);
      }
    } else if (value instanceof Set) {
      this.#tag(Tag.SET);
      const items = [...(value as Set<unknown>)];
      this.#count(items.length);
      for (const item of items) this.#value(item);
    } else if (value instanceof Date) {
      this.#tag(Tag.DATE);
      this.#float(value.getTime());
    } else if (value instanceof RegExp) {
      this.#tag(Tag.REGEXP);
      this.#string(value.source);
      this.#string(value.flags);
    } else if (ArrayBuffer.isView(value)) {
      this.#arrayView(value, name);
    } else if (value instanceof ArrayBuffer) {
      this.#buffer(value);
    } else if (
      value instanceof Number ||
      value instanceof String ||
      value instanceof Boolean ||
      value instanceof BigInt
    ) {
      this.#tag(Tag.BOXED);
      this.#value(value.valueOf());
    } else if (name === 'Object' || name === 'Arguments') {
      this.#plain(value);
    } else if (name === 'Error' || value instanceof Error) {
      throw SPECIAL;
    } else {
      this.#unknown(value);
    }
  }

  /** Something of the platform, or an instance of a class that has a tag of its own: structured clone knows. */
  #unknown(value: object): void {
    if (this.#beside === undefined) throw SPECIAL;
    const clone = structuredClone(value);
    if (Object.getPrototypeOf(clone) !== objectPrototype) throw SPECIAL;
    this.#plain(clone);
  }

  #arrayView(value: ArrayBufferView, name: string): void {
    const number = viewNumbers.get(name);
    if (number === undefined) throw SPECIAL;
    this.#tag(Tag.VIEW);
    this.#tag(number);
    // The whole buffer, as structured clone has it: two views of one buffer stay views of one buffer.
    this.#object(value.buffer);
    this.#float(value.byteOffset);
    this.#float('length' in value ? (value as Uint8Array).length : value.byteLength);
  }

  #buffer(value: ArrayBuffer): void {
    const { byteLength } = value;
    this.#tag(Tag.BUFFER);
    this.#float(byteLength);
    const { resizable, maxByteLength } = value as { resizable?: boolean; maxByteLength?: number };
    this.#float(resizable === true ? maxByteLength! + 1 : 0);
    const padding = paddingAt(this.#at + this.#outside, byteLength);
    const source = new Uint8Array(value);
    if (this.#pieces && byteLength >= APART_FROM) {
      this.#pad(padding);
      this.#pieces.push({ at: this.#at, source, length: byteLength });
      this.#outside += byteLength;
      return;
    }
    this.#ensure(padding + byteLength);
    this.#pad(padding);
    this.#bytes.set(source, this.#at);
    this.#at += byteLength;
  }

  #pad(padding: number): void {
    for (let left = padding; left > 0; left--) this.#tag(0);
  }

  #number(value: number): void {
    const whole = value | 0;
    // -0 is not a whole number here: 1 / -0 tells it from 0.
    if (whole !== value || (value === 0 && 1 / value < 0)) {
      this.#tag(Tag.FLOAT64);
      this.#float(value);
      return;
    }
    this.#ensure(5);
    if (whole >= -128 && whole < 128) {
      this.#bytes[this.#at++] = Tag.INT8;
      this.#bytes[this.#at++] = whole;
    } else {
      this.#bytes[this.#at] = Tag.INT32;
      this.#view.setInt32(this.#at + 1, whole, true);
      this.#at += 5;
    }
  }

  #string(value: string): void {
    const { length } = value;
    this.#ensure(6 + length * 2);
    const bytes = this.#bytes;
    const start = this.#at;
    this.#bytes[this.#at++] = Tag.LATIN;
    this.#count(length);
    let at = this.#at;
    for (let index = 0; index < length; index++) {
      const unit = value.charCodeAt(index);
      if (unit > 0xff) {
        this.#wide(value, start);
        return;
      }
      bytes[at++] = unit;
    }
    this.#at = at;
  }

  #wide(value: string, start: number): void {
    this.#bytes[start] = Tag.WIDE;
    const view = this.#view;
    let at = this.#at;
    for (let index = 0; index < value.length; index++) {
      view.setUint16(at, value.charCodeAt(index), true);
      at += 2;
    }
    this.#at = at;
  }

  #bigint(value: bigint): void {
    this.#tag(Tag.BIGINT);
    this.#tag(value < 0n ? 1 : 0);
    this.#string((value < 0n ? -value : value).toString(16));
  }

  #float(value: number): void {
    this.#ensure(8);
    this.#view.setFloat64(this.#at, value, true);
    this.#at += 8;
  }

  #count(value: number): void {
    this.#ensure(5);
    let rest = value;
    while (rest >= 0x80) {
      this.#bytes[this.#at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.#bytes[this.#at++] = rest;
  }

  #tag(tag: number): void {
    this.#ensure(1);
    this.#bytes[this.#at++] = tag;
  }

  #ensure(bytes: number): void {
    if (this.#at + bytes > this.#bytes.length)
      this.#resize(Math.max(this.#bytes.length * 2, this.#at + bytes));
  }

  #resize(size: number): void {
    const before = this.#bytes;
    this.#bytes = new Uint8Array(size);
    if (size > before.length) this.#bytes.set(before);
    this.#view = new DataView(this.#bytes.buffer);
  }
}
