import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  captureTarget,
  explainError,
  resolveTarget,
  resolveTargetNow,
  TARGET,
  TargetError,
  targetsFrom,
  type SourceReference,
} from '@x/core';
import { describe, expect, it } from 'vitest';

const again = (target: unknown): ((...args: unknown[]) => unknown) =>
  resolveTargetNow(structuredClone(captureTarget(target)));

/* eslint-disable @typescript-eslint/unbound-method -- functions of all sorts are what this is about */
describe('the source of a function', () => {
  const key = 'key';
  const forms = {
    arrow: (a: number) => a + 1,
    expression: function (a: number) {
      return a + 1;
    },
    method(a: number) {
      return a + 1;
    },
    'quoted name'(a: number) {
      return a + 1;
    },
    [Symbol.iterator](a: number) {
      return a + 1;
    },
    async(a: number) {
      return a + 1;
    },
    get(a: number) {
      return a + 1;
    },
    function(a: number) {
      return a + 1;
    },
  };

  it.each(Reflect.ownKeys(forms).map((name) => [String(name), name] as const))(
    'works: %s',
    (_title, name) => {
      expect(again(forms[name as keyof typeof forms])(1)).toBe(2);
    },
  );

  it('works for async functions, generators and members of classes', async () => {
    class Counter {
      static async later(a: number) {
        return Promise.resolve(a + 1);
      }
      *items(a: number) {
        yield a + 1;
      }
      get own() {
        return 2;
      }
      #hidden(a: number) {
        return a + 1;
      }
      static hidden() {
        return new Counter().#hidden;
      }
    }
    await expect(again(Counter.later)(1)).resolves.toBe(2);
    expect([...(again(Counter.prototype.items)(1) as Iterable<number>)]).toEqual([2]);
    expect(again(Object.getOwnPropertyDescriptor(Counter.prototype, 'own')!.get)()).toBe(2);
    expect(again(Counter.hidden())(1)).toBe(2);
  });

  it('is strict or not as the function was', () => {
    // eslint-disable-next-line @typescript-eslint/no-implied-eval -- a module has no sloppy functions
    const sloppy = new Function('return this === undefined') as () => boolean;
    expect(again(sloppy)()).toBe(false);
    expect(
      again(function (this: unknown) {
        return this === undefined;
      })(),
    ).toBe(true);
  });

  it('is compiled once', () => {
    const target = (): number => 1;
    expect(captureTarget(target)).toBe(captureTarget(target));
    expect(again(target)).toBe(again(target));
  });

  it('belongs to the file that captures it, so that frames and imports are right', () => {
    const reference = captureTarget(() => {
      throw new Error('here');
    }) as SourceReference;
    expect(reference.url).toBe(import.meta.url);
    try {
      resolveTargetNow(reference)();
    } catch (error) {
      expect((error as Error).stack).toContain(import.meta.url);
    }
  });

  it.each([
    ['esbuild, names', 'function f() { const g = __name(() => 1, "named"); return g.name; }', 'named'],
    [
      'esbuild, using',
      `function f() {
        var log = [];
        var _stack = [];
        try {
          const a = __using(_stack, { [Symbol.dispose]() { log.push('a'); } });
          const b = __using(_stack, { [Symbol.dispose]() { log.push('b'); } });
          log.push('body');
        } catch (_) {
          var _error = _, _hasError = true;
        } finally {
          __callDispose(_stack, _error, _hasError);
        }
        return log.join();
      }`,
      'body,b,a',
    ],
    [
      'TypeScript, using',
      `function f() {
        var log = [];
        const env_1 = { stack: [], error: void 0, hasError: false };
        try {
          const a = __addDisposableResource(env_1, { [Symbol.dispose]() { log.push('a'); } }, false);
          log.push('body');
        } catch (e_1) {
          env_1.error = e_1;
          env_1.hasError = true;
        } finally {
          __disposeResources(env_1);
        }
        return log.join();
      }`,
      'body,a',
    ],
    [
      'esbuild, numbered on a collision',
      'function f() { return __name2(() => 1, "second").name; }',
      'second',
    ],
    [
      'esbuild, spread',
      'function f() { return Object.keys(__spreadProps(__spreadValues({}, { a: 1 }), { b: 2 })).join(); }',
      'a,b',
    ],
  ])('has what compilers put into it: %s', (_title, source, expected) => {
    const reference: SourceReference = {
      kind: 'source',
      name: 'f',
      source,
      url: 'file:///f.js',
      strict: true,
    };
    expect(resolveTargetNow(reference)()).toBe(expected);
  });

  it('disposes what is awaited, in order, and chains errors', async () => {
    const source = `async function f() {
      var _stack = [], log = [];
      try {
        const a = __using(_stack, { async [Symbol.asyncDispose]() { log.push('a'); } }, true);
        const b = __using(_stack, { [Symbol.dispose]() { throw new Error('b'); } });
        throw new Error('body');
      } catch (_) {
        var _error = _, _hasError = true;
      } finally {
        try {
          var _promise = __callDispose(_stack, _error, _hasError);
          _promise && await _promise;
        } catch (error) {
          return [log.join(), error.name, error.error.message, error.suppressed.message].join();
        }
      }
    }`;
    const reference: SourceReference = {
      kind: 'source',
      name: 'f',
      source,
      url: 'file:///f.js',
      strict: true,
    };
    await expect(resolveTargetNow(reference)()).resolves.toBe('a,SuppressedError,b,body');
  });

  it.each([
    ['a number', 3, TypeError],
    ['nothing', undefined, TypeError],
    ['a native function', Math.max, TargetError],
    ['a bound function', ((a: number) => a).bind(null, 1), TargetError],
    ['a proxy of a function', new Proxy(() => 1, {}), TargetError],
    [
      'a class',
      class Named {
        readonly a = 1;
      },
      TargetError,
    ],
    ['a computed name that is not there', { [key]: { [`${key}2`]() {} } }[key]['key2'], TargetError],
  ])('must be able to stand alone: %s', (_title, target, expected) => {
    expect(() => captureTarget(target)).toThrow(expected);
  });
});

