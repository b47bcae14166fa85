/** Objects with the same keys: those are written once. */
import { describe, expect, it } from 'vitest';
import { LayoutError } from '@x/core';
import { decodeBytes, encodeBytes } from '@x/core/bytes';

interface Node {
  readonly value: number;
  readonly next: Node | undefined;
}

function list(length: number): Node | undefined {
  let first: Node | undefined;
  for (let value = length; value > 0; value--) first = { value, next: first };
  return first;
}

function travel(value: unknown): unknown {
  return decodeBytes(encodeBytes(value).slice());
}

/** An object with a key that an assignment would take for the prototype. */
function withProto(value: unknown): unknown {
  return JSON.parse(`{"__proto__": ${JSON.stringify(value)}, "x": 1}`);
}

const VALUES: Record<string, unknown> = {
  'a list of equal shapes': Array.from({ length: 50 }, (_, n) => ({ n, text: `item ${n}` })),
  'an object inside one of the same shape': list(20),
  'the same keys in another order': [
    { a: 1, b: 2 },
    { b: 3, a: 4 },
    { a: 5, b: 6 },
  ],
  'one key more, one key less': [{ a: 1 }, { a: 1, b: 2 }, {}, { a: 3 }, {}, { a: 1, b: undefined }],
  'more shapes than have numbers': Array.from({ length: 90 }, (_, n) => ({ [`k${n % 30}`]: n, z: 0 })),
  'keys of two bytes': [{ ключ: 1 }, { ключ: 2 }],
  'keys named __proto__': [withProto(1), withProto({ y: 2 }), withProto(null)],
  'names of array indices': [
    { 1: 'a', 0: 'b' },
    { 1: 'c', 0: 'd' },
  ],
  'shapes beside maps and arrays with properties': [
    new Map([[{ a: 1 }, { a: 2 }]]),
    Object.assign([{ a: 3 }], { a: 4 }),
  ],
};

describe('the keys of objects', () => {
  it.each(Object.entries(VALUES))('survive: %s', (_, value) => {
    const result = travel(value);
    expect(result).toEqual(structuredClone(value));
    expect(orders(result)).toEqual(orders(value));
  });

  it.each(Object.entries(VALUES))('survive also when they come often: %s', (_, value) => {
    const expected = structuredClone(value);
    const bytes = encodeBytes(value).slice();
    for (let n = 0; n < 100; n++) {
      const result = decodeBytes(bytes);
      expect(result).toEqual(expected);
      expect(orders(result)).toEqual(orders(value));
      expect(encodeBytes(result)).toEqual(bytes);
    }
  });

  it('make objects of their own each time, with properties like any other', () => {
    const bytes = encodeBytes({ often: 1, 'with "quotes"\n\u2028': 2, 7: 3, toString: 4 }).slice();
    const results = Array.from({ length: 100 }, () => decodeBytes(bytes) as Record<string, unknown>);
    const last = results.at(-1)!;
    for (const result of results) {
      expect(Object.getPrototypeOf(result)).toBe(Object.prototype);
      expect(Object.getOwnPropertyDescriptors(result)).toEqual(Object.getOwnPropertyDescriptors(last));
      expect(Object.getOwnPropertyDescriptor(result, 'often')).toEqual({
        value: 1,
        writable: true,
        enumerable: true,
        configurable: true,
      });
    }
    last['often'] = 'changed';
    last['more'] = 1;
    expect(decodeBytes(bytes)).toEqual(results[0]);
  });

  it('of a chain of objects of one shape keep references right, however often they come', () => {
    interface Link {
      name: string;
      next: Link | undefined;
    }
    const first: Link = { name: 'first', next: undefined };
    first.next = { name: 'second', next: { name: 'third', next: first } };
    const bytes = encodeBytes(first).slice();
    for (let n = 0; n < 100; n++) {
      const link = decodeBytes(bytes) as Link;
      expect([link.name, link.next?.name, link.next?.next?.name]).toEqual(['first', 'second', 'third']);
      expect(link.next?.next?.next).toBe(link);
    }
  });

  it('are those of the object itself, whatever its prototype has', () => {
    Object.defineProperty(Object.prototype, 'inherited', { value: 1, enumerable: true, configurable: true });
    let keys: string[][];
    try {
      keys = (travel([{ a: 1 }, { a: 2 }]) as object[]).map((object) => Object.keys(object));
    } finally {
      delete (Object.prototype as { inherited?: number }).inherited;
    }
    expect(keys).toEqual([['a'], ['a']]);
  });

  it('that a getter changes are never mixed up', () => {
    const sly = (): object => ({
      get first() {
        delete (this as { second?: number }).second;
        return 1;
      },
      second: 2,
      third: 3,
    });
    for (let n = 0; n < 3; n++) {
      let result: unknown;
      try {
        result = travel([{ first: 0, second: 0, third: 0 }, sly()]);
      } catch (error) {
        // It may be refused, too.
        expect((error as Error).name).toBe('TransferError');
        continue;
      }
      expect(result).toMatchObject([{ first: 0 }, { first: 1, third: 3 }]);
    }
  });

  it('are refused if their bytes are not as many as is said', () => {
    const bytes = encodeBytes({ ab: 1 }).slice();
    expect(decodeBytes(bytes)).toEqual({ ab: 1 });
    for (const difference of [-1, 1, 100]) {
      const damaged = bytes.slice();
      // Version, tag, number of bytes.
      damaged[2]! += difference;
      expect(() => decodeBytes(damaged)).toThrow(LayoutError);
    }
  });

  it('are written once for all objects that have the same', () => {
    const [one, two, three] = [1, 2, 3].map(
      (count) => encodeBytes(new Array(count).fill(0).map(() => ({ aLongKey: 1 }))).length,
    );
    expect(two! - one!).toBeLessThan('aLongKey'.length);
    expect(three! - two!).toBe(two! - one!);
  });

  it('are not those of the message before', () => {
    travel([{ a: 1 }, { b: 2 }]);
    expect(travel([{ b: 1 }, { b: 2 }, { a: 3 }])).toEqual([{ b: 1 }, { b: 2 }, { a: 3 }]);
  });

  it('are refused if they were not given before', () => {
    const bytes = encodeBytes([{ a: 1 }, { a: 2 }]).slice();
    // The last three bytes are the number of the shape, and the value.
    bytes[bytes.length - 3] = 1;
    expect(() => decodeBytes(bytes)).toThrow(LayoutError);
  });
});

/** The keys of all objects, in their order. */
function orders(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  const items = value instanceof Map ? [...(value as Map<unknown, unknown>)].flat() : Object.values(value);
  return [Object.keys(value).join(), ...items.flatMap(orders)];
}
