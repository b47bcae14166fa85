/** Copying bytes to and from memory that may be shared. */
import { nodeProcess } from './builtins.js';

interface Natives {
  fill(this: Uint8Array, source: Uint8Array): unknown;
}

/** Fewer bytes are copied before a call into the engine has begun. */
const NATIVE_FROM = 4096;

const { fill } = /* @__PURE__ */ findNatives();

function findNatives(): Partial<Natives> {
  return (nodeProcess()?.getBuiltinModule('node:buffer').Buffer.prototype ?? {}) as Partial<Natives>;
}

/**
 * Copies all of the source into the target, from `at` on. Nobody may change either meanwhile.
 *
 * @example
 * ```ts
 * import { copy } from '@x/core';
 *
 * const target = new Uint8Array(new SharedArrayBuffer(4));
 * copy(target, 1, Uint8Array.of(7, 8));
 * console.log(target.join());   // 0,7,8,0
 * ```
 */
export function copy(target: Uint8Array, at: number, source: Uint8Array): void {
  const { length } = source;
  // Between shared memory and other memory `set` goes word by word, which takes half as long again as this.
  if (fill === undefined || length < NATIVE_FROM) target.set(source, at);
  else fill.call(target.subarray(at, at + length), source);
}
