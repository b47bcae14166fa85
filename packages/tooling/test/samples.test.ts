/** Every code sample of the guides, READMEs and docstrings compiles, runs, and prints what it says. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { transform } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ROOT, runStep } from '../src/run-step.mjs';
import { allSamples, docstringSamples, samplesOf, statedOutput } from '../src/samples.mjs';

// Inside docs, where every package can be imported by its name.
const folder = join(ROOT, 'docs', 'dist', 'samples');
const samples = allSamples().map((sample) => ({
  ...sample,
  id: `${sample.file}:${sample.line}`.replace(/[^\w.]+/g, '-'),
}));

beforeAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const { id, code } of samples) {
    writeFileSync(join(folder, `${id}.ts`), code.includes('export ') ? code : `${code}\nexport {};\n`);
    const { code: compiled } = await transform(code, { loader: 'ts', format: 'esm', target: 'es2022' });
    writeFileSync(join(folder, `${id}.mjs`), compiled);
  }
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

test('samples are found, with what they say they print', () => {
  const page =
    'text\n```ts\nconsole.log(1);   // 1\nconsole.log(2);\n// 2\n// 3\n// why\nf(); // not output\n```\n';
  expect(samplesOf('page.md', page)).toEqual([
    expect.objectContaining({ line: 2, stated: ['1', '2', '3', 'why'] }),
  ]);
  expect(docstringSamples('a.ts', '/**\n * x\n * ```ts\n * a();\n * ```\n */')).toEqual([
    expect.objectContaining({ line: 3, code: 'a();\n' }),
  ]);
  expect(statedOutput('// a comment\nf();\n// another')).toEqual([]);
  expect(samplesOf('page.md', '```ts no-run\nnonsense\n```\n')).toEqual([]);
  expect(samples.length).toBeGreaterThan(50);
});

test('all samples are of the right types', async () => {
  const compilerOptions = {
    target: 'es2022',
    module: 'nodenext',
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    moduleDetection: 'force',
    lib: ['es2024', 'esnext.disposable', 'dom'],
    types: ['node'],
    typeRoots: [join(ROOT, 'node_modules', '@types')],
  };
  const files = samples.map(({ id }) => `${id}.ts`);
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
  const { status, output } = await runStep('tsc', ['-p', folder, '--pretty', 'false']);
  expect(status, output).toBe(0);
}, 120_000);

describe.concurrent('a sample prints what it says', () => {
  test.each(samples)('$file:$line', { timeout: 60_000 }, async ({ id, stated }) => {
    const { status, output } = await runStep(process.execPath, [join(folder, `${id}.mjs`)], {
      timeout: 30_000,
    });
    expect(status, output).toBe(0);
    // In order; a sample may print more than it states, where the order is left to the threads.
    const lines = output.split('\n').map((line) => line.trimEnd());
    let from = 0;
    for (const line of stated) {
      const at = lines.indexOf(line, from);
      expect(at, `the sample states ${JSON.stringify(line)}, but printed:\n${output}`).toBeGreaterThanOrEqual(
        0,
      );
      from = at + 1;
    }
  });
});
