/**
 * Arguments that are one small object of numbers, such as a point: its keys are described once in the pool's table, as a
 * function is, and a task then carries their number and the values.
 */
import { LayoutError } from '@x/core';
import type { Pool } from './pool.js';
import { MOST_NUMBERS, numberAt } from './scalars.js';
import { numberOfKeys, readKeys } from './targets.js';

/** Objects with more keys gain little. */
const MOST_KEYS = Math.min(16, MOST_NUMBERS);
/** Lists of keys that one thread describes: a program whose keys are data must not fill the table. */
const MOST_SHAPES = 16;

const objectPrototype = Object.prototype;

/** A list of keys, and its number in the pool. */
interface Shape {
  readonly keys: readonly string[];
  readonly number: number;
}

/** The values of an object of numbers. */
export class NumberRecord {
  readonly values: number[] | Float64Array;
  length: number;
  /** Number of its keys. */
  shape: number;

  constructor(values: number[] | Float64Array, length: number, shape: number) {
    this.values = values;
    this.length = length;
    this.shape = shape;
  }

  /** One that does not change with the next object. */
  slice(): NumberRecord {
    const { length } = this;
    const values = new Array<number>(length);
    for (let i = 0; i < length; i++) values[i] = this.values[i]!;
    return new NumberRecord(values, length, this.shape);
  }
}

/** The lists of keys that this thread has described. */
export class Shapes {
  readonly #pool: Pool;
  readonly #known: Shape[] = [];
  /** How many more it may describe. */
  #left = MOST_SHAPES;
  #last: Shape | undefined;
  /** One for the next object. */
  #spare: NumberRecord | undefined;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /**
   * The object as a record, if that is all it is; valid until the next call. Reads a value once, but what is no record the
   * codec will read again.
   */
  record(value: object): NumberRecord | undefined {
    if (Object.getPrototypeOf(value) !== objectPrototype || !isOrdinary()) return undefined;
    const record = this.#spare ?? new NumberRecord(new Float64Array(MOST_KEYS), 0, 0);
    // A getter may come back here.
    this.#spare = undefined;
    const shape = this.#fill(record, value);
    this.#spare = record;
    if (!shape) return undefined;
    this.#last = shape;
    record.shape = shape.number;
    return record;
  }

  #fill(record: NumberRecord, value: object): Shape | undefined {
    const last = this.#last;
    const expected = last?.keys ?? [];
    /** Undefined as long as they are those of the object before. */
    let keys: string[] | undefined;
    let length = 0;
    for (const key in value) {
      const item = (value as Readonly<Record<string, unknown>>)[key];
      if (typeof item !== 'number' || length === MOST_KEYS) return undefined;
      if (!keys && expected[length] !== key) keys = expected.slice(0, length);
      keys?.push(key);
      record.values[length++] = item;
    }
    record.length = length;
    return last && !keys && length === expected.length
      ? last
      : this.#shapeOf(keys ?? expected.slice(0, length));
  }

  #shapeOf(keys: readonly string[]): Shape | undefined {
    const known = this.#known.find((shape) => isSame(shape.keys, keys));
    if (known || this.#left === 0) return known;
    // In the object that is made again this one would be no property.
    if (keys.includes('__proto__')) return undefined;
    const number = numberOfKeys(this.#pool, keys);
    this.#left = number === undefined ? 0 : this.#left - 1;
    if (number === undefined) return undefined;
    const shape = { keys, number };
    this.#known.push(shape);
    return shape;
  }
}

/** Makes objects again from their values. */
export class RecordReader {
  readonly #pool: Pool;
  /** By number: an object with the keys and no values yet. */
  readonly #templates: (Readonly<Record<string, unknown>> | undefined)[] = [];

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  read(index: number, shape: number, length: number): object {
    const template = (this.#templates[shape] ??= this.#template(shape));
    // A copy has its final form at once.
    const record: Record<string, unknown> = { ...template };
    let next = 0;
    for (const key in record) record[key] = numberAt(this.#pool, index, next++);
    if (next !== length) throw damaged();
    return record;
  }

  #template(shape: number): Readonly<Record<string, unknown>> {
    return Object.fromEntries(readKeys(this.#pool, shape).map((key) => [key, undefined]));
  }
}

/** Whether `for in` over a plain object gives its own properties only. */
function isOrdinary(): boolean {
  for (const _ in objectPrototype) return false;
  return true;
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((key, index) => key === other[index]);
}

function damaged(): LayoutError {
  return new LayoutError("the executor's memory is damaged: a task's values do not fit their keys");
}
