/**
 * What knip takes for used: exports of the entries of a package, tests and what they run by path, programs of the documentation. All else must
 * be imported by somebody, listed in the package.json of whoever imports it, and nothing may be listed in vain.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The sources that become files of their own: `'src/index.ts'` and the like in tsup.config.ts. @param {string} name */
function entries(name) {
  const path = join(root, 'packages', name, 'tsup.config.ts');
  const config = existsSync(path) ? readFileSync(path, 'utf8') : '';
  return ['src/index.ts', ...[...config.matchAll(/'(src\/[^'*]+\.ts)'/g)].map(([, file]) => `${file}`)];
}

const packages = readdirSync(join(root, 'packages')).filter((name) => name !== 'tooling' && name !== 'bench');

/** @type {import('knip').KnipConfig} */
export default {
  // A layout table exports every name of a word, and two names may mean one number.
  ignoreExportsUsedInFile: true,
  exclude: ['duplicates'],
  // Of the system: a terminal for a test of thread's.
  ignoreBinaries: ['script'],
  workspaces: {
    '.': {},
    ...Object.fromEntries(
      packages.map((name) => [
        `packages/${name}`,
        {
          entry: [...entries(name), 'test/**/*.test.ts', 'test/**/*.test-d.ts', 'test/**/*.mjs'],
          project: ['src/**', 'test/**'],
        },
      ]),
    ),
    'packages/bench': { entry: ['src/**/*.ts'], ignoreBinaries: ['gcc'] },
    'packages/tooling': {
      entry: ['src/*.mjs', 'src/release/*.{mjs,cjs}', 'test/**/*.test.ts', '*.config.{ts,mjs}'],
      ignore: ['test/programs/**'],
      // Run by name from scripts, or looked up by path.
      ignoreDependencies: ['@arethetypeswrong/cli', '@yarnpkg/cli-dist', 'prettier'],
    },
    // The programs and guides import what they show; what they do not show yet is no fault.
    docs: { entry: ['examples/**/*.ts', 'test/**/*.ts'], ignoreDependencies: [/^@x\//] },
  },
};
