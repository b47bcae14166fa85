/** Every link of the built site, anchors included. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { checkLinks } from '../src/docs/check-links.mjs';
import { PUBLIC } from '../src/package-map.mjs';
import { ROOT } from '../src/run-step.mjs';

const SITE = join(ROOT, 'docs', 'site');

/** What the documentation links to. None of it is fetched. */
const HOSTS = new Set(['docs.python.org', 'github.com', 'www.npmjs.com', 'v8.dev', 'developer.mozilla.org']);

beforeAll(() => {
  if (!existsSync(join(SITE, 'index.html')))
    throw new Error('docs/site is not built; run `pnpm run docs` first');
});

test('every link and anchor of the built site leads somewhere', () => {
  const { broken, pages, links } = checkLinks(SITE, HOSTS);
  expect(broken).toEqual([]);
  // Were the pages not found, nothing would be broken either.
  expect(pages).toBeGreaterThan(300);
  expect(links).toBeGreaterThan(10_000);
});

test.each(PUBLIC)('the site of %s has all that it shows, and leaves itself only for the hub', (name) => {
  const { broken } = checkLinks(join(SITE, name), HOSTS);
  expect(broken.filter((line) => !line.endsWith('leads out of the site'))).toEqual([]);
  expect(readdirSync(join(SITE, name, 'assets'))).toEqual(expect.arrayContaining(['search.js', 'style.css']));
});
