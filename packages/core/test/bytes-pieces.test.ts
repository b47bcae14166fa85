/** Values as bytes whose large buffers are copied once, to where they go. */
import { describe, expect, it } from 'vitest';
import { decodeBytes, encodeBytes, encodePieces, Pieces } from '@x/core/bytes';

/** Puts the pieces where something else has been before. */
function assemble(encoded: Uint8Array | Pieces | undefined): Uint8Array {
  expect(encoded).toBeInstanceOf(Pieces);
  const target = new Uint8Array(new SharedArrayBuffer(encoded!.length)).fill(0xee);
  (encoded as Pieces).copyTo(target);
  return target;
}

function numbered(length: number, first = 0): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => first + index);
}

const VALUES: Record<string, unknown> = {
  'a typed array': numbered(5000),
  'one among other things': { before: 'text', bytes: numbered(5001, 3), after: [1, 2, 3] },
  'several, with small ones between': [numbered(4097), numbered(9), numbered(80), 'x', numbered(8191, 1)],
  'doubles from the middle of a buffer': new Float64Array(numbered(8192).buffer, 16, 700),
  'a buffer whose length may change': new (
    ArrayBuffer as new (length: number, options: object) => ArrayBuffer
  )(5000, {
    maxByteLength: 6000,
  }),
  'two views of one buffer': ((buffer) => [new Uint8Array(buffer, 8), new DataView(buffer, 1, 20)])(
    numbered(6000).buffer,
  ),
};

describe('encodePieces', () => {
  it.each(Object.entries(VALUES))('carries %s', (_, value) => {
    const bytes = assemble(encodePieces(value));
    expect(decodeBytes(bytes)).toEqual(structuredClone(value));
  });

  it.each(Object.entries(VALUES))('makes the bytes that encodeBytes makes, of %s', (_, value) => {
    expect([...assemble(encodePieces(value))]).toEqual([...encodeBytes(value)]);
  });

  it('keeps two views of one buffer on one buffer', () => {
    const [first, second] = decodeBytes(
      assemble(encodePieces(VALUES['two views of one buffer'])),
    ) as DataView[];
    expect(first!.buffer).toBe(second!.buffer);
  });

  it('gives plain bytes for a value without large buffers', () => {
    const bytes = encodePieces({ a: [1, numbered(100)] });
    expect(decodeBytes((bytes as Uint8Array).slice())).toEqual({ a: [1, numbered(100)] });
  });

  it('takes the items of a list, and nothing else of it', () => {
    const list: unknown[] = Object.assign([1, , { a: 'text' }], { more: 1 }); // eslint-disable-line no-sparse-arrays -- what is tested
    list.push(list, [1, 2]);
    const result = decodeBytes((encodePieces(list, true) as Uint8Array).slice()) as unknown[];
    expect(Object.keys(result)).toEqual(['0', '1', '2', '3', '4']);
    expect(result.slice(0, 3)).toEqual([1, undefined, { a: 'text' }]);
    expect(result[3]).toBe(result);
    // Only that one.
    const sparse = decodeBytes((encodePieces([Object.assign([], { b: 1 })]) as Uint8Array).slice());
    expect(sparse).toEqual([Object.assign([], { b: 1 })]);
  });

  it('refuses a value whose getter moves a buffer away that it has met', () => {
    const bytes = numbered(5000);
    const value = {
      bytes,
      get then(): number {
        structuredClone(bytes.buffer, { transfer: [bytes.buffer as ArrayBuffer] });
        return 1;
      },
    };
    expect(encodePieces(value)).toBeUndefined();
  });

  it('begins a buffer at a multiple of eight', () => {
    const bytes = encodeBytes(['x', new Uint8Array(64).fill(0xaa)]);
    expect(bytes.indexOf(0xaa) % 8).toBe(0);
    expect(bytes.lastIndexOf(0xaa)).toBe(bytes.indexOf(0xaa) + 63);
  });
});
