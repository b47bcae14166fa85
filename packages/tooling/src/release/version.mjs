/**
 * Turns the changesets into versions and changelogs: `changeset version`, then what it leaves undone. Arguments are
 * passed on to it.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PUBLIC } from '../package-map.mjs';
import { ROOT, runStep } from '../run-step.mjs';

const NOTHING =
  'Nothing changed in this package: it moves together with its siblings, whose memory it shares.';

/**
 * Says so where a version brings nothing of its own, since an empty section looks like a mistake.
 * @param {string} changelog
 */
export const fillEmptySections = (changelog) =>
  changelog.replace(/^(## \S+)\n\s*(?=^## |(?![\s\S]))/gm, `$1\n\n${NOTHING}\n\n`).replace(/\n+$/, '\n');

/** Fills the changelogs of the packages at `root`. @param {string} root */
export function finishChangelogs(root) {
  for (const name of PUBLIC) {
    const path = join(root, 'packages', name, 'CHANGELOG.md');
    if (existsSync(path)) writeFileSync(path, fillEmptySections(readFileSync(path, 'utf8')));
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const steps = [
    ['changeset', 'version', ...process.argv.slice(2)],
    ['pnpm', 'install', '--lockfile-only'],
    ['prettier', '--write', '--log-level', 'warn', 'packages/*/package.json'],
  ];
  for (const [command = '', ...args] of steps) {
    const { status } = await runStep(command, args, { live: true });
    if (status !== 0) process.exit(status);
  }
  finishChangelogs(ROOT);
}
