/** A copy of the repository, built packages included, in which releases can be tried out. */
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PUBLIC } from '../package-map.mjs';
import { ROOT, runStep } from '../run-step.mjs';
import { finishChangelogs } from './version.mjs';

/** What of a package is published or decides how. */
const PARTS = ['package.json', 'dist', 'README.md', 'CHANGELOG.md'];

/** @typedef {'patch' | 'minor' | 'major'} Bump */

/**
 * @param {string} folder
 * @param {import('./registry.mjs').Registry} registry where it publishes to
 * @param {string} version that all packages have at first
 */
export async function copyRepository(folder, registry, version) {
  const manifestOf = (/** @type {string} */ name) => join(folder, 'packages', name, 'package.json');
  const read = (/** @type {string} */ name) => JSON.parse(readFileSync(manifestOf(name), 'utf8'));

  mkdirSync(join(folder, '.changeset'), { recursive: true });
  for (const file of ['.changeset/config.json', 'packages/tooling/src/release/changelog.cjs']) {
    cpSync(join(ROOT, file), join(folder, file));
  }
  const manifest = { name: 'copy', private: true, packageManager: 'pnpm@12.0.0' };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
  writeFileSync(join(folder, 'pnpm-workspace.yaml'), 'packages:\n  - packages/*\npmOnFail: ignore\n');
  writeFileSync(join(folder, '.npmrc'), registry.npmrc);
  writeFileSync(join(folder, '.gitignore'), 'node_modules\ndist\n.npmrc\n');
  for (const name of PUBLIC) {
    for (const part of PARTS) {
      const from = join(ROOT, 'packages', name, part);
      if (existsSync(from)) cpSync(from, join(folder, 'packages', name, part), { recursive: true });
    }
    const own = read(name);
    // Provenance is signed by the release workflow; there is nothing to sign with here.
    own.publishConfig.provenance = false;
    writeFileSync(
      manifestOf(name),
      JSON.stringify({ ...own, version, scripts: {}, devDependencies: {} }, null, 2),
    );
  }
  await run('pnpm', ['install', '--ignore-scripts', '--prefer-offline']);
  await run('git', ['init', '--quiet', '--initial-branch=main']);
  await commit('Start');

  /** @param {string} command @param {string[]} args @param {NodeJS.ProcessEnv} [env] @param {string} [cwd] */
  async function run(command, args, env = {}, cwd = folder) {
    const { status, output } = await runStep(command, args, {
      cwd,
      timeout: 120_000,
      env: { CI: 'true', ...env },
    });
    if (status !== 0) throw new Error(`${command} ${args.join(' ')}: status ${status}\n${output}`);
    return output;
  }

  /** @param {string} message */
  async function commit(message) {
    const identity = [
      '-c',
      'user.name=release',
      '-c',
      'user.email=release@localhost',
      '-c',
      'commit.gpgsign=false',
    ];
    await run('git', ['add', '.']);
    await run('git', [...identity, 'commit', '--quiet', '-m', message]);
  }

  const versions = () => [...new Set(PUBLIC.map((name) => /** @type {string} */ (read(name).version)))];

  return {
    folder,
    /** Writes a changeset. @param {string} name @param {Bump} bump @param {string} text */
    change: (name, bump, text) =>
      writeFileSync(join(folder, '.changeset', `${bump}.md`), `---\n'@x/${name}': ${bump}\n---\n\n${text}\n`),
    /** The one version of all packages after `changeset version`. @param {string[]} args */
    version: async (...args) => {
      await run('changeset', ['version', ...args]);
      finishChangelogs(folder);
      await commit('Version packages');
      const [first, ...others] = versions();
      if (first === undefined || others.length) throw new Error(`several versions: ${versions().join(', ')}`);
      return first;
    },
    /** Publishes what the registry does not have. @param {string[]} args */
    publish: (...args) => run('changeset', ['publish', '--no-git-tag', ...args]),
    /** Publishes one package with the given environment besides. @param {string} name @param {NodeJS.ProcessEnv} env */
    publishOne: (name, env) =>
      run('pnpm', ['publish', '--no-git-checks'], env, join(folder, 'packages', name)),
    /** @param {string} name */
    changelog: (name) => readFileSync(join(folder, 'packages', name, 'CHANGELOG.md'), 'utf8'),
    /** Rewrites the built files of a package; says how many it changed. @param {string} name @param {(text: string) => string} edit */
    rewrite: (name, edit) => {
      const dist = join(folder, 'packages', name, 'dist');
      const files = readdirSync(dist).filter((file) => file.endsWith('.js'));
      return files.filter((file) => {
        const text = readFileSync(join(dist, file), 'utf8');
        const next = edit(text);
        writeFileSync(join(dist, file), next);
        return next !== text;
      }).length;
    },
  };
}
