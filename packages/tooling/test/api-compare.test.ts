import { describe, expect, test } from 'vitest';
import { compareReports } from '../src/api/api-compare.mjs';
import { compareLayouts } from '../src/api/layout-compare.mjs';
import { missingBump } from '../src/api/released.mjs';

const report = (code: string, specifier = '@x/lock') =>
  `# API\n\n## ${specifier}\n\n\`\`\`ts\n${code}\n\`\`\`\n`;
const changes = (before: string, after: string) => compareReports(report(before), report(after));

describe('a change of an API', () => {
  const lock = (members: string) => `export declare class Lock {\n${members}\n}`;
  test.each([
    ['nothing', 'acquire(): boolean;', 'acquire(): boolean;', []],
    ['order', 'a(): void;\nb(): void;', 'b(): void;\na(): void;', []],
    ['the name of a parameter', 'a(first: number): void;', 'a(n: number): void;', []],
    [
      'an optional parameter more',
      'a(n: number): void;',
      'a(n: number, o?: string): void;',
      ['minor changed Lock.a'],
    ],
    ['a parameter made optional', 'a(n: number): void;', 'a(n?: number): void;', ['minor changed Lock.a']],
    ['a required parameter more', 'a(): void;', 'a(n: number): void;', ['major changed Lock.a']],
    ['a parameter made required', 'a(n?: number): void;', 'a(n: number): void;', ['major changed Lock.a']],
    ['a parameter less', 'a(n?: number): void;', 'a(): void;', ['major changed Lock.a']],
    ['a parameter of another type', 'a(n: number): void;', 'a(n: string): void;', ['major changed Lock.a']],
    ['another result', 'a(): number;', 'a(): string;', ['major changed Lock.a']],
    ['an overload more', 'a(): void;', 'a(): void;\na(n: number): void;', ['minor changed Lock.a']],
    ['an overload less', 'a(): void;\na(n: number): void;', 'a(): void;', ['major changed Lock.a']],
    ['a setter more', 'get a(): number;', 'get a(): number;\nset a(n: number);', ['minor changed Lock.a']],
    ['a member more', '', 'a(): void;', ['minor added Lock.a']],
    ['an abstract member more', '', 'abstract a(): void;', ['major added required Lock.a']],
    ['a member less', 'a(): void;', '', ['major removed Lock.a']],
    [
      'a member made static',
      'a(): void;',
      'static a(): void;',
      ['major removed Lock.a', 'minor added Lock.static a'],
    ],
    ['a constructor', 'constructor();', 'constructor(n: number);', ['major changed Lock.constructor']],
  ])('%s', (_, before, after, expected) => {
    expect(changes(lock(before), lock(after)).map(({ bump, what }) => `${bump} ${what}`)).toEqual(expected);
  });

  test('a class that is gone is one change, with all its members', () => {
    expect(changes(lock('a(): void;'), '')).toEqual([{ bump: 'major', what: 'removed Lock' }]);
    expect(changes('', lock('a(): void;'))).toEqual([{ bump: 'minor', what: 'added Lock' }]);
  });

  test('a required member of an interface breaks those who pass one in', () => {
    const options = (members: string) =>
      `export interface Inner {${members}}\nexport interface Options { readonly inner?: Inner; }\n`;
    const use = 'export declare function a(options: Options): Result;\n';
    expect(changes(options('') + use, options(' b: number; ') + use)).toEqual([
      { bump: 'major', what: 'added required Inner.b' },
    ]);
    expect(changes(options('') + use, options(' b?: number; ') + use)).toEqual([
      { bump: 'minor', what: 'added Inner.b' },
    ]);
    const result = 'export interface Result {';
    expect(changes(`${use}${result}}`, `${use}${result} b: number; }`)).toEqual([
      { bump: 'minor', what: 'added Result.b' },
    ]);
  });

  test('one more implemented interface is an addition; another base class is not', () => {
    const head = (heritage: string) => `export declare class A ${heritage}{\n}`;
    expect(changes(head('implements B '), head('implements B, C '))).toEqual([
      { bump: 'minor', what: 'changed A' },
    ]);
    expect(changes(head('implements B, C '), head('implements B '))).toEqual([
      { bump: 'major', what: 'changed A' },
    ]);
    expect(changes(head('extends B '), head('extends C '))).toEqual([{ bump: 'major', what: 'changed A' }]);
  });

  test('re-exports count by name and origin, entries by specifier', () => {
    const from = (names: string) => `export {\n  ${names},\n} from '@x/core';`;
    expect(changes(from('A'), from('A,\n  B'))).toEqual([{ bump: 'minor', what: 'added B' }]);
    expect(changes(from('A'), from('type A'))).toEqual([{ bump: 'major', what: 'changed A' }]);
    const text = from('A');
    expect(compareReports(report(text), report(text, '@x/lock/entry')).map(({ what }) => what)).toEqual([
      'removed A',
      'added @x/lock/entry A',
    ]);
  });
});

