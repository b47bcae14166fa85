/** Results that are moved to the thread that gets them instead of being copied. */
import { describe } from '@x/core';

/** What is moved with which value. */
type Lists = WeakMap<object, readonly unknown[]>;

const LISTS_KEY = Symbol.for('@x/executor:transfer');
type Holder = { [LISTS_KEY]?: Lists };

/** This thread's lists: one for all copies of this package. Undefined while there are none. */
function lists(): Lists | undefined {
  return (globalThis as Holder)[LISTS_KEY];
}

/**
 * Says, in a task, that parts of its result are to be moved to the thread that gets it, instead of being copied. They are
 * gone in the worker once the task has returned. The same for a result as the option `transfer` of `submit` for arguments.
 *
 * Moved are results for the thread that made the executor. Another thread that submits gets a copy, and
 * what can only be moved, such as a `MessagePort`, fails there with `TransferError`.
 *
 * @param value the result, or what an async function fulfils with
 * @param list what in it is to be moved: `ArrayBuffer`s, `MessagePort`s and the like
 * @returns the value itself
 * @throws TypeError if the value is no object, or the list no array
 * @example
 * ```ts
 * import { ThreadPoolExecutor } from '@x/executor';
 *
 * using executor = new ThreadPoolExecutor({ maxWorkers: 2 });
 * async function noise(length: number) {
 *   const { transfer } = await import('@x/executor');
 *   const samples = Float32Array.from({ length }, () => Math.random());
 *   return transfer(samples, [samples.buffer]);
 * }
 * console.log(executor.submit(noise, 1_000_000).result().length);   // 1000000
 * ```
 */
export function transfer<T extends object>(value: T, list: readonly unknown[]): T {
  if ((typeof value !== 'object' && typeof value !== 'function') || (value as unknown) === null) {
    throw new TypeError(
      `transfer needs the result that holds what is moved, got ${describe(value)}; put it in an object`,
    );
  }
  if (!Array.isArray(list)) {
    throw new TypeError(`transfer needs a list such as [bytes.buffer], got ${describe(list)}`);
  }
  const known = lists() ?? ((globalThis as Holder)[LISTS_KEY] = new WeakMap());
  // A copy: what is in it later is the user's business.
  known.set(value, [...(list as readonly unknown[])]);
  return value;
}

/** What is to be moved with a result; undefined for all that is copied. */
export function movedWith(value: unknown): readonly unknown[] | undefined {
  const known = lists();
  if (known === undefined || typeof value !== 'object' || value === null) return undefined;
  const list = known.get(value);
  // An object of a module may be the result of many tasks; it is moved by the one that said so.
  if (list) known.delete(value);
  return list;
}

/** Makes one result of several: what was to be moved with each of them is moved with it. */
export function gathered<T extends object>(values: readonly unknown[], whole: T): T {
  const moved = values.flatMap((value) => movedWith(value) ?? []);
  return moved.length > 0 ? transfer(whole, moved) : whole;
}
