/** What makes the build of the documentation fail: something public without a docstring or an example, a link to nothing. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ts from 'typescript';
import { afterEach, expect, test, vi } from 'vitest';
import { bareProperties, missingExamples } from '../src/docs/examples.mjs';
import { buildSite } from '../src/docs/site.mjs';

const folders: string[] = [];
afterEach(() => {
  vi.restoreAllMocks();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** Builds the site of a package with one source file. */
async function build(source: string) {
  const folder = mkdtempSync(join(tmpdir(), 'docs-'));
  folders.push(folder);
  mkdirSync(join(folder, 'src'));
  const file = join(folder, 'src', 'index.ts').replaceAll('\\', '/');
  const index = join(folder, 'index.md');
  writeFileSync(file, source);
  writeFileSync(index, 'The first page.\n');
  writeFileSync(join(folder, 'package.json'), '{ "name": "@x/sample", "version": "1.2.3" }');
  const messages: string[] = [];
  for (const method of ['log', 'warn', 'error', 'info'] as const) {
    vi.spyOn(console, method).mockImplementation((message: string) => void messages.push(message));
  }
  const { ok, project } = await buildSite({
    title: 'sample',
    out: join(folder, 'site'),
    program: ts.createProgram([file], { strict: true }),
    entries: [{ package: 'sample', name: '@x/sample', file }],
    index,
    documents: [],
    navigation: {},
    packageDir: folder,
  });
  return {
    ok,
    project,
    page: readFileSync(join(folder, 'site', 'index.html'), 'utf8'),
    messages: messages.join('\n'),
  };
}

const EXAMPLE = '/**\n * Adds.\n *\n * @example\n * ```ts\n * add(1, 2);\n * ```\n */\n';
const ADD = 'export function add(a: number, b: number): number { return a + b; }\n';

test('what has a docstring and an example passes, and the site shows the version', async () => {
  const { ok, page, project } = await build(EXAMPLE + ADD);
  expect(ok).toBe(true);
  expect(missingExamples(project)).toEqual([]);
  expect(page).toContain('v1.2.3');
});

test.each([
  ['a function', ADD],
  ['a method', `/** Sums. */\nexport class Sum { add(): void {} }\n`],
  ['a constant', 'export const LIMIT = 3;\n'],
])('%s without a docstring fails it', async (_, source) => {
  const { ok, messages } = await build(source);
  expect(ok).toBe(false);
  expect(messages).toContain('does not have any documentation');
});

test('a link to a name that is not there fails it', async () => {
  const { ok, messages } = await build(`/** See {@link nobody}. */\n${ADD}`);
  expect(ok).toBe(false);
  expect(messages).toContain('nobody');
});

test('a function without an example is named; an error and a type need none', async () => {
  const others =
    '/** Too much. */\nexport class SumError extends Error {}\n/** A sum. */\nexport type Sum = number;\n';
  const { project } = await build(`/** Adds. */\n${ADD}${others}`);
  expect(missingExamples(project)).toEqual(['add']);
});

test('a property without a docstring is named', async () => {
  const { project } = await build(
    '/** A point. */\nexport interface Point {\n  /** Across. */ x: number; y: number }\n',
  );
  expect(bareProperties(project)).toEqual(['Point.y']);
});
