/**
 * Arguments that are one small object of numbers, such as a point: its keys are described once in the pool's table, as a
 * function is, and a task then carries their number and the values.
 */
import { LayoutError } from '@x/core';
import type { Pool } from './pool.js';
import { readNumbers } from './scalars.js';
import { numberOfKeys, readKeys } from './targets.js';

/** Objects with more keys gain little. */
const MOST_KEYS = 16;
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
  readonly shape: number;
  readonly values: readonly number[];

  constructor(shape: number, values: readonly number[]) {
    this.shape = shape;
    this.values = values;
  }

  /** It has copied already what the caller may change. */
  slice(): this {
    return this;
  }
}

/** The lists of keys that this thread has described. */
export class Shapes {
  readonly #pool: Pool;
  readonly #known: Shape[] = [];
  #last: Shape | undefined;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  /** The object as a record, if that is all it is. */
  record(value: object): NumberRecord | undefined {
    if (Object.getPrototypeOf(value) !== objectPrototype || !isOrdinary()) return undefined;
    const expected = this.#last;
    if (expected) {
      const values = valuesOf(value, expected.keys);
      if (values) return new NumberRecord(expected.number, values);
    }
    const shape = this.#shapeOf(value);
    if (!shape || shape === expected) return undefined;
    const values = valuesOf(value, shape.keys);
    if (!values) return undefined;
    this.#last = shape;
    return new NumberRecord(shape.number, values);
  }

  #shapeOf(value: object): Shape | undefined {
    const keys = Object.keys(value);
    if (keys.length > MOST_KEYS) return undefined;
    const known = this.#known.find((shape) => isSame(shape.keys, keys));
    if (known || this.#known.length === MOST_SHAPES) return known;
    // `__proto__` would be no property where the object is made again.
    if (keys.includes('__proto__') || !valuesOf(value, keys)) return undefined;
    const number = numberOfKeys(this.#pool, keys);
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
  readonly #templates: (Readonly<{ [key: string]: unknown }> | undefined)[] = [];

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  read(index: number, shape: number, length: number): object {
    const template = (this.#templates[shape] ??= this.#template(shape));
    const values = readNumbers(this.#pool, index, length);
    // A copy has its final form at once.
    const record: { [key: string]: unknown } = { ...template };
    let next = 0;
    for (const key in record) record[key] = values[next++];
    if (next !== values.length) throw damaged();
    return record;
  }

  #template(shape: number): Readonly<{ [key: string]: unknown }> {
    return Object.fromEntries(readKeys(this.#pool, shape).map((key) => [key, undefined]));
  }
}

/** Whether `for in` over a plain object gives its own properties only. */
function isOrdinary(): boolean {
  for (const _ in objectPrototype) return false;
  return true;
}

/** The values, if the object has just these keys, in this order, and all are numbers. */
function valuesOf(value: object, keys: readonly string[]): number[] | undefined {
  const values: number[] = [];
  let index = 0;
  for (const key in value) {
    if (keys[index++] !== key) return undefined;
    const item = (value as Readonly<{ [key: string]: unknown }>)[key];
    if (typeof item !== 'number') return undefined;
    values.push(item);
  }
  return index === keys.length ? values : undefined;
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((key, index) => key === other[index]);
}

function damaged(): LayoutError {
  return new LayoutError("the executor's memory is damaged: a task's values do not fit their keys");
}
