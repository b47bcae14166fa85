/** `ThreadLocal`: one variable, a value in each thread. */
import {
  captureTarget,
  decode,
  encode,
  home,
  KIND,
  LayoutError,
  registerKind,
  resolveTargetNow,
  type Kind,
  type Memory,
  type TargetReference,
} from '@x/core';
import { LOCAL_KIND } from './kinds.js';

/** What a local begins with in each thread: a copy of a value, or what a function returns. */
type Beginning =
  { readonly value: unknown } | { readonly target: TargetReference } | { readonly make: () => unknown };

const REVIVED = Symbol('revived');

/** What a handle says of its local. */
interface Revived {
  readonly [REVIVED]: true;
  readonly key: string;
  readonly beginning: Beginning;
}

/** Locals that have travelled: their values here have to last as long as this thread. */
const travelled = new Map<string, ThreadLocal<unknown>>();

/**
 * A variable of which each thread has a value of its own. Passed to other threads, it names the same
 * variable there. Python: [`threading.local`](https://docs.python.org/3/library/threading.html#thread-local-data),
 * whose attributes are values; here there is one, `value`.
 *
 * A thread's value lives as long as the thread, or as long as the object if that was never passed on.
 *
 * @example
 * ```ts
 * import { Thread, ThreadLocal } from '@x/thread';
 *
 * const depth = new ThreadLocal(0);
 * depth.value = 5;
 * const thread = new Thread({ target: (local: ThreadLocal<number>) => ++local.value, args: [depth] });
 * thread.start();
 * console.log(thread.result(), depth.value);   // 1 5
 * ```
 */
export class ThreadLocal<T> {
  readonly #key: string;
  readonly #beginning: Beginning;
  #value: { readonly current: T } | undefined;

  /**
   * Makes a variable.
   *
   * @param init what each thread's value begins as: a copy of this value, or what this function
   * returns there. A function must be able to run in another thread, as a target must. A value that cannot be
   * copied is what this thread begins with, and the local cannot travel. Without `init` the value begins as `undefined`
   * @throws TargetError for a function whose source cannot stand alone
   */
  constructor(init?: T | (() => T)) {
    if (typeof init === 'object' && init !== null && REVIVED in init) {
      const { key, beginning } = init as unknown as Revived;
      this.#key = key;
      this.#beginning = beginning;
      travelled.set(key, this);
      return;
    }
    this.#key = `${home().realm.identity}/${home().realm.nextUid()}`;
    if (typeof init === 'function') {
      // Checked now, where the mistake is.
      captureTarget(init, { above: ThreadLocal, what: 'init' });
      this.#beginning = { make: init as () => T };
    } else {
      this.#beginning = { value: init };
    }
  }

  /** The value in this thread. */
  get value(): T {
    return (this.#value ??= { current: this.#begin() }).current;
  }

  /** Sets the value of this thread; those of the others stay. */
  set value(value: T) {
    this.#value = { current: value };
  }

  /** Forgets this thread's value; it begins anew when it is read next. */
  reset(): void {
    this.#value = undefined;
  }

  /** How a local travels; see `Kind`. @internal */
  get [KIND](): Kind {
    return KIND_OF_LOCALS;
  }

  /** What the other thread needs. @internal */
  static travel(local: ThreadLocal<unknown>): { readonly key: string; readonly beginning: Beginning } {
    travelled.set(local.#key, local);
    const { make } = local.#beginning as { make?: () => unknown };
    const beginning = make ? { target: captureTarget(make) } : local.#beginning;
    return { key: local.#key, beginning };
  }

  #begin(): T {
    const beginning = this.#beginning;
    if ('make' in beginning) return beginning.make() as T;
    if ('target' in beginning) return resolveTargetNow(beginning.target)() as T;
    return copyOf(beginning.value) as T;
  }
}

/** What changes in one thread must not be what others begin with. */
function copyOf(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  let wire;
  try {
    wire = structuredClone(encode(value, 'init'));
  } catch {
    // What cannot travel stays in this thread.
    return value;
  }
  return decode(wire);
}

const KIND_OF_LOCALS: Kind = registerKind<ThreadLocal<unknown>>(() => ({
  kind: LOCAL_KIND,
  name: 'ThreadLocal',
  version: 1,
  bytes: 0,
  module: import.meta.url,
  extra: (local) => ThreadLocal.travel(local),
  make(extra) {
    const { key, beginning } = (extra ?? {}) as Partial<Revived>;
    if (typeof key !== 'string' || typeof beginning !== 'object') {
      throw new LayoutError('the message is damaged: a ThreadLocal without a key');
    }
    const revived: Revived = { [REVIVED]: true, key, beginning };
    return travelled.get(key) ?? new ThreadLocal<unknown>(revived);
  },
  revive(_memory: Memory): ThreadLocal<unknown> {
    throw new LayoutError('a ThreadLocal has no memory of its own');
  },
}));
