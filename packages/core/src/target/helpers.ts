/**
 * Names that compilers put into function bodies and define elsewhere in the file: esbuild (and with it
 * tsx, tsup, Vite) and TypeScript. A shipped text uses them as free variables, so they are given to it.
 */

type Helper = (...args: never[]) => unknown;

interface Resource {
  readonly dispose: (() => unknown) | undefined;
  readonly async: boolean;
}

interface Environment {
  readonly stack: Resource[];
  error: unknown;
  hasError: boolean;
}

const HELPERS: Readonly<Record<string, Helper>> = {
  // esbuild, keepNames
  __name: (fn: object, value: string) => Object.defineProperty(fn, 'name', { value, configurable: true }),
  // esbuild, `using`
  __using: (stack: Resource[], value: unknown, isAsync = false) => {
    stack.push(resourceOf(value, isAsync));
    return value;
  },
  __callDispose: (stack: Resource[], error: unknown, hasError: boolean) =>
    disposeAll({ stack, error, hasError }),
  // TypeScript, `using`
  __addDisposableResource: (env: Environment, value: unknown, isAsync: boolean) => {
    env.stack.push(resourceOf(value, isAsync));
    return value;
  },
  __disposeResources: (env: Environment) => disposeAll(env),
  // esbuild and TypeScript, object spread and rest below es2018
  __spreadValues: (target: object, source: object) => Object.assign(target, source),
  __spreadProps: (target: object, source: object) =>
    Object.defineProperties(target, Object.getOwnPropertyDescriptors(source)),
  __objRest: (source: object, excluded: PropertyKey[]) => rest(source, excluded),
  __rest: (source: object, excluded: PropertyKey[]) => rest(source, excluded),
};

/** The helpers that the text names, under the names it uses: a compiler numbers them on collisions. */
export function helpersFor(source: string): Record<string, unknown> {
  const scope: Record<string, unknown> = {};
  for (const [name, base] of source.matchAll(/(?<![.\w$])(__[a-zA-Z]+?)\d*(?![\w$])/g)) {
    if (Object.hasOwn(HELPERS, base!)) scope[name] = HELPERS[base!];
  }
  return scope;
}

function resourceOf(value: unknown, isAsync: boolean): Resource {
  if (value === null || value === undefined) return { dispose: undefined, async: isAsync };
  if (typeof value !== 'object' && typeof value !== 'function') throw new TypeError('Object expected');
  const disposable = value as Partial<Disposable & AsyncDisposable>;
  const asyncDispose = isAsync ? disposable[Symbol.asyncDispose] : undefined;
  const dispose: ((this: unknown) => unknown) | undefined = asyncDispose ?? disposable[Symbol.dispose];
  if (typeof dispose !== 'function') throw new TypeError('Object not disposable');
  return { dispose: () => dispose.call(value), async: isAsync };
}

/** Disposes in reverse order; errors are chained as the language does it. Returns a promise only if one is needed. */
function disposeAll(env: Environment): unknown {
  const fail = (error: unknown): void => {
    env.error = env.hasError ? suppressed(error, env.error) : error;
    env.hasError = true;
  };
  const next = (): unknown => {
    for (let resource = env.stack.pop(); resource; resource = env.stack.pop()) {
      try {
        const result = resource.dispose?.();
        if (resource.async) {
          return Promise.resolve(result).then(next, (error: unknown) => {
            fail(error);
            return next();
          });
        }
      } catch (error) {
        fail(error);
      }
    }
    if (env.hasError) throw env.error;
    return undefined;
  };
  return next();
}

function suppressed(error: unknown, earlier: unknown): Error {
  const name = 'SuppressedError';
  const Native = (globalThis as { SuppressedError?: new (error: unknown, suppressed: unknown) => Error })[
    name
  ];
  if (Native) return new Native(error, earlier);
  return Object.assign(new Error('An error was suppressed during disposal.'), {
    name,
    error,
    suppressed: earlier,
  });
}

function rest(source: object, excluded: PropertyKey[]): object {
  const left = excluded.map(String);
  return Object.fromEntries(Object.entries(source).filter(([key]) => !left.includes(key)));
}
