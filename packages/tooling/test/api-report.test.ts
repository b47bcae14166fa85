import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { apiReport } from '../src/api/api-report.mjs';
import { checkKindTable } from '../src/api/kind-table.mjs';
import { layoutReport } from '../src/api/layout-report.mjs';
import { readSources } from '../src/api/sources.mjs';

// Each test compiles a program, with the compiler's own library.
vi.setConfig({ testTimeout: 120_000 });

let root = '';
const roots: string[] = [];
afterEach(() => {
  for (const folder of roots.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** The sources of `@x/core` and `@x/lock`, made of these files. */
function sources(files: Record<string, string>) {
  root = mkdtempSync(join(tmpdir(), 'x-api-'));
  roots.push(root);
  const manifest = (name: string) =>
    JSON.stringify({
      name: `@x/${name}`,
      exports: { '.': { types: './dist/index.d.ts' }, './package.json': '' },
    });
  const all = {
    'packages/core/package.json': manifest('core'),
    'packages/core/src/index.ts': 'export {};',
    'packages/lock/package.json': manifest('lock'),
    'packages/lock/src/index.ts': 'export {};',
    ...files,
  };
  for (const [path, text] of Object.entries(all)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return readSources(root, ['core', 'lock']);
}

/** The declarations in the report of `@x/lock`. */
const declarations = (text: string, more: Record<string, string> = {}) => {
  const report = apiReport(sources({ 'packages/lock/src/index.ts': text, ...more }), 'lock');
  return /```ts\n([\s\S]*)```/.exec(report)?.[1];
};

test('a class is reported with what users can call, and nothing else', () => {
  const api = declarations(`
    class Base { inherited(): void {} }
    /** Hidden text. */
    export class Lock<T = string> extends Base implements Disposable {
      static readonly BYTES = 4 * 8;
      readonly name = "lock";
      #secret = 1;
      private hidden = 2;
      /** @internal */ words = 3;
      constructor({ timeout }: { timeout?: number } = {}) { super(); void timeout; }
      with(body: () => T): T;
      with(body: () => T, n: number): T;
      with(body: () => T): T { return body(); }
      get size() { return this.#secret + this.hidden; }
      async wait(ms = 5) { await ms; return [this]; }
      protected describe(): string { return ''; }
      [Symbol.dispose]() {}
    }`);
  expect(api).toBe(`export declare class Lock<T = string> implements Disposable {
  constructor(arg0?: { timeout?: number });
  static readonly BYTES: number;
  [Symbol.dispose](): void;
  protected describe(): string;
  inherited(): void;
  readonly name: 'lock';
  get size(): number;
  wait(ms?: number): Promise<this[]>;
  with(body: () => T): T;
  with(body: () => T, n: number): T;
}
`);
});

test('functions, types, constants and interfaces are reported by name', () => {
  const api = declarations(`
    export type B = 'x' | "y";
    export interface A extends Iterable<B> { (n: number): B; readonly a?: B | undefined; [key: string]: unknown }
    export const D = { A: 1 } as const;
    export function c<T>(value: T, ...rest: string[]) { return rest.length ? value : undefined; }
    /** @internal */ export const hidden = 1;`);
  expect(api).toBe(`export interface A extends Iterable<B> {
  (n: number): B;
  [key: string]: unknown;
  readonly a?: B | undefined;
}
export type B = 'x' | 'y';
export declare const D: { readonly A: 1; };
export declare function c<T>(value: T, ...rest: string[]): T | undefined;
`);
});

test('what comes from a sibling is named, not repeated', () => {
  const core = { 'packages/core/src/index.ts': 'export class Error1 {} export interface Options { a: 1 }' };
  const api = declarations(
    `export { Error1 as Fault, type Options } from '@x/core'; export const a = 1;`,
    core,
  );
  expect(api).toBe(`export {
  Error1 as Fault,
  type Options,
} from '@x/core';
export declare const a: 1;
`);
});

test('a layout is every number of a kind, over files and packages', () => {
  const layout = layoutReport(
    sources({
      'packages/core/src/index.ts': 'export const HEADER_WORDS = 4; export const ID_MASK = (1 << 26) - 1;',
      'packages/lock/src/mutex.ts': `import { HEADER_WORDS, ID_MASK } from '@x/core';
        export const STATE_WORD = HEADER_WORDS; export const OWNER_MASK = ID_MASK; export const SPINS = 100;
        export const TOP_BIT = 1 << 31; const CLEAR = ~1; export const WAIT_MS = 5; export const bytes = 3;
        export const State = { FREE: 0, HELD: CLEAR } as const; export const NAMES = { a: 1 };`,
      'packages/lock/src/lock.ts': `import { STATE_WORD } from './mutex.js';
        export const SHAPE = { kind: 1, name: 'Lock', version: 2, bytes: (STATE_WORD + 4) * Int32Array.BYTES_PER_ELEMENT };`,
      'packages/lock/src/unrelated.ts': 'export const TABLE_SIZE = 3;',
      'packages/lock/src/index.ts': `export { SHAPE } from './lock.js'; export { TABLE_SIZE } from './unrelated.js';`,
    }),
    'lock',
  );
  expect(layout).toEqual({
    kinds: { Lock: { kind: 1, version: 2, bytes: 32, files: ['mutex.ts'] } },
    files: {
      'mutex.ts': {
        STATE_WORD: 4,
        OWNER_MASK: 0x3ffffff,
        TOP_BIT: 1 << 31,
        CLEAR: -2,
        State: { FREE: 0, HELD: -2 },
      },
    },
  });
});

test('kinds are found where a function makes their shapes', () => {
  const { kinds } = layoutReport(
    sources({
      'packages/lock/src/shape.ts': `const VERSION = 3; const at = (n: number) => (n === 0 ? 4 : 4 + Math.ceil(n / 2));
        export function shapeOf(kind: number, name: string) { return { kind, name, version: VERSION, bytes: at(3) * 4 }; }`,
      'packages/lock/src/index.ts': `import { shapeOf } from './shape.js';
        export const A = shapeOf(9, 'Queue'); export const B = shapeOf(10, 'LifoQueue');`,
    }),
    'lock',
  );
  expect(kinds).toEqual({
    Queue: { kind: 9, version: 3, bytes: 24, files: ['shape.ts'] },
    LifoQueue: { kind: 10, version: 3, bytes: 24, files: ['shape.ts'] },
  });
});

test('the table of kinds must say what the sources do', () => {
  const kind = (number: number, version = 1) => ({ kind: number, version, bytes: 8, files: [] });
  const table =
    '## Kinds\n\n| kind | number | package | layout version |\n| --- | --- | --- | --- |\n| A, B | 1–2 | lock | 1 |\n';
  const check = (kinds: Record<string, ReturnType<typeof kind>>) =>
    checkKindTable(table, new Map([['lock', kinds]]));
  expect(check({ A: kind(1), B: kind(2) })).toEqual([]);
  expect(check({ A: kind(1), B: kind(2, 2) })).toEqual([
    expect.stringContaining('the table has B, version 1, of lock'),
  ]);
  expect(check({ A: kind(1), B: kind(2), C: kind(3) })).toEqual([
    expect.stringContaining('the table has nothing'),
  ]);
  expect(check({ A: kind(1) })).toEqual([expect.stringContaining('has number 2, which no source has')]);
});
