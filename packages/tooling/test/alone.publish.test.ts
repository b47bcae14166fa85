/**
 * Each published package as a stranger meets it: its tarball installed alone with plain npm into an empty
 * project, every export imported, the README's example run, a program type-checked against it, its size measured.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build, transform } from 'esbuild';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PUBLIC } from '../src/package-map.mjs';
import { installAlone, isEmpty, packAll, readManifest, specifiers, tarball } from '../src/packed.mjs';
import { ROOT, runStep } from '../src/run-step.mjs';
import { IMPORT_BUDGETS, SIZE_BUDGETS } from '../src/size-budgets.mjs';

const folder = mkdtempSync(join(tmpdir(), 'x-publish-'));
const tarballs = join(folder, 'tarballs');
const project = (name: string) => join(folder, name);

const written = PUBLIC.filter((name) => !isEmpty(name));
const empty = PUBLIC.filter(isEmpty);

beforeAll(() => packAll(PUBLIC, tarballs));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a tool and fails with all it printed. */
async function succeed(command: string, args: string[], cwd: string, env: NodeJS.ProcessEnv = {}) {
  const { status, output } = await runStep(command, args, { cwd, env, timeout: 60_000 });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: status ${status}\n${output}`);
  return output;
}

test.runIf(process.env['RELEASE'])('no package of a release is empty', () => {
  expect(empty).toEqual([]);
});

describe.concurrent.each(written)('@x/%s', (name) => {
  // The tests of a package share one installation.
  let installed: Promise<void> | undefined;
  const install = () => (installed ??= installAlone(name, tarballs, project(name)));
  const example = () => {
    const readme = readFileSync(join(project(name), 'node_modules', '@x', name, 'README.md'), 'utf8');
    const code = /^```ts\n([\s\S]*?)^```/m.exec(readme)?.[1];
    if (!code) throw new Error('README.md has no ```ts example');
    return code;
  };

  test('has the manifest that npm and bundlers need', () => {
    const manifest = readManifest(name);
    expect(manifest.private).toBeUndefined();
    expect(manifest).toMatchObject({
      type: 'module',
      sideEffects: false,
      files: ['dist'],
      license: 'MIT',
      engines: { node: '>=20' },
      publishConfig: { access: 'public', provenance: true },
      repository: { type: 'git', directory: `packages/${name}` },
    });
    expect(manifest.description).toBeTruthy();
    expect(manifest.keywords?.length).toBeGreaterThan(3);
    expect(manifest.exports['./package.json']).toBe('./package.json');
    for (const script of ['preinstall', 'install', 'postinstall', 'prepare']) {
      expect(manifest.scripts).not.toHaveProperty(script);
    }
  });

  test('passes publint', async () => {
    const bytes = readFileSync(tarball(tarballs, name));
    const pack = { tarball: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) };
    const { messages, pkg } = await publint({ pack, strict: true });
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
  });

  test('passes attw', async () => {
    await succeed('attw', [tarball(tarballs, name), '--profile', 'esm-only', '--no-color'], ROOT);
  });

  test('installs alone and every export can be imported', async () => {
    await install();
    const script = specifiers(name).map((specifier) => {
      const check = `if (!Object.values(module).every((value) => value !== undefined)) throw new Error('hole')`;
      return `{ const module = await import('${specifier}'); ${check}; }`;
    });
    writeFileSync(join(project(name), 'import.js'), script.join('\n'));
    await succeed(process.execPath, ['import.js'], project(name));
  });

  test("runs its README's first example", async () => {
    await install();
    const { code } = await transform(example(), { loader: 'ts', format: 'esm', target: 'es2022' });
    writeFileSync(join(project(name), 'example.js'), code);
    await succeed(process.execPath, ['example.js'], project(name));
  });

  test('type-checks for users of Node and of the web', async () => {
    await install();
    const uses = specifiers(name).map(
      (specifier, n) => `import * as m${n} from '${specifier}';\nvoid m${n};`,
    );
    writeFileSync(join(project(name), 'program.ts'), uses.join('\n'));
    writeFileSync(join(project(name), 'example.ts'), example());
    const options = {
      target: 'es2022',
      module: 'nodenext',
      strict: true,
      skipLibCheck: false,
      noEmit: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
    };
    const check = async (user: string, compilerOptions: object, files: string[]) => {
      const config = { compilerOptions: { ...options, ...compilerOptions }, files };
      writeFileSync(join(project(name), `tsconfig.${user}.json`), JSON.stringify(config));
      await succeed('tsc', ['-p', `tsconfig.${user}.json`], project(name));
    };
    const disposable = ['es2024', 'esnext.disposable'];
    const typeRoots = [join(ROOT, 'node_modules', '@types')];
    await check('node', { lib: disposable, types: ['node'], typeRoots }, ['program.ts', 'example.ts']);
    await check('web', { lib: [...disposable, 'dom'], types: [] }, ['program.ts']);
  });

  /** Kilobytes of a bundle of that program, minified and gzipped, as a user's bundler makes it. */
  const sizeOf = async (contents: string): Promise<number> => {
    const { outputFiles } = await build({
      stdin: { contents, resolveDir: project(name) },
      bundle: true,
      minify: true,
      write: false,
      format: 'esm',
      platform: 'node',
      target: 'es2022',
    });
    return outputFiles.reduce((sum, file) => sum + gzipSync(file.contents, { level: 9 }).length, 0) / 1000;
  };

  test('keeps its budget of size', async () => {
    await install();
    const all = specifiers(name).map((specifier, n) => `export * as m${n} from '${specifier}';`);
    const size = await sizeOf(all.join('\n'));
    const budget = SIZE_BUDGETS[name];
    if (budget === undefined) throw new Error(`size-budgets.mjs has no budget for ${name}`);
    console.log(`size @x/${name}: ${size.toFixed(2)} kB of ${budget} kB`);
    expect(size).toBeLessThanOrEqual(budget);
  });

  test.each(Object.entries(IMPORT_BUDGETS[name] ?? {}))(
    'keeps its budget of size for %s alone',
    async (one, budget) => {
      await install();
      const size = await sizeOf(`export { ${one} } from '@x/${name}';`);
      console.log(`size of { ${one} } from @x/${name}: ${size.toFixed(2)} kB of ${budget} kB`);
      expect(size).toBeLessThanOrEqual(budget);
    },
  );
});
