/** What a thread begins with: its own script, beside the packages that its target imports. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { TimeoutError } from '@x/core';
import { targetsFrom, Thread } from '@x/thread';
import { afterAll, describe, expect, it } from 'vitest';

const CORE = import.meta.resolve('@x/core');
const THREAD = import.meta.resolve('@x/thread');

const folder = mkdtempSync(join(tmpdir(), 'x-boot-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Writes a file and gives its URL. */
function file(name: string, text: string): URL {
  const path = join(folder, name);
  writeFileSync(path, text);
  return pathToFileURL(path);
}

function resultOf<A extends unknown[], R>(target: (...args: A) => R, ...args: A): Promise<Awaited<R>> {
  const thread = new Thread({ target, args });
  thread.start();
  return thread.resultAsync();
}

describe('a thread and the packages that its target imports', () => {
  it('agree on the classes of errors that are passed to it', async () => {
    const target = async (core: string, error: unknown) => {
      const { TimeoutError: Own } = (await import(core)) as typeof import('@x/core');
      return error instanceof Own;
    };
    expect(await resultOf(target, CORE, new TimeoutError('late'))).toBe(true);
  });

  it("agree on the classes of a signal's reason", async () => {
    const controller = new AbortController();
    const thread = new Thread({
      target: async (core: string, name: string) => {
        const { TimeoutError: Own } = (await import(core)) as typeof import('@x/core');
        const { sleep } = (await import(name)) as typeof import('@x/thread');
        try {
          sleep(20_000);
        } catch (error) {
          return error instanceof Own;
        }
        return undefined;
      },
      args: [CORE, THREAD],
      signal: controller.signal,
    });
    thread.start();
    controller.abort(new TimeoutError('late'));
    expect(await thread.resultAsync()).toBe(true);
  });

  it('agree on the classes that the target registers', async () => {
    const target = async (core: string) => {
      const { registerClass } = (await import(core)) as typeof import('@x/core');
      class Celsius {
        constructor(readonly degrees: number) {}
      }
      registerClass(Celsius, { toState: ({ degrees }) => degrees });
      return new Celsius(21) as unknown;
    };
    // Not registered here: that it has arrived as one says that it was encoded as one.
    await expect(resultOf(target, CORE)).rejects.toThrow('this thread does not know the class Celsius');
  });

  it('agree on the classes of errors that the thread itself has made', async () => {
    const seen = new Int32Array(new SharedArrayBuffer(4));
    const target = async (core: string, name: string, word: Int32Array) => {
      const { ThreadStateError } = (await import(core)) as typeof import('@x/core');
      const { setExcepthook } = (await import(name)) as typeof import('@x/thread');
      setExcepthook(({ error }) => {
        word[0] = error instanceof ThreadStateError ? 1 : 2;
      });
      await new Promise(() => undefined);
    };
    await expect(resultOf(target, CORE, THREAD, seen)).rejects.toThrow('can never settle');
    expect(seen[0]).toBe(1);
  });
});

describe('a thread', () => {
  it('has no names that a module does not have', async () => {
    const names = await resultOf(() =>
      ['require', 'module', 'exports', '__filename', '__dirname'].filter((name) => name in globalThis),
    );
    expect(names).toEqual([]);
  });

  it('has a file as its program', async () => {
    expect(await resultOf(() => process.argv[1])).toMatch(/entry\.js$/);
  });

  it.each([
    ['a module', 'plain.mjs', 'export const load = () => globalThis.loads;'],
    ['a module that awaits', 'awaits.mjs', 'await null; export const load = () => globalThis.loads;'],
    ['a CommonJS module', 'common.cjs', 'exports.load = () => globalThis.loads;'],
  ])('loads %s once', async (_what, name, text) => {
    const url = file(name, `globalThis.loads = (globalThis.loads ?? 0) + 1; ${text}`);
    const { load } = targetsFrom<{ load: () => number }>(url);
    expect(await resultOf(load)).toBe(1);
  });

  it('tells a module from the same one with a query', async () => {
    const url = file('query.mjs', 'export const where = () => import.meta.url;');
    url.search = '?v=2';
    const { where } = targetsFrom<{ where: () => string }>(url);
    expect(await resultOf(where)).toBe(url.href);
  });

  it('begins after what `node --import` loads, whose hooks its modules pass', async () => {
    const loader = file(
      'loader.mjs',
      `export async function load(url, context, next) {
         if (!url.endsWith('.answer')) return next(url, context);
         return { format: 'module', shortCircuit: true, source: 'export const answer = () => globalThis.preloaded;' };
       }`,
    );
    const preload = file(
      'preload.mjs',
      `import { register } from 'node:module';
       await new Promise((resolve) => setTimeout(resolve, 20));
       register(${JSON.stringify(loader.href)});
       globalThis.preloaded = 42;`,
    );
    const answer = file('the.answer', '');
    const program = file(
      'program.mjs',
      `import { targetsFrom, Thread } from ${JSON.stringify(THREAD)};
       for (const target of [targetsFrom(new URL(${JSON.stringify(answer.href)})).answer, () => globalThis.preloaded]) {
         const thread = new Thread({ target });
         thread.start();
         console.log(thread.result());
       }`,
    );
    const { stdout } = await promisify(execFile)(process.execPath, [
      '--import',
      preload.href,
      program.pathname,
    ]);
    expect(stdout).toBe('42\n42\n');
  });

  it('runs where the intrinsics are frozen', async () => {
    const program = file(
      'frozen.mjs',
      `import { Thread } from ${JSON.stringify(THREAD)};
       const thread = new Thread({ target: () => import('node:path').then(({ sep }) => sep) });
       thread.start();
       console.log(thread.result());`,
    );
    const { stdout } = await promisify(execFile)(process.execPath, ['--frozen-intrinsics', program.pathname]);
    expect(stdout).toBe('/\n');
  });
});
