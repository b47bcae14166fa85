/**
 * Source text to a value, as though the text stood in a file: the part of targets that asks the
 * platform. A module of its own, so that packages without targets do not carry it.
 */
import { withoutExperimentalWarning } from './warnings.js';

type Vm = typeof import('node:vm');
type FileSystem = typeof import('node:fs');
type NodeUrl = typeof import('node:url');

/** Where a text begins in its file, both from 0. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** What is in scope of the text besides the globals, by name. */
export type Scope = Readonly<Record<string, unknown>>;

/** What Vitest, and Vite on servers, make of `import()`. */
const TEST_RUNNER_IMPORT = /\b__vite_ssr_dynamic_import__\b/;
const IMPORT_FOR_TEST_RUNNER = 'const __vite_ssr_dynamic_import__=name=>import(__vite_path(name));';

/** It also writes the files of the project as if its root were that of the file system. */
function pathFromTestRunner(name: string): string {
  const fs = builtin<FileSystem>('node:fs');
  if (!fs || !name.startsWith('/') || fs.existsSync(name)) return name;
  const inProject = `${process.cwd()}${name}`;
  return fs.existsSync(inProject) ? (urlOfFrame(inProject) ?? name) : name;
}

/** Evaluates an expression as though it stood at `position` of the file `url`. */
export function evaluate(
  expression: string,
  url: string,
  strict: boolean,
  scope: Scope,
  position: Position,
): unknown {
  const tested = TEST_RUNNER_IMPORT.test(expression);
  const all = tested ? { ...scope, __vite_path: pathFromTestRunner } : scope;
  const names = Object.keys(all);
  const values = Object.values(all);
  const directive = `${strict ? "'use strict';" : ''}${tested ? IMPORT_FOR_TEST_RUNNER : ''}`;
  const vm = builtin<Vm>('node:vm');
  if (!vm) {
    // The way of targets by source on the web; module targets are there for pages whose policy forbids it.
    // eslint-disable-next-line @typescript-eslint/no-implied-eval -- evaluating text is what this function is for
    const make = new Function(...names, `${directive}return(${expression}\n)\n//# sourceURL=${url}`);
    return (make as (...args: unknown[]) => unknown)(...values);
  }
  const prefix = `${directive}return(`;
  // Old releases of Node 20 lack the constant; there a target cannot import.
  const loader = (vm.constants as Partial<Vm['constants']> | undefined)?.USE_MAIN_CONTEXT_DEFAULT_LOADER;
  if (loader !== undefined && /\bimport\b/.test(directive + expression)) spendImportWarning(vm, loader);
  const make = vm.compileFunction(`${prefix}${expression}\n)`, names, {
    filename: url,
    lineOffset: position.line,
    columnOffset: position.column - prefix.length,
    ...(loader === undefined ? {} : { importModuleDynamically: loader }),
  }) as (...args: unknown[]) => unknown;
  return make(...values);
}

let spent = false;

/**
 * Node 20 prints an ExperimentalWarning at the first `import()` that uses the default loader, once per
 * thread. It is none of the user's business, so that first time happens here, with a deaf ear for it.
 */
function spendImportWarning(vm: Vm, loader: Vm['constants']['USE_MAIN_CONTEXT_DEFAULT_LOADER']): void {
  if (spent) return;
  spent = true;
  const load = vm.compileFunction("return import('node:vm')", [], { importModuleDynamically: loader });
  withoutExperimentalWarning(load as () => unknown);
}

/** Where the text stands in the file, if it stands there exactly once; else the file's beginning. */
export function findInFile(text: string, url: string): Position {
  const start = { line: 0, column: 0 };
  const fs = builtin<FileSystem>('node:fs');
  if (!fs || !url.startsWith('file:')) return start;
  let file: string;
  try {
    file = fs.readFileSync(new URL(url), 'utf8');
  } catch {
    return start;
  }
  const at = file.indexOf(text);
  if (at < 0 || file.indexOf(text, at + 1) >= 0) return start;
  const before = file.slice(0, at);
  const line = before.split('\n').length - 1;
  return { line, column: at - (before.lastIndexOf('\n') + 1) };
}

/** The URL of a file given as a path or URL; stack frames have both. Undefined for the platform's own code. */
export function urlOfFrame(file: string): string | undefined {
  if (/^(?:file|https?|data|blob):/.test(file)) return file;
  const url = builtin<NodeUrl>('node:url');
  return url && /^(?:\/|[A-Za-z]:[\\/])/.test(file) ? url.pathToFileURL(file).href : undefined;
}

/** The URL that relative names start from when no file is known, as in a REPL. */
export function baseUrl(): string {
  const url = builtin<NodeUrl>('node:url');
  if (url) return url.pathToFileURL(`${process.cwd()}/`).href;
  return (globalThis as { location?: { href: string } }).location?.href ?? 'about:blank';
}

/** A module of Node; undefined elsewhere. The caller knows its type. */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- a cast with a name
function builtin<T>(name: string): T | undefined {
  const process = globalThis.process as Partial<NodeJS.Process> | undefined;
  return process?.getBuiltinModule?.(name) as T | undefined;
}
