import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { makeReports, staleReports, unannounced } from '../src/check-api.mjs';

// Each test compiles a program, with the compiler's own library.
vi.setConfig({ testTimeout: 120_000 });

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'x-release-'));
  git('init', '--quiet');
  write('.changeset/README.md', '');
  version('1.0.0');
  write('packages/lock/src/index.ts', `export const a = 1;\n${shape(1, 4)}`);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const git = (...args: string[]) => {
  const identity = ['-c', 'user.name=test', '-c', 'user.email=test@localhost', '-c', 'commit.gpgsign=false'];
  execFileSync('git', [...identity, ...args], { cwd: root });
};
const shape = (layout: number, word: number) =>
  `const STATE_WORD = ${word};\nexport const S = { kind: 1, name: 'Lock', version: ${layout}, bytes: 32 };\n`;

function write(path: string, text: string) {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

function version(next: string) {
  const exports = { '.': { types: './dist/index.d.ts' } };
  write('packages/lock/package.json', JSON.stringify({ name: '@x/lock', version: next, exports }, null, 2));
}

function commit(message: string) {
  for (const [name, { api, layout }] of makeReports(root, ['lock'])) {
    write(`packages/${name}/api.md`, api);
    write(`packages/${name}/layout.json`, layout);
  }
  git('add', '.');
  git('commit', '--quiet', '-m', message);
}

function release() {
  const manifest = JSON.parse(readFileSync(join(root, 'packages/lock/package.json'), 'utf8')) as {
    version: string;
  };
  write('packages/lock/CHANGELOG.md', `# @x/lock\n\n## ${manifest.version}\n`);
  commit('release');
}

const problems = () => unannounced(root, makeReports(root, ['lock']));

test('a report that does not match the sources is named', () => {
  commit('start');
  expect(staleReports(root, makeReports(root, ['lock']))).toEqual([]);
  write('packages/lock/src/index.ts', 'export const b = 1;\n');
  expect(staleReports(root, makeReports(root, ['lock']))).toEqual([
    'packages/lock/api.md does not match the sources; run `pnpm run api` and commit it',
    'packages/lock/layout.json does not match the sources; run `pnpm run api` and commit it',
  ]);
});

test('before the first release everything may change', () => {
  commit('start');
  write('packages/lock/src/index.ts', 'export const b = 1;\n');
  expect(problems()).toEqual([]);
});

test('after a release a change needs the changeset that fits, however many commits ago it was made', () => {
  release();
  write('packages/lock/src/index.ts', `export const b = 1;\n${shape(1, 4)}`);
  commit('change');
  write('README.md', 'later');
  commit('later');
  const message = [
    '@x/lock needs a changeset with a major bump; since 1.0.0:',
    '  removed a',
    '  Write it with `pnpm run changeset`, or undo the change.',
  ];
  expect(problems()).toEqual([message.join('\n')]);
  write('.changeset/one.md', '---\n"@x/lock": minor\n---\n\nText.\n');
  expect(problems()).toEqual([expect.stringContaining('a major bump, not only a minor one; since 1.0.0')]);
  write('.changeset/two.md', `---\n'@x/lock': major\n---\n\nText.\n`);
  expect(problems()).toEqual([]);
});

test('a version bump makes the new report the one to compare with', () => {
  release();
  write('packages/lock/src/index.ts', `export const b = 1;\n${shape(1, 4)}`);
  version('2.0.0');
  release();
  expect(problems()).toEqual([]);
});

test('a layout that changed needs a higher layout version as well', () => {
  release();
  write('.changeset/two.md', '---\n"@x/lock": major\n---\n\nText.\n');
  write('packages/lock/src/index.ts', `export const a = 1;\n${shape(1, 5)}`);
  expect(problems()).toEqual([
    '@x/lock: the layout of Lock changed (STATE_WORD 4 to 5) but its layout version is still 1; raise it',
  ]);
  write('packages/lock/src/index.ts', `export const a = 1;\n${shape(2, 5)}`);
  expect(problems()).toEqual([]);
});
