/** From a value to bytes; the format stands in bytes-format.ts. */
import { BYTES_VERSION, MAX_SHAPES, paddingAt, Tag, TEXT_BIT, VIEW_TYPES } from './bytes-format.js';
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
/** Strings of so many units, of which a message has so many at most, need no text. */
const FEW_UNITS = 12;
const FEW_STRINGS = 2;
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
  #message = 0;
  /** Lists of keys that have numbers in this message. */
  #shapes = 0;
  /** The keys of the object before: often those of the next one. */
  #last: WrittenShape | undefined;
  /** Whether `for in` over a plain object gives its own properties only. */
  #ordinary = true;
  #text = '';
  /** Short strings so far. */
  #strings = 0;
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
    if (this.bytes.length > KEPT_SIZE) this.resize(FIRST_SIZE);
    this.#beside = beside;
    this.bytes[0] = BYTES_VERSION;
    this.at = 1;
    this.#message++;
    this.#ordinary = hasNone(objectPrototype);
    try {
      if (beside) this.tag(Tag.WIRE);
      this.#value(value);
      if (this.#text !== '') this.#finishText();
    } finally {
      if (this.#objects.length > 0) this.#objects = [];
      this.#shapes = this.#strings = 0;
      this.#text = '';
      this.#numbers = undefined;
    }
    return this.bytes.subarray(0, this.at);
  }

  #value(value: unknown): void {
    switch (typeof value) {
      case 'number':
        this.number(value);
        return;
      case 'string':
        this.#string(value);
        return;
      case 'boolean':
        this.tag(value ? Tag.TRUE : Tag.FALSE);
        return;
      case 'undefined':
        this.tag(Tag.UNDEFINED);
        return;
      case 'object':
        if (value === null) this.tag(Tag.NULL);
        else this.#object(value);
        return;
      case 'bigint':
        this.bigint(value);
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
        this.tag(Tag.REFERENCE);
        this.count(number);
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
    this.tag(Tag.REFERENCE);
    this.count(number);
    return true;
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
    let shape = this.#last;
    const quick = simple && this.#ordinary;
    if (!quick || shape === undefined || !hasKeys(value, shape.keys)) {
      const keys = Object.keys(value);
      shape = this.#book.find(keys) ?? this.#learn(keys);
      if (shape === undefined || (simple && shape.marked)) {
        if (!(simple && keys.includes(MARK) && this.#mark(value))) this.#long(value, keys);
        return;
      }
      this.#last = shape;
    }
    this.#head(shape);
    const { keys } = shape;
    let left = keys.length;
    if (quick) {
      for (const key in value) {
        this.#value((value as Record<string, unknown>)[key]);
        left--;
      }
      // A getter of the user has changed the object.
      if (left !== 0) throw SPECIAL;
    } else {
      for (const key of keys) this.#value((value as Record<string, unknown>)[key]);
    }
  }

  /** What stands before the values of an object. */
  #head(shape: WrittenShape): void {
    if (shape.message === this.#message) {
      this.tag(Tag.SHAPED);
      this.count(shape.number);
      return;
    }
    const { block } = shape;
    const { length } = block;
    this.tag(Tag.KEYED);
    this.count(length);
    this.ensure(length);
    const bytes = this.bytes;
    for (let index = 0; index < length; index++) bytes[this.at + index] = block[index]!;
    this.at += length;
    if (shape.keys.length > 0 && this.#shapes < MAX_SHAPES) {
      shape.message = this.#message;
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
    const shape = { keys, block, marked: keys.includes(MARK), message: 0, number: 0 };
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
    const { length } = value;
    const keys = Object.keys(value);
    // Neither holes nor other properties: those come last, so a hole and an extra do not make up for each other.
    if (keys.length === length && (length === 0 || keys[length - 1] === String(length - 1))) {
      this.tag(Tag.ARRAY);
      this.count(length);
      for (let index = 0; index < length; index++) this.#value(value[index]);
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
    if (this.#pieces && byteLength >= APART_FROM) {
      this.pad(padding);
      this.#pieces.push({ at: this.at, source, length: byteLength });
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
    // A loop is as good for the first few, of which most messages have no more.
    const few = length <= FEW_UNITS && this.#strings++ < FEW_STRINGS;
    if (few || length > TEXT_LONGEST || this.#text.length + length > TEXT_UNITS || isWide(value)) {
      this.inline(value);
      return;
    }
    this.tag(Tag.TEXT);
    this.count(length);
    this.#text += value;
  }

  #finishText(): void {
    const { length } = this.#text;
    this.ensure(length + TEXT_TAIL);
    putText(this.bytes, this.at, this.#text);
    this.at += length;
    this.view.setUint32(this.at, length, true);
    this.at += TEXT_TAIL;
    this.bytes[0] = BYTES_VERSION | TEXT_BIT;
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
