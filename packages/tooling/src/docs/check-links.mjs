/**
 * Checks the links of a built site, anchors included. Nothing is fetched: a link inside the site must lead to a file and an
 * element that are there, one that leaves it to a host that the documentation is known to link to.
 */
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';

/**
 * @typedef {object} LinkReport
 * @property {string[]} broken one line each
 * @property {number} pages
 * @property {number} links
 * @property {Set<string>} hosts that links lead to
 */

/** Attributes that make a browser load or follow something. */
const LINK = /\s(href|src|srcset|poster|action|data)="([^"]*)"/g;
const ANCHOR = /\s(?:id|name)="([^"]*)"/g;

/** @param {string} text what stands in an attribute */
const unescape = (text) =>
  text
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');

/** Without what only shows links, but is none. @param {string} html */
const markup = (html) => html.replace(/<!--[\s\S]*?-->|<script>[\s\S]*?<\/script>/g, '');

/** @param {string} folder @returns {string[]} */
const pagesBelow = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.html'))
    .map((entry) => join(entry.parentPath, entry.name));

/**
 * @param {string} root folder of the site
 * @param {ReadonlySet<string>} allowedHosts
 * @returns {LinkReport}
 */
export function checkLinks(root, allowedHosts) {
  /** @type {Map<string, Set<string>>} */
  const anchors = new Map();
  /** @param {string} file */
  const anchorsOf = (file) => {
    let known = anchors.get(file);
    if (!known) {
      known = new Set(
        [...markup(readFileSync(file, 'utf8')).matchAll(ANCHOR)].map(([, id]) => unescape(id ?? '')),
      );
      anchors.set(file, known);
    }
    return known;
  };

  /** What is wrong with a link, if anything. @param {string} page @param {string} link @returns {string | undefined} */
  const fault = (page, link) => {
    const [path = '', anchor = ''] = link.split('#');
    const file = path === '' ? page : resolve(dirname(page), decodeURIComponent(path.split('?')[0] ?? ''));
    if (relative(root, file).split(sep)[0] === '..') return 'leads out of the site';
    if (!existsSync(file)) return 'leads to a page that does not exist';
    if (statSync(file).isDirectory()) return 'leads to a folder; name its index.html';
    if (!anchor || anchor === 'top') return undefined;
    return /\.(html|svg)$/.test(file) && anchorsOf(file).has(decodeURIComponent(anchor))
      ? undefined
      : 'leads to an anchor that does not exist';
  };

  /** @type {LinkReport} */
  const report = { broken: [], pages: 0, links: 0, hosts: new Set() };
  for (const page of pagesBelow(root)) {
    report.pages++;
    for (const [, attribute, value = ''] of markup(readFileSync(page, 'utf8')).matchAll(LINK)) {
      const link = unescape(value);
      report.links++;
      const wrong = /^(?:[a-z]+:|\/\/)/i.test(link) ? external(attribute ?? '', link) : fault(page, link);
      if (wrong) report.broken.push(`${relative(root, page)}: ${link} ${wrong}`);
    }
  }
  return report;

  /** @param {string} attribute @param {string} link */
  function external(attribute, link) {
    const url = new URL(link, 'https://relative.invalid');
    report.hosts.add(url.host);
    if (attribute !== 'href') return 'is loaded from elsewhere; put the file into the site';
    if (!/^https?:$/.test(url.protocol)) return `has the scheme ${url.protocol}`;
    return allowedHosts.has(url.host) ? undefined : 'leads to a host that is not on the list';
  }
}
