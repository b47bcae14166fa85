/** From a value to bytes; the format stands in bytes-format.ts. */
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
} from './bytes-format.js';
import { copy } from '../runtime/copy.js';
import { registeredName } from './classes.js';
import { Pieces, type Piece } from './bytes-pieces.js';
import { KEPT_BYTES, KEPT_KEYS, ShapeBook, type WrittenShape } from './bytes-shapes.js';
import { ByteSink, FIRST_SIZE } from './bytes-sink.js';
import { isWide, putText, TEXT_LONGEST, TEXT_TAIL, TEXT_UNITS } from './bytes-text.js';
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

/** A larger scratch is dropped after use, so that one big item does not hold its size for ever. */
const KEPT_SIZE = 1 << 20;
/** A buffer of so many bytes or more stays out of the scratch where the caller can do with pieces. */
const APART_FROM = 4096;
/** Bytes from which a call into the engine copies faster than a loop. */
const BLOCK_FROM = 24;
/** Keys of an object of which it is known whether their strings may be wide. */
const PLACES = 32;
/** Up to this many objects are compared one by one, which is cheaper than a map. */
const LINEAR_OBJECTS = 32;

const objectPrototype = Object.prototype;
const sharedPrototype = SharedArrayBuffer.prototype;
const viewNumbers = /* @__PURE__ */ new Map<string, number>(
  /* @__PURE__ */ VIEW_TYPES.map((name, number) => [name, number]),
);

export class ByteWriter extends ByteSink {
  /** Objects in order of their tags. */
  #objects: object[] = [];
  #numbers: Map<object, number> | undefined;
  #beside: Beside | undefined;
  readonly #book = new ShapeBook();
  /** Counts messages. */
  #count = 0;
  /** Lists of keys that have numbers in this message. */
  #shapes = 0;
  /** The keys of the object before, which say what those of the next one may be. */
  #last: WrittenShape | undefined;
  /** The keys with which the message before began. */
  #first: WrittenShape | undefined;
  /** Whether `for in` over a plain object gives its own properties only. */
  #ordinary = true;
  #text = '';
  /** Whether strings are taken for narrow, if those before in the same place were; the text as a whole shows it. */
  #trusting = true;
  /** Where the array that comes next belongs, if it comes at once: whose value it is, and of which key. */
  #owner: WrittenShape | undefined;
  #index = 0;
  /** First byte of the message. */
  #head = BYTES_VERSION;
  /** Whether large buffers stay where they are, which of them there are, and how many bytes that is. */
  #apart = false;
  #pieces: Piece[] | undefined;
  #outside = 0;

