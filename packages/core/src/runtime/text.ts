/** Reading text out of memory that may be shared. */
import { nodeProcess } from './builtins.js';

type Latin1Slice = (this: Uint8Array, start: number, end: number) => string;

const latin1Slice = /* @__PURE__ */ findLatin1Slice();

function findLatin1Slice(): Latin1Slice | undefined {
  const buffer = nodeProcess()?.getBuiltinModule('node:buffer').Buffer;
  return (buffer?.prototype as { latin1Slice?: Latin1Slice } | undefined)?.latin1Slice;
}

/** Text of bytes that are one code unit each; undefined where the platform has nothing fast for it. */
export function latin1(bytes: Uint8Array, start: number, end: number): string | undefined {
  return latin1Slice?.call(bytes, start, end);
}
