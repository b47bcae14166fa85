/** What the last release promised, and what the pending changesets announce. */
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** @typedef {import('./api-compare.mjs').Bump} Bump */

/** @type {readonly Bump[]} */
const ORDER = ['patch', 'minor', 'major'];

/** @param {string} root @param {string[]} args */
function git(root, ...args) {
  try {
    return execFileSync('git', args, {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return undefined;
  }
}

/** Whether the history here reaches back to the last release. @param {string} root */
export const hasHistory = (root) => git(root, 'rev-parse', '--is-shallow-repository') === 'false';

/**
 * The last release of a package: the last commit that changed its version, if `changeset version` made it, which
 * shows in the changelog.
 * @param {string} root @param {string} name
 * @returns {{ version: string, read: (path: string) => string | undefined } | undefined} undefined: none so far
 */
export function lastRelease(root, name) {
  const folder = `packages/${name}`;
  const commit = git(root, 'log', '-1', '--format=%H', '-G"version":', '--', `${folder}/package.json`);
  const read = (/** @type {string} */ path) => git(root, 'show', `${commit}:${folder}/${path}`);
  const manifest = commit && read('package.json');
  if (!manifest) return undefined;
  const { version } = JSON.parse(manifest);
  const logged = read('CHANGELOG.md')?.split('\n').includes(`## ${version}`);
  return logged ? { version, read } : undefined;
}

/**
 * The highest bump that changesets announce for each package.
 * @param {string} root
 * @returns {Map<string, Bump>}
 */
export function pendingBumps(root) {
  const folder = join(root, '.changeset');
  /** @type {Map<string, Bump>} */
  const bumps = new Map();
  for (const file of readdirSync(folder)) {
    if (!file.endsWith('.md') || file === 'README.md') continue;
    const [, matter = ''] = /^---\n([\s\S]*?)\n---/.exec(readFileSync(join(folder, file), 'utf8')) ?? [];
    for (const [, name = '', bump] of matter.matchAll(
      /^['"]?(@x\/[\w-]+)['"]?: *(patch|minor|major)\s*$/gm,
    )) {
      bumps.set(name, higher(bumps.get(name), /** @type {Bump} */ (bump)));
    }
  }
  return bumps;
}

/** @param {Bump | undefined} a @param {Bump} b @returns {Bump} */
export const higher = (a, b) => (a !== undefined && ORDER.indexOf(a) >= ORDER.indexOf(b) ? a : b);

/**
 * What is missing, or undefined if the announced bump is enough. Before 1.0.0 a caret range already refuses the next
 * minor, so that a minor bump may break.
 * @param {string} version the released one
 * @param {readonly import('./api-compare.mjs').Change[]} changes
 * @param {Bump | undefined} announced
 * @returns {Bump | undefined}
 */
export function missingBump(version, changes, announced) {
  /** @type {Bump | undefined} */
  let needed;
  for (const { bump } of changes) needed = higher(needed, bump);
  if (needed === 'major' && version.startsWith('0.')) needed = 'minor';
  if (needed === undefined || needed === 'patch') return undefined;
  return higher(announced, needed) === announced ? undefined : needed;
}