it('says what is wrong with a method that uses super, when it does', () => {
  class Base {
    run() {
      return 1;
    }
  }
  class Derived extends Base {
    override run() {
      return super.run() + 1;
    }
    set(value: number) {
      (super.run as unknown) = value;
    }
  }
  const { run, set } = new Derived();
  expect(() => again(run)()).toThrow(new RegExp('^run uses super'));
  expect(() => again(run)()).toThrow(TargetError);
  expect(() => again(set).call({}, 1)).toThrow(TargetError);
});

it('may have a name that is no string', () => {
  const named = Object.defineProperty(() => 1, 'name', { value: Symbol('odd') });
  expect(again(named)()).toBe(1);
});

describe('a variable from outside', () => {
  const outside = 1;

  it('is named', () => {
    const reference = captureTarget(function uses() {
      return outside;
    });
    let error: unknown;
    try {
      resolveTargetNow(reference)();
    } catch (thrown) {
      error = explainError(thrown, reference);
    }
    expect(error).toBeInstanceOf(TargetError);
    expect((error as Error).message).toMatch(/^uses uses the variable outside from outside/);
    expect((error as Error).cause).toBeInstanceOf(ReferenceError);
  });

  it('is not seen in other errors', () => {
    const reference = captureTarget(() => 1);
    const other = new ReferenceError('elsewhere is not defined');
    expect(explainError(other, reference)).toBe(other);
    expect(explainError(3, reference)).toBe(3);
  });
});

describe('the functions of a module', () => {
  const paths = targetsFrom<typeof import('node:path')>(new URL('node:path'));

  it('are targets, by name, and no promise', async () => {
    expect(captureTarget(paths.basename)).toEqual({ kind: 'module', name: 'basename', url: 'node:path' });
    expect(paths.basename).toBe(paths.basename);
    expect(TARGET in paths.basename).toBe(true);
    await expect(Promise.resolve(paths)).resolves.toBe(paths);
    expect(() => paths.basename('a')).toThrow(TargetError);
  });

  it('are found, also without waiting once the module is loaded', async () => {
    const reference = captureTarget(paths.basename);
    expect((await resolveTarget(reference))('/a/b')).toBe('b');
    expect(resolveTargetNow(reference)('/a/b')).toBe('b');
  });

  it('are those that import() gives, also without waiting', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'x-core-target-'));
    try {
      await writeFile(join(folder, 'url.mjs'), 'export const url = () => import.meta.url;');
      await writeFile(
        join(folder, 'common.cjs'),
        'module.exports = () => "default"; module.exports.named = () => "named";',
      );
      const at = (name: string) => pathToFileURL(join(folder, name));
      // With a query it is another module, which cannot be loaded at once.
      const query = captureTarget(targetsFrom<{ url(): string }>(new URL('?a=1', at('url.mjs'))).url);
      expect(() => resolveTargetNow(query)).toThrow(TargetError);
      expect((await resolveTarget(query))()).toMatch(/url\.mjs\?a=1$/);
      expect(resolveTargetNow(query)()).toMatch(/url\.mjs\?a=1$/);
      const common = targetsFrom<{ default(): string; named(): string }>(at('common.cjs'));
      expect(resolveTargetNow(captureTarget(common.default))()).toBe('default');
      expect(resolveTargetNow(captureTarget(common.named))()).toBe('named');
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('are told when they are not there', async () => {
    const missing = captureTarget((paths as unknown as Record<string, unknown>)['missing']);
    await expect(resolveTarget(missing)).rejects.toThrow(/export missing of node:path is not there/);
    const nowhere = targetsFrom<{ f(): void }>(new URL('./nowhere.js', import.meta.url));
    await expect(resolveTarget(captureTarget(nowhere.f))).rejects.toBeInstanceOf(TargetError);
    expect(() => resolveTargetNow(captureTarget(nowhere.f))).toThrow(TargetError);
    expect(() => targetsFrom('./jobs.js' as never)).toThrow(TypeError);
  });
});
