/** From a value to bytes; the format stands in bytes-format.ts. */
import {
  BYTES_VERSION,
  GRAPH_BIT,
  MAX_SHAPES,
  paddingAt,
  Tag,
  TEXT_BIT,
  VIEW_TYPES,
} from './bytes-format.js';
import { copy } from '../runtime/copy.js';
import { isMap, isSet } from './brands.js';
import { hasItemsOnly, hasKeys, hasNone, isDense } from './bytes-checks.js';
import { registeredName } from './classes.js';
import { Pieces, type Piece } from './bytes-pieces.js';
import { KEPT_BYTES, KEPT_KEYS, ShapeBook, type WrittenShape } from './bytes-shapes.js';
import { FIRST_SIZE } from './bytes-sink.js';
import { TextSink } from './bytes-text.js';
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
/** From so many items on, the names of the properties of an array take too long. */
const MANY_ITEMS = 6;
/** Up to this many objects are compared one by one, which is cheaper than a map. */
const LINEAR_OBJECTS = 32;

const objectPrototype = Object.prototype;
const sharedPrototype = SharedArrayBuffer.prototype;
const viewNumbers = /* @__PURE__ */ new Map<string, number>(
  /* @__PURE__ */ VIEW_TYPES.map((name, number) => [name, number]),
);

export class ByteWriter extends TextSink {
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
  /** Where the array that comes next belongs, if it comes at once: whose value it is, and of which key. */
  #owner: WrittenShape | undefined;
  #index = 0;
  /** First byte of the message. */
  #head = BYTES_VERSION;
  /** Whether large buffers stay where they are, which of them there are, and how many bytes that is. */
  #apart = false;
  /** Whether the value is an array of which the items are all that counts. */
  #list = false;
  #pieces: Piece[] | undefined;
  #outside = 0;

  /** As `write`, but large buffers are left where they are until the pieces are put together; nothing may run in between. */
  writePieces(value: unknown, list: boolean): Uint8Array | Pieces {
    this.#apart = true;
    this.#list = list;
    try {
      const bytes = this.write(value);
      const pieces = this.#pieces;
      if (pieces === undefined) return bytes;
      // A getter of the user may have moved a buffer away that had been met before.
      if (pieces.some(({ source, length }) => source.length !== length)) throw SPECIAL;
      return new Pieces(bytes, pieces, bytes.length + this.#outside);
    } finally {
      this.#apart = this.#list = false;
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
      if (this.hasText && !this.finishText()) {
        this.trusting = false;
        this.#message(value);
        this.finishText();
      }
      this.bytes[0] = this.#head | (this.hasText ? TEXT_BIT : 0);
    } finally {
      if (this.#objects.length > 0) this.#objects = [];
      this.dropText();
      this.trusting = true;
      this.#numbers = undefined;
    }
    return this.bytes.subarray(0, this.at);
  }

  /** All but the text. */
  #message(value: unknown): void {
    if (this.#objects.length > 0) this.#objects = [];
    this.#numbers = this.#pieces = this.#last = this.#owner = undefined;
    this.dropText();
    this.#outside = this.#shapes = 0;
    this.#head = BYTES_VERSION;
    this.#count++;
    this.at = 1;
    if (this.#beside) this.tag(Tag.WIRE);
    if (this.#list) {
      this.#objects.push(value as object);
      this.#items(value as unknown[]);
    } else {
      this.#value(value);
    }
  }

  #value(value: unknown): void {
    if (typeof value === 'string') this.string(value);
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
    this.string(this.#beside.key(value as HandleMark));
    this.#pairs(value, Object.keys(value));
    return true;
  }

  #shared(buffer: SharedArrayBuffer): void {
    if (this.#beside === undefined) throw SPECIAL;
    this.tag(Tag.SHARED);
    this.string(this.#beside.ticket(buffer));
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
    if (quick) {
      let index = 0;
      for (const key in value) this.#put((value as Record<string, unknown>)[key], shape, index++);
      // A getter of the user has changed the object.
      if (index !== keys.length) throw SPECIAL;
    } else {
      for (const key of keys) this.#value((value as Record<string, unknown>)[key]);
    }
  }

  /** Writes the value of a key. */
  #put(value: unknown, shape: WrittenShape, index: number): void {
    if (typeof value === 'string') {
      this.place(value, shape, index);
    } else {
      this.#owner = shape;
      this.#index = index;
      this.#value(value);
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

  #array(value: readonly unknown[]): void {
    if (value.length < MANY_ITEMS) {
      if (hasItemsOnly(value)) {
        this.#items(value);
        return;
      }
    } else {
      // Its properties, without their names: for many, making those takes longer than all the rest.
      const items = Object.values(value);
      if (isDense(value, items)) {
        this.#items(items);
        return;
      }
    }
    this.tag(Tag.SPARSE);
    this.float(value.length);
    this.#pairs(value, Object.keys(value));
  }

  #items(items: readonly unknown[]): void {
    const owner = this.#owner;
    const index = this.#index;
    const { length } = items;
    this.tag(Tag.ARRAY);
    this.count(length);
    for (let number = 0; number < length; number++) {
      const item = items[number];
      if (typeof item === 'string' && owner !== undefined) this.place(item, owner, index);
      else this.#value(item);
    }
  }

  #platform(value: object): void {
    const tag = objectPrototype.toString.call(value);
    const name = tag.slice(8, -1);
    if (isMap(value, tag)) {
      this.tag(Tag.MAP);
      const entries = [...value];
      this.count(entries.length);
      for (const [key, item] of entries) {
        this.#value(key);
        this.#value(item);
      }
    } else if (isSet(value, tag)) {
      this.tag(Tag.SET);
      const items = [...value];
      this.count(items.length);
      for (const item of items) this.#value(item);
    } else if (value instanceof Date) {
      this.tag(Tag.DATE);
      this.float(value.getTime());
    } else if (value instanceof RegExp) {
      this.tag(Tag.REGEXP);
      this.string(value.source);
      this.string(value.flags);
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
    const source = bytesOf(value);
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
}

/** The bytes of a buffer; one that has been moved away has none any more, and structured clone says so. */
function bytesOf(buffer: ArrayBuffer): Uint8Array {
  try {
    return new Uint8Array(buffer);
  } catch {
    throw SPECIAL;
  }
}
