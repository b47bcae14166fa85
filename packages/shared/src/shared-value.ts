/** `SharedValue`: any value in shared memory. The lock is in value-lock.ts, the bytes are in heap.ts. */
import {
  at,
  AsyncWaiters,
  isPlace,
  Primitive,
  registerKind,
  type AsyncWaitOptions,
  type Kind,
  type MemoryOptions,
  type Place,
} from '@x/core/primitives';
import { decodeBytes, dropBytes, encodeBytes, expectBytes } from '@x/core/bytes';
import {
  checkMaxBytes,
  growableMemory,
  heapFor,
  readVersion,
  tooLarge,
  versionOf,
  writeFirst,
  writeVersion,
} from './heap.js';
import { HEAP_BYTES_OFFSET, MAX_WORD, SEQ_WORD } from './layout.js';
import { announceLoop, inspectOwner, lock, tryLock, unlock } from './value-lock.js';

/** Options of a shared value. */
export interface SharedValueOptions extends MemoryOptions {
  /**
   * Bytes that the value may take, encoded. Default: 1 MiB, of which only what is needed is used; in a
   * buffer of yours 1 KiB, of which three times as much is set aside.
   */
  readonly maxBytes?: number | undefined;
}

const DEFAULT_MAX_BYTES = 2 ** 20;
const DEFAULT_MAX_BYTES_IN_BUFFER = 2 ** 10;
/** Reads without the lock before a reader takes it: writers then come too fast. */
const OPTIMISTIC_READS = 16;

/** A change on its way: what an async update asks for, and got. */
interface Change<T> {
  readonly change: (value: T) => T;
  result?: { readonly value: T };
}

/**
 * A value that all threads see: anything that can travel to a thread, in shared memory. Python has
 * [`multiprocessing.Value`](https://docs.python.org/3/library/multiprocessing.html#multiprocessing.Value)
 * between processes; between threads it has ordinary variables, which JavaScript does not.
 *
 * `get` gives a copy, so changing what it returned changes nothing: use `set` or `update`. A read
 * never waits for a writer, and never sees half of a change, even if the writer is killed in it. What a
 * thread wrote before `set` or `update` is visible to whoever gets the new value.
 *
 * Fairness: updates of several threads come in any order.
 *
 * @typeParam T - the type of the value
 * @example
 * ```ts
 * import { SharedValue } from '@x/shared';
 *
 * const config = new SharedValue({ retries: 3, hosts: ['a'] });
 * config.update((old) => ({ ...old, hosts: [...old.hosts, 'b'] }));
 * console.log(config.value);   // { retries: 3, hosts: [ 'a', 'b' ] }
 * ```
 */
export class SharedValue<T> extends Primitive {
  /** Bytes in a buffer of yours for a value of at most 1 KiB; for others see `bytesFor`. */
  static readonly BYTES: number = /* @__PURE__ */ SharedValue.bytesFor(DEFAULT_MAX_BYTES_IN_BUFFER);

  /** Bytes that a shared value with this `maxBytes` needs in a buffer of yours. Throws `RangeError` if that cannot be. */
  static bytesFor(maxBytes: number): number {
    return HEAP_BYTES_OFFSET + ((heapFor(checkMaxBytes(maxBytes)) + 7) & ~7);
  }

  readonly #waiters: AsyncWaiters<Change<T>>;
  /** The last value read, while it is one of those that cannot be changed from outside. */
  #seen: { readonly version: number; readonly value: T } | undefined;

