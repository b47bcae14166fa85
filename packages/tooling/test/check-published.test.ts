import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { checkPublished } from '../src/check-published.mjs';
import { fillEmptySections } from '../src/release/version.mjs';

let root = '';
const roots: string[] = [];
afterEach(() => {
  for (const folder of roots.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** The violations in a repository with these files, which are in order unless given. */
function check(files: Record<string, string | object>) {
  root = mkdtempSync(join(tmpdir(), 'x-published-'));
  roots.push(root);
  const all = {
    'README.md': '# x\n',
    'ARCHITECTURE.md': '## Runtime dependencies\n\nNone.\n\n## Next\n\n- `other` for no reason\n',
    '.changeset/config.json': { fixed: [['@x/core', '@x/lock']] },
    'packages/core/package.json': { scripts: { build: 'tsup' } },
    'packages/core/README.md': '# core\n',
    'packages/lock/package.json': { dependencies: { '@x/core': 'workspace:*' } },
    'packages/lock/README.md': '# lock ![a drawing](./drawing.svg)\n',
    ...files,
  };
  for (const [path, content] of Object.entries(all)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), typeof content === 'string' ? content : JSON.stringify(content));
  }
  return checkPublished(root, ['core', 'lock']);
}

const needsPack = { dependencies: { pack: '^1.0.0' } };

test('a repository in order has no violation', () => {
  expect(check({})).toEqual([]);
  const reason =
    '## Runtime dependencies\n\n| name | why |\n| --- | --- |\n| `pack` | packs what nothing else packs |\n';
  expect(check({ 'packages/core/package.json': needsPack, 'ARCHITECTURE.md': reason })).toEqual([]);
  const item = '## Runtime dependencies\n\n- `pack`: packs what nothing else packs\n';
  expect(check({ 'packages/core/package.json': needsPack, 'ARCHITECTURE.md': item })).toEqual([]);
});

test.each([
  [
    'a script at install',
    { 'packages/core/package.json': { scripts: { postinstall: 'x' } } },
    /runs `postinstall`/,
  ],
  ['a dependency without a reason', { 'packages/core/package.json': needsPack }, /depends on pack; say why/],
  [
    'a reason without a dependency',
    { 'ARCHITECTURE.md': '## Runtime dependencies\n\n- `pack`: packs\n' },
    /no package/,
  ],
  [
    'a badge',
    { 'README.md': '[![build](https://ci.test/x.svg)](https://ci.test)' },
    /shows https:\/\/ci.test\/x.svg/,
  ],
  [
    'a badge in HTML',
    { 'packages/lock/README.md': '<img alt="" src="https://ci.test/x.svg">' },
    /nothing here keeps/,
  ],
  ['a long README', { 'packages/lock/README.md': 'x\n'.repeat(121) }, /has 121 lines/],
  [
    'a package outside of the group',
    { '.changeset/config.json': { fixed: [['@x/core']] } },
    /add @x\/lock to/,
  ],
  [
    'a private package in the group',
    { '.changeset/config.json': { fixed: [['@x/core', '@x/lock', '@x/bench']] } },
    /@x\/bench is not published/,
  ],
])('%s is a violation', (_, files, message) => {
  const violations = check({ ...files });
  expect(violations).toHaveLength(1);
  expect(violations[0]).toMatch(message);
});

test('a version that brings a package nothing says so in its changelog', () => {
  const text = '# @x/lock\n\n## 1.1.0\n\n## 1.0.1\n\n### Patch Changes\n\n- A fix.\n\n## 1.0.0\n';
  const filled = fillEmptySections(text);
  expect(filled).toMatch(/^## 1\.1\.0\n\nNothing changed in this package.*\n\n## 1\.0\.1\n\n### Patch/m);
  expect(filled).toMatch(/- A fix\.\n\n## 1\.0\.0\n\nNothing changed.*\n$/);
  expect(fillEmptySections(filled)).toBe(filled);
});
