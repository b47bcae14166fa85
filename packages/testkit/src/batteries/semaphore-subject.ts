/** What the semaphore batteries are run against. */
import type { Primitive } from '@x/core';

interface Options {
  permits?: number;
  timeout?: number;
}
interface AsyncOptions extends Options {
  signal?: AbortSignal;
}

/** The interface of a semaphore. */
export interface SemaphoreLike extends Primitive {
  readonly value: number;
  acquire(options?: Options): boolean;
  tryAcquire(options?: { permits?: number }): boolean;
  acquireAsync(options?: AsyncOptions): Promise<boolean>;
  release(n?: number): void;
  hold(options?: Options): Disposable;
  holdAsync(options?: AsyncOptions): Promise<Disposable>;
  with<T>(body: () => T, options?: { permits?: number }): T;
  withAsync<T>(body: () => T | PromiseLike<T>, options?: { permits?: number }): Promise<T>;
}

/** A class of semaphores. */
export interface SemaphoreClass {
  readonly name: string;
  new (value?: number, options?: { name?: string }): SemaphoreLike;
}

/** A semaphore of so many permits, of which so many are free. */
export function makeSemaphore(Semaphore: SemaphoreClass, value: number, free: number): SemaphoreLike {
  const semaphore = new Semaphore(value);
  if (free < value) semaphore.acquire({ permits: value - free });
  return semaphore;
}
