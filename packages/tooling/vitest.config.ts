/**
 * Six projects:
 * - `unit`: tests against the built packages, loaded by Node itself, as users and workers load them.
 *   `PORTABLE=full` and `brief` are the parts that are run again on other Nodes.
 * - `model`: the same sources under the interleaving explorer; `@x/*` means `src`, so the seam is replaceable.
 * - `types`: assertions about types.
 * - `publish`: each package packed, installed alone and used.
 * - `docs`: the built documentation: its links, and how it does in a browser.
 * - `release`: all packages published to a registry of this machine, installed, changed and upgraded.
 */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const root = fileURLToPath(new URL('../..', import.meta.url));
const src = (path: string) => `${root}packages/${path}`;

const shared = {
  testTimeout: 30_000,
  hookTimeout: 30_000,
  teardownTimeout: 10_000,
  pool: 'forks' as const,
  maxWorkers: 2,
};

const excluded = [
  '**/*.model.test.ts',
  '**/*.publish.test.ts',
  '**/*.release.test.ts',
  '**/*.docs.test.ts',
  '**/node_modules/**',
  '**/dist/**',
];
/** What need not be run again on every other supported Node: damage, for one, is found by the same code on all of them. */
const once = [
  '**/*.stress.test.ts',
  '**/hostile.test.ts',
  '**/python-differential.test.ts',
  'packages/tooling/**',
];
const { PORTABLE } = process.env;
if (PORTABLE) excluded.push(...once);
// Between the oldest Node and the newest only those that ask anything of the platform but Atomics.
if (PORTABLE === 'brief')
  excluded.push('docs/**', 'packages/threading/**', 'packages/!(core|thread|executor)/**');

const unit = {
  ...shared,
  name: 'unit',
  include: ['packages/*/test/**/*.test.ts', 'docs/test/**/*.test.ts'],
  exclude: excluded,
  // Not transformed: the test and the workers it starts must load one and the same file.
  server: { deps: { external: [/\/packages\/[^/]+\/dist\//] } },
};

export default defineConfig({
  root,
  cacheDir: `${root}node_modules/.cache/vite`,
  test: {
    maxConcurrency: 3,
    // Counted by `verify`, which wants failures only.
    reporters: [
      process.env['COUNTS_FILE'] ? 'dot' : 'default',
      `${root}packages/tooling/src/counts-reporter.mjs`,
    ],
    projects: [
      { root, test: unit },
      {
        root,
        resolve: {
          alias: [
            { find: /^@x\/([a-z]+)\/([a-z]+)$/, replacement: src('$1/src/$2.ts') },
            { find: /^@x\/([a-z]+)$/, replacement: src('$1/src/index.ts') },
          ],
        },
        test: {
          ...shared,
          name: 'model',
          include: ['packages/*/test/**/*.model.test.ts'],
          // More than the explorer's own limit: the largest models take half a minute on an idle machine.
          testTimeout: 240_000,
        },
      },
      {
        root,
        test: {
          ...shared,
          name: 'types',
          include: [],
          typecheck: {
            enabled: true,
            only: true,
            include: ['packages/*/test/**/*.test-d.ts'],
            tsconfig: `${root}packages/tooling/tsconfig.types.json`,
          },
        },
      },
      {
        root,
        test: {
          ...shared,
          name: 'publish',
          include: ['packages/tooling/test/**/*.publish.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
      {
        root,
        test: {
          ...shared,
          name: 'docs',
          include: ['packages/tooling/test/**/*.docs.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        root,
        test: {
          ...shared,
          name: 'release',
          include: ['packages/tooling/test/**/*.release.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
