/** Loading modules by their URL. */
import { nodeProcess } from './builtins.js';
import { hasPreloads } from './preloads.js';
import { withoutExperimentalWarning } from './warnings.js';

type Namespace = Record<string, unknown>;

let importer = (url: string): Promise<unknown> => import(/* @vite-ignore */ url);

/**
 * Replaces how modules are imported. For a script that is compiled where no `import()` works, and that is given one.
 *
 * @example
 * ```ts
 * import { importModule, useImporter } from '@x/core';
 *
 * useImporter((url) => Promise.resolve({ url }));
 * console.log(await importModule('file:///of/mine.js'));   // { url: 'file:///of/mine.js' }
 * ```
 */
export function useImporter(next: (url: string) => Promise<unknown>): void {
  importer = next;
}

/**
 * Imports the module. For when something else may be importing at the same time.
 *
 * @example
 * ```ts
 * import { importModule } from '@x/core';
 *
 * const { sep } = await importModule('node:path');
 * console.log(typeof sep);   // string
 * ```
 */
export async function importModule(url: string): Promise<Record<string, unknown>> {
  return (await importer(url)) as Namespace;
}

/**
 * Loads a module without waiting, where the platform can: Node from 20.19 on, unless the module
 * awaits at its top level. Undefined where it cannot.
 */
export function loadModuleNow(url: string): Namespace | undefined {
  const process = nodeProcess();
  // `require()` knows paths only, and with a query it is another module.
  if (!process || !/^file:[^?#]*$/.test(url)) return undefined;
  const path = process.getBuiltinModule('node:url').fileURLToPath(url);
  try {
    const require = process.getBuiltinModule('node:module').createRequire(url);
    const loaded = withoutExperimentalWarning(() => require(path) as Namespace);
    // Of a CommonJS module that is what it exports by default.
    return isNamespace(loaded) ? loaded : { ...loaded, default: loaded };
  } catch (error) {
    const { code } = error as { code?: string };
    // This Node cannot, or the module awaits; any other error is the module's own.
    if (code === 'ERR_REQUIRE_ESM' || code === 'ERR_REQUIRE_ASYNC_MODULE') return undefined;
    throw error;
  }
}

/**
 * The module as `import()` gives it, without waiting; undefined where there is any doubt that it would be the same, so
 * that it has to be imported. Saves a thread that runs a function of a module a tenth of its start: Node's loader of
 * modules need not be set up, and nothing is read by way of the event loop.
 */
function loadLikeImport(url: string): Namespace | undefined {
  // A query makes it another module; hooks see an `import()`, not this.
  if (!/^file:[^?#]*\.m?js$/.test(url) || hasPreloads()) return undefined;
  const process = nodeProcess();
  const path = process?.getBuiltinModule('node:url').fileURLToPath(url);
  // Node says best itself that a module is not there.
  if (!process || path === undefined || !process.getBuiltinModule('node:fs').existsSync(path))
    return undefined;
  const namespace = loadModuleNow(url);
  // A CommonJS module has been run, and looks different when it is imported.
  return isNamespace(namespace) ? namespace : undefined;
}

function isNamespace(loaded: unknown): boolean {
  return Object.prototype.toString.call(loaded) === '[object Module]';
}

/**
 * The module as `import()` gives it, without waiting where that can be. Only where no import is under way in this thread:
 * Node refuses to load at once what it is about to load.
 *
 * @example
 * ```ts
 * import { loadModule } from '@x/core';
 *
 * const { sep } = await loadModule('node:path');
 * console.log(typeof sep);   // string
 * ```
 */
export async function loadModule(url: string): Promise<Record<string, unknown>> {
  return loadLikeImport(url) ?? (await importModule(url));
}
