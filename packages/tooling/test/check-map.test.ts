import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { checkMap } from '../src/check-map.mjs';

const map = { core: [], lock: ['core'], thread: ['core'] };
let root = '';
const roots: string[] = [];
afterEach(() => {
  for (const folder of roots.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** The violations in a repository of these files, with a sound manifest for each package unless one is given. */
function check(files: Record<string, string>, rules: Record<string, string[]> = map) {
  root = mkdtempSync(join(tmpdir(), 'x-map-'));
  roots.push(root);
  const manifests = {
    'packages/core/package.json': '{ "name": "@x/core" }',
    'packages/lock/package.json': '{ "name": "@x/lock", "dependencies": { "@x/core": "workspace:*" } }',
  };
  for (const [path, text] of Object.entries({ ...manifests, ...files })) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return checkMap(root, rules);
}

test('a repository in order has no violation', () => {
  const violations = check({
    'packages/core/src/index.ts': `export { a } from './a.js'; import { readFileSync } from 'node:fs';`,
    'packages/core/src/a.ts': `export const a = 1;`,
    'packages/core/src/runtime/node.ts': `export const isNode = typeof process !== 'undefined' && process.versions.node;`,
    'packages/lock/src/index.ts': `import { a } from '@x/core'; import type { Seam } from '@x/core/seam';`,
  });
  expect(violations).toEqual([]);
});

test.each([
  ['an upward import', { 'packages/core/src/a.ts': `import { Lock } from '@x/lock';` }, /imports @x\/lock/],
  ['a sideways import', { 'packages/lock/src/a.ts': `import { T } from '@x/thread';` }, /imports @x\/thread/],
  [
    'an upward import of a type',
    { 'packages/core/src/a.ts': `import type { L } from '@x/lock';` },
    /@x\/lock/,
  ],
  ['an upward dynamic import', { 'packages/core/src/a.ts': `await import('@x/lock');` }, /@x\/lock/],
  ['an upward import type', { 'packages/core/src/a.ts': `let l: import('@x/lock').Lock;` }, /@x\/lock/],
  ['an upward re-export', { 'packages/core/src/a.ts': `export * from '@x/lock';` }, /@x\/lock/],
  ['an unlisted import', { 'packages/lock/src/a.ts': `import 'left-pad';` }, /does not list/],
  ['a bare builtin', { 'packages/lock/src/a.ts': `import 'fs';` }, /write node:fs/],
  ['an escaping path', { 'packages/lock/src/a.ts': `import '../../core/src/a.js';` }, /leaves the package/],
  [
    'a package without a place',
    { 'packages/new/package.json': '{ "name": "@x/new" }' },
    /not in the package map/,
  ],
  ['a misnamed package', { 'packages/core/package.json': '{ "name": "@x/kernel" }' }, /is named/],
  ['a file at the top', { 'notes.txt': '' }, /does not belong/],
  ['process.versions', { 'packages/lock/src/a.ts': `process.versions.bun;` }, /asks for the runtime/],
  ['Deno', { 'packages/core/src/a.ts': `typeof Deno;` }, /asks for the runtime/],
  ['Bun by name', { 'packages/core/src/a.ts': `'Bun' in globalThis;` }, /asks for the runtime/],
])('%s is a violation', (_, files, message) => {
  const violations = check({ ...files });
  expect(violations).toHaveLength(1);
  expect(violations[0]).toMatch(message);
});

test('a manifest may not list what the map does not allow', () => {
  const manifest = '{ "name": "@x/lock", "dependencies": { "@x/thread": "workspace:*" } }';
  expect(check({ 'packages/lock/package.json': manifest })).toEqual([
    'packages/lock/package.json: lists @x/thread, which the map does not allow',
  ]);
});

test('files may not import each other in a circle, except for types', () => {
  const circle = check({
    'packages/core/src/a.ts': `import { b } from './b.js';`,
    'packages/core/src/b.ts': `import { c } from './c.js';`,
    'packages/core/src/c.ts': `import { a } from './a.js';`,
  });
  expect(circle).toEqual([expect.stringMatching(/circle of .*a\.ts → .*b\.ts → .*c\.ts → .*a\.ts/)]);
  const types = check({
    'packages/core/src/a.ts': `import type { B } from './b.js';`,
    'packages/core/src/b.ts': `import { a } from './a.js';`,
  });
  expect(types).toEqual([]);
});

test('the map itself may not point up', () => {
  expect(check({}, { core: ['lock'], lock: ['core'] })).toContainEqual(
    'map: core may not depend on lock, which is not below it',
  );
});
