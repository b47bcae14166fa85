/** What the queue batteries are run against. */
import type { Primitive } from '@x/core';
import { expect } from 'vitest';

interface Options {
  timeout?: number;
}
interface AsyncOptions extends Options {
  signal?: AbortSignal;
}

/** An item that every order can compare. */
export type Item = [number, unknown?];

/** The interface of a queue. */
export interface QueueLike extends Primitive {
  readonly size: number;
  readonly empty: boolean;
  readonly full: boolean;
  readonly maxsize: number;
  put(item: Item, options?: Options): void;
  tryPut(item: Item): boolean;
  putAsync(item: Item, options?: AsyncOptions): Promise<void>;
  get(options?: Options): Item;
  tryGet(): Item;
  getAsync(options?: AsyncOptions): Promise<Item>;
  taskDone(): void;
  join(options?: Options): boolean;
  joinAsync(options?: AsyncOptions): Promise<boolean>;
  shutdown(options?: { immediate?: boolean }): void;
  [Symbol.asyncIterator](): AsyncIterator<Item, void, undefined>;
}

/** A class of queues. */
export interface QueueClass {
  readonly name: string;
  readonly BYTES: number;
  new (maxsize?: number, options?: { name?: string; buffer?: SharedArrayBuffer; bytes?: number }): QueueLike;
}

/** An error of this class, in whatever copy of the package. */
export const named = (name: string): unknown => expect.objectContaining({ name });
export const EMPTY = named('QueueEmptyError');
export const FULL = named('QueueFullError');
export const SHUT = named('QueueShutDownError');

/** A queue with these numbers as items. */
export function fill(Queue: QueueClass, maxsize: number, numbers: readonly number[]): QueueLike {
  const queue = new Queue(maxsize);
  for (const number of numbers) queue.put([number]);
  return queue;
}

/** Takes all items out; gives their numbers. */
export function drain(queue: QueueLike): number[] {
  const numbers: number[] = [];
  while (!queue.empty) numbers.push(queue.tryGet()[0]);
  return numbers;
}
