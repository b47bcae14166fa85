/**
 * Builds a hub over all packages and the guides (`docs/site`), and a site for each package (`docs/site/<package>`), which
 * can be published without the others. Something public without a docstring or an example, or a link that leads
 * nowhere, fails it.
 *
 * Links from a package's site to the hub are relative, so that all can be published side by side under any address. A
 * package's site that is published elsewhere is built with `DOCS_URL=https://…/`, the address of the hub.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { bareProperties, missingExamples } from './docs/examples.mjs';
import { brokenLinks, guidePages, writeHubPages, writePackagePages } from './docs/pages.mjs';
import { buildSite, createProgram, entriesOf } from './docs/site.mjs';
import { HUB, settleLinks } from './docs/site-links.mjs';
import { PUBLIC } from './package-map.mjs';
import { ROOT } from './run-step.mjs';

const SITE = join(ROOT, 'docs', 'site');
const CACHE = join(ROOT, 'node_modules', '.cache', 'docs');
/** Whose own sites are built; all, if none is named. */
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !PUBLIC.includes(name));
if (unknown.length)
  throw new Error(`there is no public package ${unknown.join(', ')}; name folders such as lock`);
const hubUrl = process.env['DOCS_URL']?.replace(/\/?$/, '/');

for (const folder of [SITE, CACHE]) rmSync(folder, { recursive: true, force: true });

/** @type {string[]} */
const failed = [];
const program = createProgram();

const { index, documents, readmes } = writeHubPages(join(CACHE, 'hub'));
const hub = await buildSite({
  title: '@x/threading',
  out: SITE,
  program,
  entries: PUBLIC.flatMap(entriesOf),
  index,
  documents,
  readmes,
  navigation: { Guides: `${HUB}index.html#guides`, Packages: `${HUB}index.html#packages` },
  packageDir: join(ROOT, 'packages', 'threading'),
});
if (!hub.ok) failed.push('hub');
const bare = [
  ...missingExamples(hub.project).map((name) => `${name} has no @example`),
  ...bareProperties(hub.project).map((name) => `${name} has no docstring`),
];
if (bare.length) failed.push('docstrings');
for (const message of bare) console.log(message);
settleLinks(SITE, hub.addresses, hub.addresses, undefined, '');

const guideUrls = new Map(
  guidePages().flatMap(({ source, title }) => {
    const page = hub.project.documents?.find(({ name }) => name === title);
    const url = page && hub.documentUrls.get(page.id);
    return url ? [[source, url]] : [];
  }),
);
for (const name of wanted.length ? wanted : PUBLIC) {
  const out = join(SITE, name);
  const site = await buildSite({
    title: `@x/${name}`,
    out,
    program,
    entries: entriesOf(name),
    ...writePackagePages(join(CACHE, name), name, guideUrls),
    elsewhere: hub.addresses,
    navigation: { 'All packages': `${HUB}index.html`, Guides: `${HUB}index.html#guides` },
    packageDir: join(ROOT, 'packages', name),
  });
  if (!site.ok) failed.push(name);
  settleLinks(out, site.addresses, hub.addresses, hubUrl, '../');
}
if (brokenLinks.size) failed.push('links between pages');
for (const message of brokenLinks) console.log(message);
console.log(
  failed.length
    ? `failed: ${failed.join(', ')}`
    : `the hub and ${wanted.length || PUBLIC.length} packages: ok`,
);
process.exitCode = failed.length ? 1 : 0;
