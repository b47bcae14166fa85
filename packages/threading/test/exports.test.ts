/** The umbrella has everything public of every package, the same objects and types, and nothing else. */
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { beforeAll, describe, expect, test } from 'vitest';
import * as core from '@x/core';
import * as umbrella from '@x/threading';

const MEMBERS = [
  'lock',
  'semaphore',
  'event',
  'barrier',
  'shared',
  'queue',
  'thread',
  'executor',
  'introspect',
] as const;

/** Names that two packages use for different things. */
const RENAMED: Record<string, string> = {
  'queue ShutdownOptions': 'QueueShutdownOptions',
  'executor ShutdownOptions': 'ExecutorShutdownOptions',
};

/** What users of the other packages need of core, although no other package has it. */
const OF_CORE = ['ClassCodec', 'InvalidStateError', 'registerClass', 'registerErrorClass'];

/** Each package has one that knows its own kinds; that of the umbrella knows what is imported, and does not bring all of them. */
const OWN = new Set(['fromShared']);

const load = async (name: string) => (await import(`@x/${name}`)) as Record<string, unknown>;

describe.each(MEMBERS)('@x/%s', (name) => {
  test('each of its values is in the umbrella, and the same', async () => {
    const own = await load(name);
    const missing = Object.keys(own).filter(
      (key) =>
        !OWN.has(key) && (umbrella as Record<string, unknown>)[RENAMED[`${name} ${key}`] ?? key] !== own[key],
    );
    expect(Object.keys(own).length).toBeGreaterThan(1);
    expect(missing).toEqual([]);
  });
});

test('every error of core is in the umbrella', () => {
  const errors = Object.entries(core).filter(
    ([, value]) => typeof value === 'function' && value.prototype instanceof core.ThreadingError,
  );
  expect(errors.length).toBeGreaterThan(15);
  expect(umbrella).toMatchObject(Object.fromEntries(errors));
});

test('the entry for workers has what that of @x/thread has', async () => {
  const [own, theirs] = await Promise.all([import('@x/threading/worker'), import('@x/thread/worker')]);
  expect({ ...own }).toEqual({ ...theirs });
});

describe('types', () => {
  /** Of each package, the exported names and what they stand for. */
  const exported = new Map<string, Map<string, ts.Symbol>>();

  beforeAll(() => {
    const files = ['threading', 'core', ...MEMBERS].map(
      (name) => [name, fileURLToPath(new URL(`../../${name}/dist/index.d.ts`, import.meta.url))] as const,
    );
    const program = ts.createProgram(
      files.map(([, file]) => file),
      {
        module: ts.ModuleKind.NodeNext,
        moduleResolution: ts.ModuleResolutionKind.NodeNext,
        noLib: true,
        types: [],
      },
    );
    const checker = program.getTypeChecker();
    for (const [name, file] of files) {
      const module = checker.getSymbolAtLocation(program.getSourceFile(file)!)!;
      const symbols = checker.getExportsOfModule(module).map((symbol): [string, ts.Symbol] => {
        const isAlias = (symbol.flags & ts.SymbolFlags.Alias) !== 0;
        return [symbol.name, isAlias ? checker.getAliasedSymbol(symbol) : symbol];
      });
      exported.set(name, new Map(symbols));
    }
  });

  test.each(MEMBERS)('each name of @x/%s is in the umbrella and means the same', (name) => {
    const all = exported.get('threading')!;
    const missing = [...exported.get(name)!]
      .filter(([key, symbol]) => !OWN.has(key) && all.get(RENAMED[`${name} ${key}`] ?? key) !== symbol)
      .map(([key]) => key);
    expect(missing).toEqual([]);
  });

  test('the umbrella has nothing that is meant for builders of primitives only', () => {
    const known = new Set(OF_CORE);
    for (const name of MEMBERS) {
      for (const key of exported.get(name)!.keys()) known.add(RENAMED[`${name} ${key}`] ?? key);
    }
    // Errors are in it whether or not a package names them.
    const isError = (key: string) => key.endsWith('Error');
    expect([...exported.get('threading')!.keys()].filter((key) => !known.has(key) && !isError(key))).toEqual(
      [],
    );
  });
});

describe('a bundler', () => {
  interface Bundler {
    build(options: object): Promise<{ readonly outputFiles: readonly { readonly text: string }[] }>;
  }
  const bundler = createRequire(new URL('../../tooling/package.json', import.meta.url))('esbuild') as Bundler;

  const bundle = async (source: string): Promise<string> => {
    const { outputFiles } = await bundler.build({
      stdin: { contents: source, resolveDir: fileURLToPath(new URL('.', import.meta.url)) },
      bundle: true,
      format: 'esm',
      platform: 'node',
      minify: true,
      keepNames: false,
      write: false,
      logLevel: 'silent',
    });
    return outputFiles[0]!.text;
  };

  test.each([
    ['Event', 'event'],
    ['RLock', 'lock'],
    ['BoundedSemaphore', 'semaphore'],
    ['LifoQueue', 'queue'],
  ])('keeps of the umbrella no more for %s than its package brings', async (name, of) => {
    const program = (from: string) => `import { ${name} } from '${from}'; console.log(new ${name}());`;
    const [alone, flat] = await Promise.all([bundle(program(`@x/${of}`)), bundle(program('@x/threading'))]);
    expect(flat.length).toBeLessThanOrEqual(alone.length * 1.02);
  });

  test('keeps nothing of what is imported and not used', async () => {
    expect((await bundle(`import * as threading from '@x/threading'; console.log(1);`)).trim()).toBe(
      'console.log(1);',
    );
  });
});
