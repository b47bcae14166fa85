/** Values that need no encoding: lists of numbers as arguments, single ones and the values without content as results. */
import { PAYLOAD_BYTES, SLOT_HEADER_WORDS, VIEW_WORD } from './layout.js';
import type { Pool } from './pool.js';

/** So many numbers fit a slot. */
export const MOST_NUMBERS = PAYLOAD_BYTES / 8;

/** Numbers to be written into a slot. */
interface Values {
  readonly values: ArrayLike<number>;
  readonly length: number;
}

/** Arguments that are all numbers. */
export class Numbers implements Values {
  readonly values: readonly number[];
  readonly length: number;

  constructor(values: readonly number[]) {
    this.values = values;
    this.length = values.length;
  }

  /** One that does not change with the caller's list. */
  slice(): Numbers {
    return new Numbers(this.values.slice());
  }
}

const NUMBER = 0;
/** By what VIEW says; a number lies in the payload. */
const CONSTANTS: readonly unknown[] = [NaN, undefined, null, false, true];

/** The arguments as numbers, if that is all they are. */
export function asNumbers(args: readonly unknown[]): Numbers | undefined {
  const { length } = args;
  if (length > MOST_NUMBERS) return undefined;
  for (let i = 0; i < length; i++) if (typeof args[i] !== 'number') return undefined;
  return new Numbers(args as readonly number[]);
}

/** Writes numbers into a slot. */
export function writeNumbers({ doubles }: Pool, index: number, { values, length }: Values): void {
  const start = (index + SLOT_HEADER_WORDS) >> 1;
  for (let i = 0; i < length; i++) doubles[start + i] = values[i]!;
}

/** Reads so many. */
export function readNumbers(pool: Pool, index: number, length: number): unknown[] {
  const count = Math.min(length, MOST_NUMBERS);
  // Room for anything: a list that has held a fraction keeps all its numbers as fractions, also those of the next task.
  const values: unknown[] = [undefined];
  for (let i = 0; i < count; i++) values[i] = numberAt(pool, index, i);
  values.length = count;
  return values;
}

/**
 * One of the numbers in a slot. A whole one is made what the engine takes for whole: code that counts up to it, and
 * gets it as it lies in the memory, is slower by a sixth.
 */
export function numberAt({ doubles }: Pool, index: number, position: number): number {
  const value = doubles[((index + SLOT_HEADER_WORDS) >> 1) + position]!;
  const whole = value | 0;
  return whole === value && (whole !== 0 || 1 / value > 0) ? whole : value;
}

/** Writes a result into a slot. False if it is none of these values. */
export function writeScalar(pool: Pool, index: number, value: unknown): boolean {
  let kind = NUMBER;
  if (typeof value === 'number') {
    pool.doubles[(index + SLOT_HEADER_WORDS) >> 1] = value;
  } else if (value === undefined || value === null || typeof value === 'boolean') {
    kind = CONSTANTS.indexOf(value);
  } else {
    return false;
  }
  pool.words[index + VIEW_WORD] = kind;
  return true;
}

/** Reads it. */
export function readScalar(pool: Pool, index: number): unknown {
  const kind = pool.words[index + VIEW_WORD]!;
  return kind === NUMBER ? numberAt(pool, index, 0) : CONSTANTS[kind];
}
