/** What a user's bundler makes of the built packages: nothing that is not used, and everything that is. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, describe, expect, test } from 'vitest';
import { ROOT, runStep } from '../src/run-step.mjs';

const folder = mkdtempSync(join(tmpdir(), 'x-bundles-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Bundles a program for Node that imports the package; returns its text. */
async function bundle(name: string, contents: string, outfile?: string): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: join(ROOT, 'packages', name) },
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'es2022',
    write: false,
  });
  const text = outputFiles[0]!.text;
  if (outfile !== undefined) {
    const { writeFile } = await import('node:fs/promises');
    await writeFile(join(folder, outfile), text);
  }
  return text;
}

/** The kinds that the bundle registers. */
const kindsIn = (text: string): string[] =>
  [...text.matchAll(/registerKind\w*\(\(\) => \(\{[^}]*?name: "(\w+)"/g)].map((match) => match[1]!);

describe('a bundle of one class', () => {
  test.each([
    ['lock', 'Lock', ['Lock']],
    ['lock', 'RLock', ['RLock']],
    ['lock', 'RWLock', ['RWLock']],
    // It works with either lock, so it knows both.
    ['lock', 'Condition', ['Condition', 'Lock', 'RLock']],
    ['semaphore', 'Semaphore', ['Semaphore']],
    ['event', 'Event', ['Event']],
    ['shared', 'AtomicInt32', ['AtomicInt32']],
  ])('of @x/%s, %s, holds no other kind', async (name, one, kinds) => {
    const text = await bundle(name, `export { ${one} } from '@x/${name}';`);
    expect(kindsIn(text).sort()).toEqual([...kinds].sort());
  });

  test('holds no codec and no targets', async () => {
    const text = await bundle('lock', `export { Lock } from '@x/lock';`);
    expect(text).toContain('class');
    expect(text).not.toMatch(/the message is damaged|resolveTarget|registerClass/);
  });
});

describe('a bundle of fromShared alone', () => {
  test.each([
    ['lock', 'Condition', '<Condition '],
    ['semaphore', 'BoundedSemaphore', '<BoundedSemaphore '],
    ['event', 'Event', '<Event '],
    ['barrier', 'Barrier', '<Barrier ', '2'],
    ['shared', 'AtomicInt32', '<AtomicInt32 '],
    ['queue', 'LifoQueue', '<LifoQueue '],
  ])('of @x/%s receives a %s', async (name, one, expected, argument = '') => {
    await bundle(
      name,
      `import { workerData } from 'node:worker_threads';
       import { fromShared } from '@x/${name}';
       console.log(String(fromShared(workerData)));`,
      `${name}-receiver.mjs`,
    );
    await bundle(
      name,
      `import { Worker } from 'node:worker_threads';
       import { ${one}, toShared } from '@x/${name}';
       const receiver = new URL('./${name}-receiver.mjs', import.meta.url);
       new Worker(receiver, { workerData: toShared(new ${one}(${argument})) });`,
      `${name}-sender.mjs`,
    );
    const { output } = await runStep(process.execPath, [join(folder, `${name}-sender.mjs`)], {
      cwd: folder,
      timeout: 20_000,
    });
    expect(output).toContain(expected);
  });
});
