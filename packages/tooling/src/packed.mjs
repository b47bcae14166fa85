/** Packages as their users get them: packed into tarballs, and installed alone into an empty project. */
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PACKAGE_MAP } from './package-map.mjs';
import { ROOT, runStep } from './run-step.mjs';

/**
 * @typedef {object} Manifest
 * @property {string} name
 * @property {string} version
 * @property {boolean} [private]
 * @property {string} [type]
 * @property {boolean} [sideEffects]
 * @property {string[]} [files]
 * @property {string} [license]
 * @property {string} [description]
 * @property {string[]} [keywords]
 * @property {{ node?: string }} [engines]
 * @property {{ url?: string, directory?: string }} [repository]
 * @property {{ access?: string, provenance?: boolean }} [publishConfig]
 * @property {Record<string, string | { types: string, default: string }>} exports
 * @property {Record<string, string>} [dependencies]
 * @property {Record<string, string>} [scripts]
 */

/** @param {string} name @returns {Manifest} */
export const readManifest = (name) =>
  JSON.parse(readFileSync(join(ROOT, 'packages', name, 'package.json'), 'utf8'));

/**
 * Packs the packages into `folder`.
 * @param {readonly string[]} names
 * @param {string} folder
 */
export async function packAll(names, folder) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const filters = names.flatMap((name) => ['--filter', `@x/${name}`]);
  const args = [...filters, '-r', 'pack', '--out', join(folder, '%s.tgz')];
  const { status, output } = await runStep('pnpm', args, { timeout: 120_000 });
  const missing = names.filter((name) => !existsSync(tarball(folder, name)));
  if (status !== 0 || missing.length) throw new Error(`could not pack ${missing.join(', ')}:\n${output}`);
}

/** @param {string} folder @param {string} name */
export const tarball = (folder, name) => join(folder, `x-${name}.tgz`);

/** What installing `name` brings in of this repository, itself first. @param {string} name @returns {string[]} */
export function closure(name) {
  const all = new Set([name]);
  for (const member of all) {
    for (const dependency of Object.keys(readManifest(member).dependencies ?? {})) {
      if (dependency.startsWith('@x/') && dependency.slice(3) in PACKAGE_MAP) all.add(dependency.slice(3));
    }
  }
  return [...all];
}

/**
 * Installs one package with plain npm into an empty project: its own tarball, the tarballs of its own
 * dependencies through `overrides`, and nothing else.
 * @param {string} name
 * @param {string} tarballs where {@link packAll} put them
 * @param {string} project the folder to make
 */
export async function installAlone(name, tarballs, project) {
  rmSync(project, { recursive: true, force: true });
  mkdirSync(project, { recursive: true });
  const file = (/** @type {string} */ member) => `file:${tarball(tarballs, member)}`;
  const others = closure(name).slice(1);
  const manifest = {
    name: 'consumer',
    version: '1.0.0',
    private: true,
    type: 'module',
    dependencies: { [`@x/${name}`]: file(name) },
    overrides: Object.fromEntries(others.map((member) => [`@x/${member}`, file(member)])),
  };
  writeFileSync(join(project, 'package.json'), JSON.stringify(manifest, null, 2));
  const flags = ['--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];
  const { status, output } = await runStep('npm', ['install', ...flags], { cwd: project, timeout: 120_000 });
  if (status !== 0) throw new Error(`npm install of @x/${name} failed:\n${output}`);
  const installed = readdirSync(join(project, 'node_modules', '@x')).sort();
  const wanted = closure(name).sort();
  if (installed.join() !== wanted.join()) {
    throw new Error(`@x/${name} installed ${installed.join(', ')} instead of ${wanted.join(', ')}`);
  }
}

/** The module specifiers under which users reach a package. @param {string} name */
export const specifiers = (name) =>
  Object.entries(readManifest(name).exports)
    .filter(([, target]) => typeof target === 'object')
    .map(([path]) => `@x/${name}${path.slice(1)}`);

/** Whether a package has nothing to offer yet; such a one may not be released. @param {string} name */
export function isEmpty(name) {
  const source = readFileSync(join(ROOT, 'packages', name, 'dist', 'index.d.ts'), 'utf8');
  return !/\bexport\s*(?:\{\s*[^\s}]|\*|declare|default|const|class|function)/.test(source);
}
