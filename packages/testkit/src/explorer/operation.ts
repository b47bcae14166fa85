/** One operation on shared memory, and how it is done for real. */
import type { SharedArray } from './memory.js';

export type OpName =
  | 'load'
  | 'store'
  | 'add'
  | 'sub'
  | 'and'
  | 'or'
  | 'xor'
  | 'exchange'
  | 'compareExchange'
  | 'notify'
  | 'wait'
  | 'waitAsync'
  | 'point';

export interface Operation {
  readonly name: OpName;
  readonly array: SharedArray;
  readonly index: number;
  /** The arguments after the index. */
  readonly x: unknown;
  readonly y: unknown;
  /** Its place in the model's memory, or -1. */
  readonly position: number;
}

/** The engine's own operation. */
export function real({ name, array, index, x, y }: Operation): unknown {
  // Numbers in arrays of numbers, bigints in those of bigints: the caller's types have seen to it.
  const words = array as Int32Array;
  switch (name) {
    case 'load':
      return Atomics.load(words, index);
    case 'store':
      return Atomics.store(words, index, x as number);
    case 'add':
      return Atomics.add(words, index, x as number);
    case 'sub':
      return Atomics.sub(words, index, x as number);
    case 'and':
      return Atomics.and(words, index, x as number);
    case 'or':
      return Atomics.or(words, index, x as number);
    case 'xor':
      return Atomics.xor(words, index, x as number);
    case 'exchange':
      return Atomics.exchange(words, index, x as number);
    case 'compareExchange':
      return Atomics.compareExchange(words, index, x as number, y as number);
    default:
      throw new TypeError(`${name} is not an operation on memory alone`);
  }
}

/** What the word holds. */
export function valueAt({ array, index }: Operation): unknown {
  return Atomics.load(array as Int32Array, index);
}

export function timeoutOf(argument: unknown): number {
  return argument === undefined ? Infinity : Number(argument);
}
