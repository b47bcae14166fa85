/** Text in memory that may be shared: reading and writing it by calls into the engine, where it has them. */
import { nodeProcess } from './builtins.js';

/** Methods of buffers that Node has, and does not document. */
interface Natives {
  latin1Slice(this: Uint8Array, start: number, end: number): string;
  ucs2Slice(this: Uint8Array, start: number, end: number): string;
  latin1Write(this: Uint8Array, text: string, offset: number, length: number): number;
}

const natives = /* @__PURE__ */ findNatives();

function findNatives(): Partial<Natives> {
  return (nodeProcess()?.getBuiltinModule('node:buffer').Buffer.prototype ?? {}) as Partial<Natives>;
}

/** Text of bytes that are one code unit each; undefined where the platform has nothing fast for it. */
export function latin1(bytes: Uint8Array, start: number, end: number): string | undefined {
  return natives.latin1Slice?.call(bytes, start, end);
}

/** Text of bytes that are two for each code unit, low byte first; undefined where the platform has nothing fast for it. */
export function utf16(bytes: Uint8Array, start: number, end: number): string | undefined {
  return natives.ucs2Slice?.call(bytes, start, end);
}

/** Writes text whose code units are a byte each; false where the platform has nothing fast for it. */
export function putLatin1(bytes: Uint8Array, at: number, text: string): boolean {
  return natives.latin1Write?.call(bytes, text, at, text.length) !== undefined;
}
