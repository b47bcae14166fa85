/**
 * Builds a documentation site for each package (`docs/site/<package>`) and one hub over them (`docs/site`).
 * An export without a docstring, or a link that leads nowhere, fails it.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { PUBLIC } from './package-map.mjs';
import { ROOT, runStep } from './run-step.mjs';

const CACHE = join(ROOT, 'node_modules', '.cache', 'typedoc');

rmSync(join(ROOT, 'docs', 'site'), { recursive: true, force: true });
rmSync(CACHE, { recursive: true, force: true });
mkdirSync(CACHE, { recursive: true });

const queue = [...PUBLIC];
/** @type {string[]} */
const failed = [];

/** @param {string} title @param {string[]} args */
async function typedoc(title, args) {
  const { status, output } = await runStep('typedoc', args, { timeout: 120_000 });
  if (status !== 0) failed.push(title);
  console.log(`${title}: ${status === 0 ? 'ok' : `failed\n${output}`}`);
}

async function work() {
  for (let name = queue.shift(); name; name = queue.shift()) {
    // From the root, since the paths in the JSON are relative to where typedoc runs, and the hub runs there.
    const folder = `packages/${name}`;
    const config = ['--options', folder, '--tsconfig', `${folder}/tsconfig.json`];
    await typedoc(name, [...config, '--json', join(CACHE, `${name}.json`)]);
  }
}

await Promise.all([work(), work()]);
// The hub merges what the packages came to.
if (!failed.length) await typedoc('hub', ['--options', 'packages/tooling/typedoc.hub.json']);
process.exitCode = failed.length ? 1 : 0;