  /** As `write`, but large buffers are left where they are until the pieces are put together; nothing may run in between. */
  writePieces(value: unknown): Uint8Array | Pieces {
    this.#apart = true;
    try {
      const bytes = this.write(value);
      const pieces = this.#pieces;
      if (pieces === undefined) return bytes;
      // A getter of the user may have moved a buffer away that had been met before.
      if (pieces.some(({ source, length }) => source.length !== length)) throw SPECIAL;
      return new Pieces(bytes, pieces, bytes.length + this.#outside);
    } finally {
      this.#apart = false;
      this.#pieces = undefined;
    }
  }

  /**
   * Writes a value. The result is a view of the writer's scratch: it is valid until the next call.
   * Throws `SPECIAL` if the value holds something that has to go through `encode` first.
   *
   * @param beside given when the value is the output of `encode`, in which marked objects are data
   */
  write(value: unknown, beside?: Beside): Uint8Array {
    if (this.bytes.length > KEPT_SIZE) this.resize(FIRST_SIZE);
    this.#beside = beside;
    this.#ordinary = hasNone(objectPrototype);
    try {
      this.#message(value);
      if (this.#text !== '' && !this.#finishText()) {
        // One string is wide where none was before. Now each is looked at, and the place is remembered.
        this.#trusting = false;
        this.#message(value);
        this.#finishText();
      }
    } finally {
      if (this.#objects.length > 0) this.#objects = [];
      this.#text = '';
      this.#trusting = true;
      this.#numbers = undefined;
    }
    this.bytes[0] = this.#head;
    return this.bytes.subarray(0, this.at);
  }

  /** All but the text. */
  #message(value: unknown): void {
    if (this.#objects.length > 0) this.#objects = [];
    this.#numbers = this.#pieces = this.#last = this.#owner = undefined;
    this.#text = '';
    this.#outside = this.#shapes = 0;
    this.#head = BYTES_VERSION;
    this.#count++;
    this.at = 1;
    if (this.#beside) this.tag(Tag.WIRE);
    this.#value(value);
  }

  #value(value: unknown): void {
    if (typeof value === 'string') this.#string(value);
    else if (typeof value === 'number') this.number(value);
    else if (typeof value === 'object') {
      if (value === null) this.tag(Tag.NULL);
      else this.#object(value);
    } else if (typeof value === 'boolean') this.tag(value ? Tag.TRUE : Tag.FALSE);
    else if (typeof value === 'undefined') this.tag(Tag.UNDEFINED);
    else if (typeof value === 'bigint') this.bigint(value);
    // A function or symbol: `encode` names its path.
    else throw SPECIAL;
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
      this.#plain(value, true);
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
        this.#refer(number);
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
    this.#refer(number);
    return true;
  }

  #refer(number: number): void {
    this.#head |= GRAPH_BIT;
    this.tag(Tag.REFERENCE);
    this.count(number);
  }

  /** A plain object that carries the mark: data of the user, or a mark that `encode` made. */
  #mark(value: object): boolean {
    if (this.#beside === undefined) throw SPECIAL;
    if ((value as Record<string, unknown>)[MARK] !== 'handle') return false;
    this.tag(Tag.HANDLE);
    this.#string(this.#beside.key(value as HandleMark));
    this.#pairs(value, Object.keys(value));
    return true;
  }

  #shared(buffer: SharedArrayBuffer): void {
    if (this.#beside === undefined) throw SPECIAL;
    this.tag(Tag.SHARED);
    this.#string(this.#beside.ticket(buffer));
  }

  /** @param simple whether its prototype is that of a literal, so that it may be a mark */
  #plain(value: object, simple: boolean): void {
    const before = this.#last;
    let shape = before === undefined ? this.#first : before.next;
    const quick = simple && this.#ordinary;
    if (!quick || shape === undefined || !hasKeys(value, shape.keys)) {
      const keys = Object.keys(value);
      shape = this.#book.find(keys) ?? this.#learn(keys);
      if (shape === undefined || (simple && shape.marked)) {
        if (!(simple && keys.includes(MARK) && this.#mark(value))) this.#long(value, keys);
        return;
      }
      // A shape that is marked is never expected, so nobody takes a mark for data.
      if (!shape.marked) {
        if (before === undefined) this.#first = shape;
        else before.next = shape;
      }
    }
    this.#last = shape;
    this.#keys(shape);
    const { keys } = shape;
    const { length } = keys;
    if (quick) {
      let index = 0;
      for (const key in value) {
        const item = (value as Record<string, unknown>)[key];
        if (typeof item === 'string') {
          this.#place(item, shape, index);
        } else {
          if (typeof item === 'object') {
            this.#owner = shape;
            this.#index = index;
          }
          this.#value(item);
        }
        index++;
      }
      // A getter of the user has changed the object.
      if (index !== length) throw SPECIAL;
    } else {
      for (let index = 0; index < length; index++)
        this.#value((value as Record<string, unknown>)[keys[index]!]);
    }
  }

  /** What stands before the values of an object. */
  #keys(shape: WrittenShape): void {
    if (shape.message === this.#count) {
      this.tag(Tag.SHAPED);
      this.count(shape.number);
      return;
    }
    const { block } = shape;
    const { length } = block;
    this.tag(Tag.KEYED);
    this.count(length);
    this.ensure(length);
    const { bytes, at } = this;
    if (length >= BLOCK_FROM) bytes.set(block, at);
    else for (let index = 0; index < length; index++) bytes[at + index] = block[index]!;
    this.at = at + length;
    if (shape.keys.length > 0 && this.#shapes < MAX_SHAPES) {
      shape.message = this.#count;
      shape.number = this.#shapes++;
    }
  }

  /** Keeps a list of keys, if it is worth it. */
  #learn(keys: string[]): WrittenShape | undefined {
    if (keys.length > KEPT_KEYS) return undefined;
    const start = this.at;
    this.count(keys.length);
    for (const key of keys) this.inline(key);
    const block = this.bytes.slice(start, this.at);
    this.at = start;
    if (block.length > KEPT_BYTES) return undefined;
    const marked = keys.includes(MARK);
    const shape = { keys, block, marked, message: 0, number: 0, wide: 0, next: undefined };
    this.#book.keep(shape);
    return shape;
  }

  /** An object whose keys are not kept. */
  #long(value: object, keys: string[]): void {
    this.tag(Tag.OBJECT);
    if (keys.length > 0 && this.#shapes < MAX_SHAPES) this.#shapes++;
    this.count(keys.length);
    for (const key of keys) this.inline(key);
    for (const key of keys) this.#value((value as Record<string, unknown>)[key]);
  }