describe('a change of a layout', () => {
  const layout = (version: number, constants: Record<string, number | Record<string, number>>, kind = 1) => ({
    kinds: { Lock: { kind, version, bytes: 32, files: ['lock.ts'] } },
    files: { 'lock.ts': constants },
  });
  const before = layout(1, { STATE_WORD: 4, HELD_BIT: 1, ORPHAN: 3 });

  test('no change is no change', () => {
    expect(compareLayouts(before, before)).toEqual({ changes: [], errors: [] });
  });

  test.each([
    ['a moved word', { STATE_WORD: 5, HELD_BIT: 1, ORPHAN: 3 }, 'STATE_WORD 4 to 5'],
    ['a new bit', { STATE_WORD: 4, HELD_BIT: 1, ORPHAN: 3, ASYNC_BIT: 2 }, 'ASYNC_BIT added'],
    ['a bit that is gone', { STATE_WORD: 4, ORPHAN: 3 }, 'HELD_BIT removed'],
    ['another value of a word', { STATE_WORD: 4, HELD_BIT: 1, ORPHAN: 2 }, 'ORPHAN 3 to 2'],
  ])('%s needs a higher layout version and a major bump', (_, constants, reason) => {
    const same = compareLayouts(before, layout(1, constants));
    expect(same.errors).toEqual([
      `the layout of Lock changed (${reason}) but its layout version is still 1; raise it`,
    ]);
    const raised = compareLayouts(before, layout(2, constants));
    expect(raised.errors).toEqual([]);
    expect(raised.changes).toContainEqual({ bump: 'major', what: `changed the layout of Lock: ${reason}` });
  });

  test('a layout version cannot go back, and a kind keeps its number', () => {
    const old = layout(2, {});
    expect(compareLayouts(old, layout(1, {})).errors).toEqual([expect.stringContaining('can only grow')]);
    expect(compareLayouts(old, layout(2, {}, 9)).errors).toEqual([expect.stringContaining('change it back')]);
  });

  test('a new kind is an addition, unless it takes the number of another', () => {
    const more = (kind: number) => ({
      ...before,
      kinds: { ...before.kinds, RLock: { kind, version: 1, bytes: 8, files: [] } },
    });
    expect(compareLayouts(before, more(2))).toEqual({
      changes: [{ bump: 'minor', what: 'added kind RLock' }],
      errors: [],
    });
    expect(compareLayouts(before, more(1)).errors).toEqual([
      expect.stringContaining('takes number 1 of Lock'),
    ]);
  });

  test('a file with a version of its own answers for its constants', () => {
    const realm = (constants: Record<string, number>) => ({ kinds: {}, files: { 'realm.ts': constants } });
    const old = realm({ REALM_VERSION: 1, ID_WORD: 2 });
    expect(compareLayouts(old, realm({ REALM_VERSION: 1, ID_WORD: 3 })).errors).toEqual([
      'the layout of realm.ts changed (ID_WORD 2 to 3) but not REALM_VERSION; raise it',
    ]);
    expect(compareLayouts(old, realm({ REALM_VERSION: 2, ID_WORD: 3 })).errors).toEqual([]);
  });

  test('a constant may move to another file of its kind, and a helper number may come and go', () => {
    const moved = {
      kinds: { Lock: { kind: 1, version: 1, bytes: 32, files: ['lock.ts', 'mutex.ts'] } },
      files: { 'lock.ts': { HELD_BIT: 1, LIMIT: 7 }, 'mutex.ts': { STATE_WORD: 4 } },
    };
    expect(compareLayouts(before, moved)).toEqual({ changes: [], errors: [] });
  });
});

describe('the bump that is missing', () => {
  const change = (bump: 'minor' | 'major') => [{ bump, what: 'changed a' }];
  test.each([
    ['1.2.3', [], undefined, undefined],
    ['1.2.3', change('minor'), undefined, 'minor'],
    ['1.2.3', change('minor'), 'patch', 'minor'],
    ['1.2.3', change('minor'), 'minor', undefined],
    ['1.2.3', change('major'), 'minor', 'major'],
    ['1.2.3', change('major'), 'major', undefined],
    ['0.2.3', change('major'), 'patch', 'minor'],
    ['0.2.3', change('major'), 'minor', undefined],
  ] as const)('since %s, %j with %s announced: %s', (version, list, announced, missing) => {
    expect(missingBump(version, list, announced)).toBe(missing);
  });
});
