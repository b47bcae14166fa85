/** Values as bytes: what structured clone makes is what comes back. */
import { inspect } from 'node:util';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { parcelsOf } from '@x/testkit';
import { LayoutError, registerClass, TransferError } from '@x/core';
import { decodeBytes, decodeBytesAt, encodeBytes, encodePieces, encodePlainBytes } from '@x/core/bytes';

/** Through memory that could be another thread's. */
function travel(value: unknown): unknown {
  const encoded = encodeBytes(value);
  const shared = new Uint8Array(new SharedArrayBuffer(encoded.length + 3), 3);
  shared.set(encoded);
  const result = decodeBytes(shared);
  shared.fill(0xff);
  return result;
}

const itself: Record<string, unknown> = { depth: 1 };
itself['self'] = itself;
const twin = { shared: true };
const buffer = new ArrayBuffer(16);
const many: unknown[] = Array.from({ length: 100 }, (_, index) => ({ index }));
many.push(many[3], many);

const CLONEABLE: Record<string, unknown> = {
  undefined,
  null: null,
  true: true,
  NaN,
  'minus zero': [-0, { zero: -0 }],
  'small whole numbers': [0, 1, -1, -32, -33, 95, 96, 127, 128, -128, -129],
  'large whole numbers': [2 ** 31 - 1, 2 ** 31, -(2 ** 31), -(2 ** 31) - 1, 2 ** 53],
  fractions: [1.5, Infinity, -Infinity, Number.MIN_VALUE],
  bigints: [0n, 5n, -5n, 2n ** 200n, -(2n ** 200n)],
  'an empty text': '',
  'a lone surrogate': '\ud800x',
  'a long text with lone surrogates': '\ud800'.padEnd(10_000, 'x\udc00'),
  'a long narrow text': 'é'.repeat(10_000),
  holes: [1, , 3], // eslint-disable-line no-sparse-arrays -- what is tested
  'only holes': new Array(3),
  'many holes': Object.assign(new Array(40), { 3: undefined, 7: 1 }),
  'many items': Array.from({ length: 40 }, (_, index) => (index % 3 === 0 ? undefined : index)),
  'many items and a property': Object.assign(Array.from({ length: 40 }, String), { index: 7 }),
  'many items, a hole and a property': Object.assign(new Array(8), [1, 2, 3, 4, 5, 6, 7], { x: undefined }),
  'an array with properties': Object.assign([1, 2], { index: 7 }),
  'a hole and a property, so that the counts agree': Object.assign(new Array(1), { x: 1 }),
  'undefined as a property': { a: undefined },
  '__proto__ as a key': JSON.parse('{"__proto__": {"polluted": true}}'),
  'names of Object.prototype as keys': { constructor: 1, toString: 2, toJSON: 3 },
  'numbers as keys': { 1: 'a', '-1': 'b' },
  'wide keys': { '€': 1 },
  maps: new Map<unknown, unknown>([[{ key: 1 }, new Map([['a', 1]])]]),
  sets: new Set([1, 'a', new Set()]),
  date: new Date(8.64e15),
  'regular expression': /a\/b/giu,
  boxed: [new Number(-0), new String('x'), Object(5n), new Boolean(false)],
  'typed arrays': [
    new Uint8ClampedArray([1]),
    new Float64Array([-0]),
    new BigInt64Array([-1n]),
    new Uint8Array(0),
  ],
  'a view of a part': new DataView(new ArrayBuffer(9), 3, 5),
  'buffer of Node': Buffer.from('abc'),
  'an instance of a class': new (class Point {
    x = 1;
  })(),
  cycle: itself,
  'one object twice': [twin, twin],
  'two views of one buffer': [new Uint8Array(buffer, 1, 3), new Float64Array(buffer), buffer],
  'more objects than are compared one by one': many,
  'a property with the name of the mark': { '@x': 'handle', buffer: 1 },
};

