/** The results of `map` and `starmap`: submits ahead, and gives results in order. */
import { checkTimeout, deadlineAfter, describe, remaining, TimeoutError } from '@x/core';
import { after } from './alarms.js';
import { Deque } from './deque.js';
import type { Future } from './future.js';

/** What is mapped: an iterable, or an async one. */
export type Source<T> = Iterable<T> | AsyncIterable<T>;

/** How items are mapped. */
export interface MapOptions {
  /** Milliseconds from the call of `map` until the last result has to be there; then the iteration throws `TimeoutError`. */
  readonly timeout?: number | undefined;
  /** Items that are one task; more of them cost less for small work. Default: 1. */
  readonly chunksize?: number | undefined;
  /** How many tasks may be ahead of the consumer. Default: all items, at once. */
  readonly buffersize?: number | undefined;
  /** Cancels what has not ended when it fires. */
  readonly signal?: AbortSignal | undefined;
}

/** Options that were checked. */
export interface CheckedMapOptions {
  readonly timeout: number;
  readonly chunksize: number;
  readonly buffersize: number;
  readonly signal: AbortSignal | undefined;
}

/** Checks the arguments of `map`. */
export function checkMapOptions(items: unknown, options: MapOptions): CheckedMapOptions {
  const { chunksize = 1, buffersize, signal } = options;
  const timeout = checkTimeout(options.timeout);
  if (typeof items !== 'string' && (typeof items !== 'object' || items === null)) {
    throw new TypeError(`map needs an iterable, got ${describe(items)}`);
  }
  if (!(Symbol.iterator in Object(items)) && !(Symbol.asyncIterator in Object(items))) {
    throw new TypeError(`map needs an iterable, got ${describe(items)}`);
  }
  checkWhole(chunksize, 'chunksize');
  if (buffersize !== undefined) checkWhole(buffersize, 'buffersize');
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw new TypeError(`signal must be an AbortSignal, got ${describe(signal)}`);
  }
  return { timeout, chunksize, buffersize: buffersize ?? Infinity, signal };
}

function checkWhole(value: unknown, what: string): void {
  if (typeof value !== 'number') throw new TypeError(`${what} must be a number, got ${describe(value)}`);
  if (!Number.isSafeInteger(value) || value < 1) {
    throw new RangeError(`${what} must be a whole number from 1, got ${value}`);
  }
}

/** What a chunk gives: results, and in a list of its own the error that ended it. */
type Chunk = readonly [values: unknown[], failure?: readonly [unknown]];

/**
 * The results of `map` and `starmap`, in the order of the items. It can be iterated once: by `for…of`, which blocks this
 * thread, or by `for await`, which does not.
 */
export class Results<R> implements Iterable<R>, AsyncIterable<R> {
  readonly #submit: (items: unknown[]) => Future<unknown>;
  readonly #options: CheckedMapOptions;
  readonly #chunk: number;
  readonly #deadline: number;
  readonly #sync: Iterator<unknown> | undefined;
  readonly #async: AsyncIterator<unknown> | undefined;
  readonly #out = new Deque<{ readonly future: Future<unknown>; readonly items: number }>();
  /** Items that were taken and whose results were not given yet. */
  #ahead = 0;
  #exhausted = false;
  /** Nobody will ask for what is still to come. */
  #abandoned = false;
  /** What the async source threw; it comes after the results of the items before. */
  #sourceError: readonly [unknown] | undefined;
  #pumping = false;
  #arrived: (() => void) | undefined;

  /** @internal */
  constructor(
    submit: (items: unknown[]) => Future<unknown>,
    items: Source<unknown>,
    options: CheckedMapOptions,
  ) {
    this.#submit = submit;
    this.#options = options;
    this.#chunk = Math.min(options.chunksize, options.buffersize);
    this.#deadline = deadlineAfter(options.timeout);
    if (Symbol.iterator in Object(items)) {
      this.#sync = (items as Iterable<unknown>)[Symbol.iterator]();
      this.#fill();
    } else {
      this.#async = (items as AsyncIterable<unknown>)[Symbol.asyncIterator]();
    }
  }

