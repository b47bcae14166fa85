/** Short strings, which stand together at the end of a message. */
import { describe, expect, it } from 'vitest';
import { LayoutError } from '@x/core';
import { decodeBytes, encodeBytes, encodePieces } from '@x/core/bytes';

const words = (count: number): string[] =>
  Array.from({ length: count }, (_, n) => `the word ${n} of ${count}`);

const VALUES: Record<string, unknown> = {
  one: 'a single text that is not so short',
  'a few': words(3),
  many: words(50),
  'more than the text may have': words(1000),
  'empty ones between': ['a first one, to begin with', '', 'x', '', 'and the last one of them', ''],
  'wide ones between': [
    'London is a city',
    'Москва',
    'another city here',
    '東京',
    'lone \ud800',
    'é is narrow, ÿ too',
  ],
  'a wide one as long as a text': 'ж'.repeat(5000),
  'long ones between': ['some text before it', 'y'.repeat(100_000), 'some text after it', 'z'.repeat(257)],
  'beside keys': { 'a key that is long enough': 'a value that is long enough', b: words(5) },
  'beside large buffers': [...words(5), new Uint8Array(10_000).fill(3), ...words(5)],
  'in all that holds strings': [
    ...words(5),
    new Map([['a key of the map', 'a value of the map']]),
    new Set(words(4)),
    /a regular expression/giu,
    2n ** 200n,
    Object('a boxed text, not so short'),
    Object.assign([], { property: 'of an array, and' }),
  ],
};

describe('strings', () => {
  it.each(Object.entries(VALUES))('survive: %s', (_, value) => {
    expect(decodeBytes(encodeBytes(value).slice())).toEqual(structuredClone(value));
    const pieces = encodePieces(value)!;
    const shared = new Uint8Array(new SharedArrayBuffer(pieces.length));
    if (pieces instanceof Uint8Array) shared.set(pieces);
    else pieces.copyTo(shared);
    expect(decodeBytes(shared)).toEqual(structuredClone(value));
  });

  it('of one message are not those of the next', () => {
    for (const count of [40, 3, 0, 1, 40]) {
      expect(decodeBytes(encodeBytes(words(count)).slice())).toEqual(words(count));
    }
  });

  it('survive where those before were narrow, or wide', () => {
    const narrow = 'a narrow text, and not a short one';
    const wide = 'a wide text — not a short one';
    for (const [text, items] of [
      [narrow, [narrow, narrow]],
      [narrow, [narrow, wide]],
      [wide, [narrow, narrow]],
      [narrow, [wide, narrow]],
      ['ж', []],
      ['', ['', 'ж', '']],
      [wide, [wide, wide]],
      [narrow, [narrow, narrow]],
    ]) {
      for (const more of [[], words(30)]) {
        const value = { text, items, more, nested: { text, items: [items, [text]] } };
        expect(decodeBytes(encodeBytes(value).slice())).toEqual(value);
        expect(decodeBytes(encodeBytes([value, value.nested]).slice())).toEqual([value, value.nested]);
      }
    }
  });

  it('are refused if the text has fewer or more units than were asked for', () => {
    const bytes = encodeBytes(words(10)).slice();
    const view = new DataView(bytes.buffer);
    const length = view.getUint16(bytes.length - 2, true);
    for (const wrong of [0, length - 1, length + 1, bytes.length, 2 ** 15, 2 ** 16 - 1]) {
      view.setUint16(bytes.length - 2, wrong, true);
      expect(() => decodeBytes(bytes)).toThrow(LayoutError);
    }
    expect(() => decodeBytes(bytes.subarray(0, 3))).toThrow(LayoutError);
    expect(() => decodeBytes(bytes.subarray(0, 1))).toThrow(LayoutError);
  });
});
