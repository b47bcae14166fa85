/** What the lock batteries are run against. */
import type { Primitive } from '@x/core';

export interface Options {
  timeout?: number;
}
interface AsyncOptions extends Options {
  signal?: AbortSignal;
}

/** The interface of a lock. */
export interface TestLock {
  acquire(options?: Options): boolean;
  tryAcquire(): boolean;
  acquireAsync(options?: AsyncOptions): Promise<boolean>;
  release(): void;
  locked(): boolean;
  hold(options?: Options): Disposable;
  holdAsync(options?: AsyncOptions): Promise<Disposable>;
  with<T>(body: () => T): T;
  withAsync<T>(body: () => T | PromiseLike<T>): Promise<T>;
}

/** What the battery is run against. */
export interface LockSubject {
  readonly title: string;
  /** A fresh primitive. */
  make(): Primitive;
  /** The property of the primitive that has the methods, where that is not the primitive itself. */
  readonly side?: string;
  /** The primitive on which those who acquire it sleep, where that is another one. */
  sleepsOn?(primitive: Primitive): Primitive;
  /** A blocking acquire of the thread that holds it succeeds. */
  readonly reentrant?: boolean;
  /** A thread may release what another one has acquired. */
  readonly anyoneReleases?: boolean;
}

/** A lock, and how it travels: `shared[side]` is the lock, here and in a worker. */
export interface Shared {
  readonly primitive: Primitive;
  /** On which primitive those who acquire it sleep. */
  readonly bed: Primitive;
  readonly lock: TestLock;
  readonly shared: Record<string, TestLock>;
  readonly side: string;
}

/** Makes a lock that travels. */
export function makeShared(subject: LockSubject): Shared {
  const primitive = subject.make();
  const side = subject.side ?? 'self';
  const shared = (subject.side === undefined
    ? { self: primitive }
    : primitive) as unknown as Shared['shared'];
  const bed = subject.sleepsOn?.(primitive) ?? primitive;
  return { primitive, bed, shared, side, lock: shared[side]! };
}
