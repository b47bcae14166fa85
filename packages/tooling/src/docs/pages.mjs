/**
 * The Markdown that the sites are made of: guides, READMEs and changelogs as they stand in the repository, with links that
 * lead to pages of the site instead of files, and a title where TypeDoc looks for it.
 */
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, posix, relative, resolve, sep } from 'node:path';
import { PUBLIC } from '../package-map.mjs';
import { ROOT } from '../run-step.mjs';
import { HUB, NAME, linkNames } from './site-links.mjs';

/** Files that are no page of a site are shown by the repository's host. */
export const REPOSITORY = 'https://github.com/x-threading/threading/blob/main/';

/** Order of the guides in the navigation; one that is not named here comes last. */
const ORDER = [
  'python-to-typescript',
  'choosing',
  'blocking-or-async',
  'what-travels',
  'targets-and-bundlers',
  'cancelling-and-dying',
  'performance',
  'own-primitive',
  'algorithms',
];

/** @typedef {{ source: string, slug: string, title: string, text: string }} Page a Markdown file of the repository */

/** Relative links to files that do not exist, met while pages were written. @type {Set<string>} */
export const brokenLinks = new Set();

/** @param {string} path from the root of the repository @returns {Page} */
function readPage(path) {
  const text = readFileSync(join(ROOT, path), 'utf8');
  const title = /^# (.+)$/m.exec(text)?.[1];
  if (!title) throw new Error(`${path} has no title. Begin it with a line "# Title".`);
  return { source: path, slug: posix.basename(path, '.md'), title, text: text.replace(/^# .+\n+/m, '') };
}

/** All guides, and the pages that stand beside them. @returns {Page[]} */
export function guidePages() {
  const place = (/** @type {string} */ name) => (ORDER.includes(name) ? ORDER.indexOf(name) : ORDER.length);
  const guides = readdirSync(join(ROOT, 'docs/guides'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => name.slice(0, -3))
    .sort((a, b) => place(a) - place(b) || a.localeCompare(b))
    .map((name) => `docs/guides/${name}.md`);
  const others = ['docs/python-parity.md', 'docs/benchmarks.md', 'ARCHITECTURE.md'];
  return [...guides, ...others.filter((path) => existsSync(join(ROOT, path)))].map(readPage);
}

/** @param {string} name @returns {{ name: string, version: string, description: string }} */
export function manifestOf(name) {
  return JSON.parse(readFileSync(join(ROOT, 'packages', name, 'package.json'), 'utf8'));
}

/**
 * What has changed in a package: its changelog, and above it what is written down for the next release.
 * @param {string} name
 */
export function changelogOf(name) {
  const folder = join(ROOT, '.changeset');
  const pending = readdirSync(folder)
    .filter((file) => file.endsWith('.md') && file !== 'README.md')
    .sort()
    .flatMap((file) => {
      const [, front = '', body = ''] =
        /^---\n([\s\S]*?)---\n([\s\S]*)$/.exec(readFileSync(join(folder, file), 'utf8')) ?? [];
      return front.includes(`@x/${name}'`) || front.includes(`@x/${name}"`) ? [body.trim()] : [];
    });
  const file = join(ROOT, 'packages', name, 'CHANGELOG.md');
  const released = existsSync(file) ? readFileSync(file, 'utf8').replace(/^# .*\n+/, '') : '';
  const next = pending.length ? `## Next release\n\n${pending.join('\n\n')}\n\n` : '';
  return next + released || 'Nothing has changed yet.\n';
}

/**
 * Makes relative links lead where the site has the page: a page by its name, a package, or else the file in the repository.
 * @param {Page} page
 * @param {(target: string) => string | undefined} find the address for a path from the root of the repository
 */
export function rewriteLinks(page, find) {
  const from = dirname(join(ROOT, page.source));
  return page.text.replace(/\]\((?!https?:|#)([^)#\s]+)(#[^)\s]*)?\)/g, (_, path, anchor = '') => {
    const file = resolve(from, path);
    const target = relative(ROOT, file).split(sep).join('/');
    if (!existsSync(file)) {
      brokenLinks.add(`${page.source} links to ${path}, which does not exist. Correct the link.`);
      return '](#)';
    }
    const found = find(target);
    if (found) return `](${found}${anchor})`;
    const kind = statSync(file).isDirectory() ? REPOSITORY.replace('/blob/', '/tree/') : REPOSITORY;
    return `](${kind}${target}${anchor})`;
  });
}

/** The package that a path stands for: its folder or its README. @param {string} target */
const packageAt = (target) => {
  const name = /^packages\/([a-z]+)(?:\/(?:README\.md)?)?$/.exec(target)?.[1];
  return name && PUBLIC.includes(name) ? name : undefined;
};

/**
 * Where a page in `folder` finds an image, of which TypeDoc then puts a copy into the site.
 * @param {string} folder @param {string} target
 */
const imageAt = (folder, target) =>
  /\.(svg|png)$/.test(target) ? relative(folder, join(ROOT, target)).split(sep).join('/') : undefined;

/**
 * Fences as TypeDoc understands them: what names no language is a drawing or output, not TypeScript.
 * @param {string} text
 */
const withLanguages = (text) =>
  text.replace(
    /^```(\S*).*\n([\s\S]*?)^```$/gm,
    (_, language, code) => `\`\`\`${language || 'text'}\n${code}\`\`\``,
  );

/** @param {string} title @param {string} group @param {string} text */
const withFront = (title, group, text) =>
  `---\ntitle: ${JSON.stringify(title)}\ngroup: ${group}\n---\n\n${withLanguages(text)}`;

/** @param {string} name */
const changelogFile = (name) => `changelog-${name}.md`;

/**
 * Writes the pages of the hub.
 * @param {string} folder where they go
 * @returns {{ index: string, documents: string[], readmes: Map<string, string> }} paths of its first page and its documents; READMEs by package
 */
export function writeHubPages(folder) {
  mkdirSync(folder, { recursive: true });
  const guides = guidePages();
  const slugs = new Map(guides.map(({ source, slug }) => [source, `${slug}.md`]));
  const find = (/** @type {string} */ target) => {
    const name = packageAt(target);
    return slugs.get(target) ?? (name ? `${NAME}@x/${name}` : imageAt(folder, target));
  };
  const written = guides.map((page) => {
    const file = join(folder, `${page.slug}.md`);
    writeFileSync(file, withFront(page.title, 'Guides', linkNames(rewriteLinks(page, find))));
    return file;
  });
  const readmes = new Map();
  for (const name of PUBLIC) {
    const { version } = manifestOf(name);
    const file = join(folder, changelogFile(name));
    writeFileSync(file, withFront(`@x/${name} changelog`, 'Changelogs', changelogOf(name)));
    written.push(file);
    const page = readPage(`packages/${name}/README.md`);
    const facts = `Version ${version} · [Changelog](${changelogFile(name)}) · [This package's own site](${HUB}${name}/index.html)`;
    readmes.set(name, `${facts}\n\n${withLanguages(linkNames(rewriteLinks(page, find)))}`);
  }
  const index = join(folder, 'index.md');
  writeFileSync(index, hubIndex(guides, find));
  return { index, documents: written, readmes };
}

/** @param {Page[]} guides @param {(target: string) => string | undefined} find */
function hubIndex(guides, find) {
  const page = readPage('README.md');
  const rows = PUBLIC.toReversed().map((name) => {
    const { version, description } = manifestOf(name);
    const site = `[site](${HUB}${name}/index.html)`;
    return `| [\`@x/${name}\`](${NAME}@x/${name}) | [${version}](${changelogFile(name)}) | ${description} | ${site} |`;
  });
  const table = ['| package | version | what is in it | alone |', '| --- | --- | --- | --- |', ...rows].join(
    '\n',
  );
  const list = guides.map(({ slug, title }) => `- [${title}](${slug}.md)`).join('\n');
  const text = rewriteLinks(page, find);
  const program = /^## A first program\n[\s\S]*?(?=^## )/m.exec(text)?.[0] ?? '';
  const promise = text.split('\n')[0] ?? '';
  return `${promise}\n\n## Packages\n\n${table}\n\n## Guides\n\n${list}\n\n${program}`;
}

/**
 * Writes the pages of one package's site.
 * @param {string} folder @param {string} name
 * @param {Map<string, string>} guideUrls where the hub has its guides, by source
 */
export function writePackagePages(folder, name, guideUrls) {
  mkdirSync(folder, { recursive: true });
  const page = readPage(`packages/${name}/README.md`);
  const find = (/** @type {string} */ target) => {
    const url = guideUrls.get(target);
    const other = packageAt(target);
    return url ? HUB + url : other ? `${NAME}@x/${other}` : imageAt(folder, target);
  };
  const index = join(folder, 'index.md');
  const changelog = join(folder, 'changelog.md');
  const { version } = manifestOf(name);
  const facts = `Version ${version} · [Changelog](changelog.md) · [All packages and guides](${HUB}index.html)`;
  writeFileSync(index, `${facts}\n\n${withLanguages(linkNames(rewriteLinks(page, find)))}`);
  writeFileSync(changelog, withFront(`Changelog`, 'Changelog', changelogOf(name)));
  return { index, documents: [changelog] };
}
