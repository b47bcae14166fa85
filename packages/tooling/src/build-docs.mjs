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

/** @param {string} title @param {string[]} args @param {string} cwd */
async function typedoc(title, args, cwd) {
  const { status, output } = await runStep('typedoc', args, { cwd, timeout: 120_000 });
  if (status !== 0) failed.push(title);
  console.log(`${title}: ${status === 0 ? 'ok' : `failed\n${output}`}`);
}

async function work() {
  for (let name = queue.shift(); name; name = queue.shift()) {
    await typedoc(name, ['--json', join(CACHE, `${name}.json`)], join(ROOT, 'packages', name));
  }
}

await Promise.all([work(), work()]);
// The hub merges what the packages came to.
if (!failed.length) await typedoc('hub', ['--options', 'packages/tooling/typedoc.hub.json'], ROOT);
process.exitCode = failed.length ? 1 : 0;