  /**
   * Makes a shared value, or attaches to the one that is in `buffer` already, which then keeps its value.
   *
   * @throws TransferError if the value cannot travel or is too large; TypeError, RangeError for wrong
   * options; LayoutError if the memory is misaligned, too small, or holds something else
   */
  constructor(initial: T, options: SharedValueOptions = {}) {
    const first = isPlace(options) ? revived(options) : firstState(initial, options);
    super(first.kind, first.options, first.initialise);
    // A value was there already: nobody will read these.
    if (first.unread) dropBytes(first.unread);
    const { member, words } = this;
    this.#waiters = new AsyncWaiters<Change<T>>(words, SEQ_WORD, {
      attempt: (change) => {
        if (!tryLock(member, words)) return false;
        change.result = { value: this.#change(change.change) };
        return true;
      },
      announce: () => announceLoop(member, words),
      inspect: () => {
        inspectOwner(member, words);
      },
    });
    // Others may set a value whose primitives travel beside the bytes, and end before it is read here.
    if (isPlace(options)) expectBytes();
  }

  /** The present value; setting it is `set`. */
  get value(): T {
    return this.get();
  }

  /** Replaces the value, as `set` does; the last writer wins. */
  set value(value: T) {
    this.set(value);
  }

  /**
   * Gives a copy of the present value. Does not wait, however long an update takes.
   *
   * @throws TransferError if the value holds a primitive that this thread cannot be given
   */
  get(): T {
    const { memory } = this;
    for (let tries = 0; ; tries++) {
      const version = versionOf(memory);
      if (this.#seen?.version === version) return this.#seen.value;
      // Here a writer is at work all the time, and reading with the lock is sure.
      if (tries === OPTIMISTIC_READS && tryLock(this.member, this.words)) {
        try {
          return this.#decode(versionOf(memory), readVersion(memory, versionOf(memory))!);
        } finally {
          unlock(this.words);
        }
      }
      const bytes = readVersion(memory, version);
      if (!bytes) continue;
      try {
        return this.#decode(version, bytes);
      } catch (error) {
        // What travels beside the bytes of a former value may be gone by now.
        if (versionOf(memory) === version) throw error;
      }
    }
  }

  /**
   * Replaces the value. Blocks this thread while another one updates it.
   *
   * @throws TransferError if the value cannot travel or is too large, and then nothing has changed;
   * BlockingNotAllowedError on a thread that may not block, if it would have to wait; DeadlockError
   * inside the function of an `update`
   */
  set(value: T): void {
    // Encoded before the lock is taken: getters and `toState` of the user run here.
    const bytes = encodeBytes(value).slice();
    try {
      lock(this.member, this.words);
    } catch (error) {
      dropBytes(bytes);
      throw error;
    }
    try {
      this.#write(bytes);
    } finally {
      this.#unlock();
    }
  }

  /**
   * Replaces the value by what the function makes of it; no other thread changes it in between. Blocks
   * this thread while another one updates it. If the function throws, nothing has changed; if its thread
   * is killed in it, neither, and the others go on.
   *
   * @param change gets a copy of the value and returns the new one; must not be async
   * @returns the new value
   * @throws what the function throws; TransferError if its result cannot travel or is too large;
   * TypeError if it returns a promise; BlockingNotAllowedError, DeadlockError as `set`
   */
  update(change: (value: T) => T): T {
    checkFunction(change);
    lock(this.member, this.words);
    return this.#change(change);
  }

  /**
   * As `update`, without ever blocking this thread: the function runs once no other thread updates the value.
   *
   * @param options `timeout` in milliseconds; `signal`
   * @returns the new value; undefined, with nothing changed, if the time was over before
   * @throws (rejects) what `update` throws; the signal's reason if it fires
   */
  async updateAsync(change: (value: T) => T, options?: AsyncWaitOptions): Promise<T | undefined> {
    checkFunction(change);
    const request: Change<T> = { change };
    await this.#waiters.wait(request, options);
    return request.result?.value;
  }

  /** @internal */
  protected describeState(): string {
    return `value=${preview(this.get())}`;
  }

  /** Runs the function with the lock held, and releases it. */
  #change(change: (value: T) => T): T {
    const { memory } = this;
    try {
      const value = change(this.#decode(versionOf(memory), readVersion(memory, versionOf(memory))!));
      if (typeof (value as PromiseLike<unknown> | undefined)?.then === 'function') {
        throw new TypeError(
          'the function given to update() returned a promise; it must return the new value',
        );
      }
      this.#write(encodeBytes(value));
      return value;
    } finally {
      this.#unlock();
    }
  }

  /** Makes the bytes the value, with the lock held. What travels beside bytes that nobody will read is let go. */
  #write(bytes: Uint8Array): void {
    let unread = bytes;
    try {
      unread = writeVersion(this.memory, bytes);
    } finally {
      dropBytes(unread);
    }
  }

  #unlock(): void {
    unlock(this.words);
    this.#waiters.poke();
  }

  #decode(version: number, bytes: Uint8Array): T {
    const value = decodeBytes(bytes) as T;
    // Objects are copies that the caller may change, so only others are kept.
    this.#seen = typeof value === 'object' && value !== null ? undefined : { version, value };
    return value;
  }
}

/** Arguments for the base class. */
interface First {
  readonly kind: Kind;
  readonly options: MemoryOptions | Place;
  readonly initialise: (words: Int32Array) => void;
  /** The bytes of the first value, until they are in the memory. */
  unread: Uint8Array | undefined;
}

function revived(options: Place): First {
  return { kind: VALUE_KIND, options, initialise: () => undefined, unread: undefined };
}

function firstState(initial: unknown, options: SharedValueOptions): First {
  const { maxBytes, buffer, byteOffset = 0, name } = options;
  const fallback = buffer === undefined ? DEFAULT_MAX_BYTES : DEFAULT_MAX_BYTES_IN_BUFFER;
  const max = checkMaxBytes(maxBytes ?? fallback);
  if (buffer === undefined && byteOffset !== 0) throw new TypeError('byteOffset needs a buffer');
  const bytes = encodeBytes(initial, 'initial').slice();
  if (bytes.length > max) {
    dropBytes(bytes);
    throw tooLarge(bytes.length, max);
  }
  const memory = buffer ?? growableMemory(bytes.length, max);
  const first: First = {
    kind: buffer === undefined ? VALUE_KIND : { ...VALUE_KIND, bytes: SharedValue.bytesFor(max) },
    options: { buffer: memory, byteOffset, name },
    initialise: (words) => {
      words[MAX_WORD] = max;
      writeFirst({ buffer: memory, byteOffset }, words, bytes);
      first.unread = undefined;
    },
    unread: bytes,
  };
  return first;
}

function checkFunction(change: unknown): void {
  if (typeof change !== 'function')
    throw new TypeError('update() needs a function from the value to the new one');
}

/** A value in a few characters. */
function preview(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
  if (Array.isArray(value)) return `Array(${value.length})`;
  if (typeof value === 'object' && value !== null)
    return (value as { constructor?: { name?: string } }).constructor?.name ?? 'Object';
  return typeof value === 'bigint' ? `${value}n` : String(value);
}

/** How it travels; see `Kind`. @internal */
export const VALUE_KIND: Kind = /* @__PURE__ */ registerKind<SharedValue<unknown>>(() => ({
  kind: 12,
  name: 'SharedValue',
  version: 1,
  bytes: HEAP_BYTES_OFFSET,
  module: import.meta.url,
  // It becomes a handle: from now on others may set it, as above.
  extra: () => {
    expectBytes();
  },
  revive: (memory, name) => new SharedValue<unknown>(undefined, at(memory, name)),
}));