describe('encodeBytes and decodeBytes', () => {
  it.each(Object.keys(CLONEABLE))('carry what structured clone carries: %s', (name) => {
    const expected: unknown = structuredClone(CLONEABLE[name]);
    const actual = travel(CLONEABLE[name]);
    expect(actual).toStrictEqual(expected);
    // Holes, -0 and property order, which an equality may forgive.
    expect(inspect(actual, { depth: 9 })).toBe(inspect(expected, { depth: 9 }));
  });

  it('keep what is one object one object', () => {
    const [narrow, wide, whole] = travel(CLONEABLE['two views of one buffer']) as [
      Uint8Array,
      Float64Array,
      ArrayBuffer,
    ];
    expect(narrow.buffer).toBe(whole);
    expect(wide.buffer).toBe(whole);
    const again = travel(many) as unknown[];
    expect(again[100]).toBe(again[3]);
    expect(again[101]).toBe(again);
  });

  it('do not change prototypes', () => {
    travel(CLONEABLE['__proto__ as a key']);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('keep the class of errors, and of registered classes', () => {
    class Celsius {
      constructor(readonly degrees: number) {}
    }
    registerClass(Celsius);
    const [error, celsius] = travel([new RangeError('cold', { cause: { at: -1 } }), new Celsius(3)]) as [
      Error,
      Celsius,
    ];
    expect(error).toBeInstanceOf(RangeError);
    expect(error).toMatchObject({ message: 'cold', cause: { at: -1 } });
    expect(celsius).toBeInstanceOf(Celsius);
  });

  it('carry maps and sets of another global', () => {
    const [map, set] = travel(runInNewContext('[new Map([[1, new Set([2])]]), new Set([3])]')) as unknown[];
    expect(map).toStrictEqual(new Map([[1, new Set([2])]]));
    expect(set).toStrictEqual(new Set([3]));
  });

  it('name what cannot travel by its path', () => {
    expect(() => encodeBytes({ list: [() => 1] }, 'item')).toThrow(
      new TransferError(
        'item.list[0] is a function, which cannot travel to another thread; use a module target, or pass data',
      ),
    );
    expect(() => encodeBytes(new Blob([]), 'item')).toThrow(TransferError);
    const moved = new Uint8Array(8);
    structuredClone(moved, { transfer: [moved.buffer] });
    for (const gone of [moved, moved.buffer, { list: [moved] }]) {
      expect(() => encodeBytes(gone, 'item')).toThrow(TransferError);
      // For the caller to choose another way, which says what is wrong.
      expect([encodePlainBytes(gone), encodePieces(gone)]).toEqual([undefined, undefined]);
    }
    let deep: unknown = 0;
    for (let depth = 0; depth < 100_000; depth++) deep = [deep];
    expect(() => encodeBytes(deep, 'item')).toThrow(TransferError);
    // Nothing of the failures is left.
    expect(travel('next')).toBe('next');
  });

  it('can be used by a getter of the value that is being encoded', () => {
    const value = {
      before: 'x'.repeat(3000),
      get inner() {
        return travel({ nested: 'y'.repeat(3000) });
      },
      after: 1,
    };
    expect(travel(value)).toEqual({ before: value.before, inner: { nested: 'y'.repeat(3000) }, after: 1 });
  });

  it('read a part of a memory, and nothing beside it', () => {
    const values = [{ a: 1.5, list: ['x', 'a text'] }, [new Float64Array([1, 2]), itself], 'text', 7];
    for (const value of values) {
      const encoded = encodeBytes(value).slice();
      for (const around of [0, 10, 0x41, 0x83]) {
        const memory = new Uint8Array(new SharedArrayBuffer(encoded.length + 64)).fill(around);
        memory.set(encoded, 24);
        expect(decodeBytesAt(memory, 24, encoded.length)).toEqual(structuredClone(value));
        expect(() => decodeBytesAt(memory, 24, encoded.length - 1)).toThrow(LayoutError);
        expect(() => decodeBytesAt(memory, 24, encoded.length + 1)).toThrow(LayoutError);
        expect(() => decodeBytesAt(memory, memory.length - 1, 2)).toThrow(LayoutError);
        expect(() => decodeBytesAt(memory, -1, 2)).toThrow(LayoutError);
      }
    }
  });

  it('refuse a reference in bytes that say that there is none', () => {
    const bytes = encodeBytes([twin, twin]).slice();
    bytes[0]! &= ~0x40;
    expect(() => decodeBytes(bytes)).toThrow(LayoutError);
  });

  it('refuse damaged bytes with LayoutError, whatever the damage', () => {
    const good = encodeBytes([
      { a: 1, text: 'hello' },
      new Map([[1, new Float32Array(2)]]),
      /x/,
      5n,
      new Error('e'),
    ]).slice();
    let seed = 12345;
    const random = (below: number): number => {
      seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
      return seed % below;
    };
    for (let round = 0; round < 5000; round++) {
      const bad = good.slice(0, round % 3 === 0 ? random(good.length) : good.length);
      for (let flips = 1 + random(3); flips > 0 && bad.length > 0; flips--)
        bad[random(bad.length)] = random(256);
      const memory = Uint8Array.from({ length: bad.length + 40 }, () => random(256));
      memory.set(bad, 8);
      for (const read of [() => decodeBytes(bad), () => decodeBytesAt(memory, 8, bad.length)]) {
        try {
          read();
        } catch (error) {
          expect(['LayoutError', 'TransferError']).toContain((error as Error).name);
        }
      }
    }
    expect(({} as Record<string, unknown>)['a']).toBeUndefined();
  });
});

it('lets shared memory go that was sent beside bytes, if those cannot be made', async () => {
  const parcels = await parcelsOf(() => {
    expect(() => encodeBytes([new SharedArrayBuffer(8), new Blob(['x'])])).toThrow(TransferError);
  });
  expect(parcels).toEqual({ sent: 1, kept: 0 });
});
