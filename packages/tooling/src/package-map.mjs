/**
 * The package map: which package may import which. Arrows point down only; `check-map` enforces it.
 * A new package is added here first, below everything that it imports.
 */

/** @type {Record<string, readonly string[]>} */
export const PACKAGE_MAP = {
  core: [],
  lock: ['core'],
  semaphore: ['core'],
  event: ['core'],
  barrier: ['core'],
  shared: ['core'],
  queue: ['core'],
  thread: ['core'],
  executor: ['core', 'thread'],
  introspect: ['core', 'thread'],
  threading: [
    'core',
    'lock',
    'semaphore',
    'event',
    'barrier',
    'shared',
    'queue',
    'thread',
    'executor',
    'introspect',
  ],
  testkit: ['core'],
  bench: ['core', 'lock', 'semaphore', 'event', 'barrier', 'shared', 'queue', 'thread', 'executor'],
  tooling: [],
};

/** Never published. */
export const PRIVATE = ['testkit', 'bench', 'tooling'];

/** Published, in dependency order. */
export const PUBLIC = Object.keys(PACKAGE_MAP).filter((name) => !PRIVATE.includes(name));

/** Whose sources reach `Atomics` and time through `@x/core/seam` only. */
export const SEAMED = ['core', 'lock', 'semaphore', 'event', 'barrier', 'shared', 'queue'];

/** The only folder that may ask which runtime it is on. */
export const RUNTIME_FOLDER = 'packages/core/src/runtime/';

/** What may stand at the top of the repository, beside files that begin with a dot. */
export const TOP_LEVEL = [
  'packages',
  'docs',
  'turbo.json',
  'pnpm-workspace.yaml',
  'package.json',
  'pnpm-lock.yaml',
  'README.md',
  'ARCHITECTURE.md',
  'CONTRIBUTING.md',
  'LICENSE',
];
