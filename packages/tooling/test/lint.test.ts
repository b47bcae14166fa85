import { join } from 'node:path';
import { ESLint } from 'eslint';
import { expect, test } from 'vitest';
import { ROOT } from '../src/run-step.mjs';

const eslint = new ESLint({
  cwd: ROOT,
  overrideConfigFile: join(ROOT, 'packages', 'tooling', 'eslint.config.mjs'),
  // In CI the parser takes files as they are on the disk unless told otherwise.
  overrideConfig: { languageOptions: { parserOptions: { disallowAutomaticSingleRunInference: true } } },
});

/** The rules that `code` breaks as the content of `file`, which must exist. */
async function broken(file: string, code: string) {
  const [result] = await eslint.lintText(code, { filePath: join(ROOT, file) });
  return result?.messages.map(({ ruleId, fatal, message }) => (fatal ? message : ruleId));
}

test('a primitive may not use the global Atomics, timers or clock', async () => {
  const file = 'packages/lock/src/index.ts';
  expect(await broken(file, `export const f = (a: Int32Array) => Atomics.load(a, 0);\n`)).toEqual([
    'no-restricted-globals',
  ]);
  expect(await broken(file, `export const f = () => setTimeout(f, 1);\n`)).toContain('no-restricted-globals');
  expect(await broken(file, `export const f = () => performance.now();\n`)).toContain(
    'no-restricted-globals',
  );
  expect(await broken(file, `export const f = () => globalThis.Atomics;\n`)).toEqual([
    'no-restricted-properties',
  ]);
});

test('a primitive may use them from the seam', async () => {
  const code = `import { Atomics } from '@x/core/seam';\n\nexport const f = (a: Int32Array) => Atomics.load(a, 0);\n`;
  expect(await broken('packages/lock/src/index.ts', code)).toEqual([]);
});

test('a forgotten promise is an error', async () => {
  const code = `export function f(p: Promise<void>): void {\n  p.then(() => 0);\n}\n`;
  expect(await broken('packages/thread/src/index.ts', code)).toContain(
    '@typescript-eslint/no-floating-promises',
  );
});