  #pairs(value: object, keys: string[]): void {
    this.count(keys.length);
    for (const key of keys) {
      this.inline(key);
      this.#value((value as Record<string, unknown>)[key]);
    }
  }

  #array(value: unknown[]): void {
    const owner = this.#owner;
    const index = this.#index;
    const { length } = value;
    const keys = Object.keys(value);
    // Neither holes nor other properties: those come last, so a hole and an extra do not make up for each other.
    if (keys.length === length && (length === 0 || keys[length - 1] === String(length - 1))) {
      this.tag(Tag.ARRAY);
      this.count(length);
      for (let item = 0; item < length; item++) {
        const one = value[item];
        if (typeof one === 'string' && owner !== undefined) this.#place(one, owner, index);
        else this.#value(one);
      }
    } else {
      this.tag(Tag.SPARSE);
      this.float(length);
      this.#pairs(value, keys);
    }
  }

  #platform(value: object): void {
    const name = objectPrototype.toString.call(value).slice(8, -1);
    if (value instanceof Map) {
      this.tag(Tag.MAP);
      const entries = [...(value as Map<unknown, unknown>)];
      this.count(entries.length);
      for (const [key, item] of entries) {
        this.#value(key);
        this.#value(item);
      }
    } else if (value instanceof Set) {
      this.tag(Tag.SET);
      const items = [...(value as Set<unknown>)];
      this.count(items.length);
      for (const item of items) this.#value(item);
    } else if (value instanceof Date) {
      this.tag(Tag.DATE);
      this.float(value.getTime());
    } else if (value instanceof RegExp) {
      this.tag(Tag.REGEXP);
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
      this.tag(Tag.BOXED);
      this.#value(value.valueOf());
    } else if (name === 'Object' || name === 'Arguments') {
      this.#plain(value, false);
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
    this.#plain(clone, false);
  }

  #arrayView(value: ArrayBufferView, name: string): void {
    const number = viewNumbers.get(name);
    if (number === undefined) throw SPECIAL;
    this.tag(Tag.VIEW);
    this.tag(number);
    // The whole buffer, as structured clone has it: two views of one buffer stay views of one buffer.
    this.#object(value.buffer);
    this.float(value.byteOffset);
    this.float('length' in value ? (value as Uint8Array).length : value.byteLength);
  }

  #buffer(value: ArrayBuffer): void {
    const { byteLength } = value;
    this.tag(Tag.BUFFER);
    this.float(byteLength);
    const { resizable, maxByteLength } = value as { resizable?: boolean; maxByteLength?: number };
    this.float(resizable === true ? maxByteLength! + 1 : 0);
    const padding = paddingAt(this.at + this.#outside, byteLength);
    const source = new Uint8Array(value);
    if (this.#apart && byteLength >= APART_FROM) {
      this.pad(padding);
      (this.#pieces ??= []).push({ at: this.at, source, length: byteLength });
      this.#outside += byteLength;
      return;
    }
    this.ensure(padding + byteLength);
    this.pad(padding);
    copy(this.bytes, this.at, source);
    this.at += byteLength;
  }

  #string(value: string): void {
    const { length } = value;
    if (length > TEXT_LONGEST || this.#text.length + length > TEXT_UNITS || isWide(value)) this.inline(value);
    else this.#add(value);
  }

  /** A string that is the value of a key. */
  #place(value: string, shape: WrittenShape, index: number): void {
    const { length } = value;
    if (length > TEXT_LONGEST || this.#text.length + length > TEXT_UNITS) {
      this.inline(value);
    } else if (this.#trusting && index < PLACES && ((shape.wide >>> index) & 1) === 0) {
      this.#add(value);
    } else if (isWide(value)) {
      if (index < PLACES) shape.wide |= 1 << index;
      this.inline(value);
    } else {
      this.#add(value);
    }
  }

  #add(value: string): void {
    const { length } = value;
    this.ensure(6);
    if (length < FIRST_INT - FIRST_TEXT) {
      this.bytes[this.at++] = FIRST_TEXT + length;
    } else {
      this.bytes[this.at++] = Tag.TEXT;
      this.count(length);
    }
    this.#text += value;
  }

  /** Writes the text; false if it is wide after all. */
  #finishText(): boolean {
    const text = this.#text;
    if (isWide(text)) return false;
    const { length } = text;
    this.ensure(length + TEXT_TAIL);
    putText(this.bytes, this.at, text);
    this.at += length;
    this.bytes[this.at++] = length & 0xff;
    this.bytes[this.at++] = length >>> 8;
    this.#head |= TEXT_BIT;
    return true;
  }
}

/** Whether a plain object has these keys, in this order. */
function hasKeys(value: object, keys: readonly string[]): boolean {
  let index = 0;
  for (const key in value) if (keys[index++] !== key) return false;
  return index === keys.length;
}

function hasNone(value: object): boolean {
  for (const _ in value) return false;
  return true;
}