  /** For `for…of`: blocks this thread for each result that is not there yet. */
  *[Symbol.iterator](): Generator<R, void, undefined> {
    if (!this.#sync) throw new TypeError('the items come from an async iterable; use for await');
    try {
      for (let entry = this.#out.shift(); entry; entry = this.#out.shift()) {
        const [values, failure] = this.#unpack(entry.future.result({ timeout: remaining(this.#deadline) }));
        this.#ahead -= entry.items;
        this.#fill();
        yield* values as R[];
        if (failure) throw failure[0];
      }
    } finally {
      this.#abandon();
    }
  }

  /** For `for await`: never blocks this thread. */
  async *[Symbol.asyncIterator](): AsyncGenerator<R, void, undefined> {
    try {
      for (;;) {
        if (this.#async) void this.#pump();
        const entry = this.#out.shift();
        if (!entry) {
          if (this.#sourceError) throw this.#sourceError[0];
          if (this.#sync || this.#exhausted) return;
          await this.#within(new Promise<void>((resolve) => (this.#arrived = resolve)));
          continue;
        }
        const [values, failure] = this.#unpack(await this.#within(entry.future));
        this.#ahead -= entry.items;
        if (this.#sync) this.#fill();
        else void this.#pump();
        yield* values as R[];
        if (failure) throw failure[0];
      }
    } finally {
      this.#abandon();
    }
  }

  #unpack(result: unknown): Chunk {
    return this.#options.chunksize === 1 ? [[result]] : (result as Chunk);
  }

  get #hasRoom(): boolean {
    return !this.#exhausted && this.#ahead + this.#chunk <= this.#options.buffersize;
  }

  #put(items: unknown[]): void {
    this.#ahead += items.length;
    this.#out.push({ future: this.#submit(items), items: items.length });
  }

  /** Submits as many items as may be ahead. */
  #fill(): void {
    try {
      while (this.#hasRoom) {
        const items: unknown[] = [];
        while (items.length < this.#chunk && !this.#exhausted) {
          const { done, value } = this.#sync!.next() as { done?: boolean; value: unknown };
          if (done === true) this.#exhausted = true;
          else items.push(value);
        }
        if (items.length > 0) this.#put(items);
      }
    } catch (error) {
      this.#abandon();
      throw error;
    }
  }

  /** The same for an async source, one item after the other, beside whatever the consumer does. */
  async #pump(): Promise<void> {
    if (this.#pumping) return;
    this.#pumping = true;
    try {
      while (this.#hasRoom) {
        const items: unknown[] = [];
        while (items.length < this.#chunk && !this.#exhausted) {
          const { done, value } = (await this.#async!.next()) as { done?: boolean; value: unknown };
          if (done === true) this.#exhausted = true;
          else items.push(value);
        }
        if (items.length > 0 && !this.#abandoned) this.#put(items);
        this.#arrived?.();
      }
    } catch (error) {
      this.#exhausted = true;
      this.#sourceError = [error];
      this.#arrived?.();
    } finally {
      this.#pumping = false;
    }
  }

  /** Awaits until the time for all results is over. */
  async #within<T>(promise: PromiseLike<T>): Promise<T> {
    if (this.#deadline === Infinity) return promise;
    let stop: (() => void) | undefined;
    const over = new Promise<never>((_resolve, reject) => {
      stop = after(remaining(this.#deadline), () => {
        reject(new TimeoutError(`the results of map were not there within ${this.#options.timeout} ms`));
      });
    });
    try {
      return await Promise.race([promise, over]);
    } finally {
      stop?.();
    }
  }

  /** Nobody will ask for the rest. */
  #abandon(): void {
    this.#exhausted = this.#abandoned = true;
    for (let entry = this.#out.shift(); entry; entry = this.#out.shift()) entry.future.cancel();
    try {
      this.#sync?.return?.();
      Promise.resolve(this.#async?.return?.()).catch(() => undefined);
    } catch {
      // The reason why the iteration ended says more.
    }
  }
}
