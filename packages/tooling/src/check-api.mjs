/**
 * Keeps `packages/NAME/api.md` and `packages/NAME/layout.json`, which say what users of a package and other versions
 * of it rely on, and the table of kinds in ARCHITECTURE.md. With `--write` it refreshes the reports. Without, it fails when these do not match the sources, and when
 * they differ from the last release in a way that no changeset announces.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compareReports } from './api/api-compare.mjs';
import { apiReport } from './api/api-report.mjs';
import { checkKindTable } from './api/kind-table.mjs';
import { compareLayouts } from './api/layout-compare.mjs';
import { layoutReport } from './api/layout-report.mjs';
import { hasHistory, lastRelease, missingBump, pendingBumps } from './api/released.mjs';
import { readSources } from './api/sources.mjs';
import { PUBLIC } from './package-map.mjs';

const EMPTY_LAYOUT = '{ "kinds": {}, "files": {} }';

/**
 * @typedef {object} Reports
 * @property {string} api text of `api.md`
 * @property {string} layout text of `layout.json`
 */

/** @param {string} root @param {readonly string[]} packages @returns {Map<string, Reports>} */
export function makeReports(root, packages) {
  const sources = readSources(root, packages);
  return new Map(
    packages.map((name) => [
      name,
      {
        api: apiReport(sources, name),
        layout: `${JSON.stringify(layoutReport(sources, name), null, 2)}\n`,
      },
    ]),
  );
}

/**
 * What of the kept reports does not match the sources, a line each.
 * @param {string} root @param {Map<string, Reports>} reports
 */
export function staleReports(root, reports) {
  return [...reports].flatMap(([name, { api, layout }]) =>
    [
      ['api.md', api],
      ['layout.json', layout],
    ].flatMap(([file = '', text]) => {
      const path = join(root, 'packages', name, file);
      if (existsSync(path) && readFileSync(path, 'utf8') === text) return [];
      return [`packages/${name}/${file} does not match the sources; run \`pnpm run api\` and commit it`];
    }),
  );
}

/**
 * What changed since the last release without a fitting changeset, a paragraph each.
 * @param {string} root @param {Map<string, Reports>} reports
 */
export function unannounced(root, reports) {
  const pending = pendingBumps(root);
  return [...reports].flatMap(([name, { api, layout }]) => {
    const release = lastRelease(root, name);
    const oldApi = release?.read('api.md');
    if (!release || oldApi === undefined) return [];
    // git drops nothing of the text but the line end at its end.
    const changes = compareReports(`${oldApi}\n`, api);
    const layouts = compareLayouts(
      JSON.parse(release.read('layout.json') ?? EMPTY_LAYOUT),
      JSON.parse(layout),
    );
    const announced = pending.get(`@x/${name}`);
    const all = [...changes, ...layouts.changes];
    const missing = missingBump(release.version, all, announced);
    const problems = layouts.errors.map((error) => `@x/${name}: ${error}`);
    if (missing) {
      const list = all
        .filter(({ bump }) => missing !== 'major' || bump === 'major')
        .map(({ what }) => `  ${what}`);
      const so = announced ? `, not only a ${announced} one` : '';
      problems.push(
        `@x/${name} needs a changeset with a ${missing} bump${so}; since ${release.version}:\n${list.join('\n')}\n` +
          `  Write it with \`pnpm run changeset\`, or undo the change.`,
      );
    }
    return problems;
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = fileURLToPath(new URL('../../..', import.meta.url)).replace(/[\\/]$/, '');
  const reports = makeReports(root, PUBLIC);
  if (process.argv.includes('--write')) {
    const stale = staleReports(root, reports).length;
    for (const [name, { api, layout }] of reports) {
      writeFileSync(join(root, 'packages', name, 'api.md'), api);
      writeFileSync(join(root, 'packages', name, 'layout.json'), layout);
    }
    console.log(`${stale} of ${reports.size * 2} reports changed`);
  } else {
    const problems = staleReports(root, reports);
    const kinds = [...reports].map(
      ([name, { layout }]) => /** @type {const} */ ([name, JSON.parse(layout).kinds]),
    );
    problems.push(...checkKindTable(readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8'), new Map(kinds)));
    if (hasHistory(root)) problems.push(...unannounced(root, reports));
    else console.log('No whole git history here: not compared with the last release.');
    for (const problem of problems) console.error(problem);
    console.log(problems.length ? `api: ${problems.length} problems` : 'api: as announced');
    process.exitCode = problems.length ? 1 : 0;
  }
}
