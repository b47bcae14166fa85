/**
 * Links between sites. While pages are made nobody knows where another site will stand, or what the address of a page of
 * the hub will be, so such links are written to a host that does not exist and put right in the finished HTML.
 */
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { ReflectionKind } from 'typedoc';

/** Stands for the folder of the hub; `.invalid` can never be a real host. */
export const HUB = 'https://hub.invalid/';

/** Stands for the hub's page about a public name, or about a package: `NAME + '@x/lock'`. */
export const NAME = 'https://name.invalid/';

/**
 * Where the hub has what: by symbol, and by public name.
 * @typedef {{ symbols: Map<string, string>, names: Map<string, string> }} Addresses
 */

/** @param {import('typedoc').Models.ReflectionSymbolId} id */
export const symbolKey = (id) => `${id.packageName}/${id.packagePath}:${id.qualifiedName}`;

const NAMED = [
  ReflectionKind.Class,
  ReflectionKind.Function,
  ReflectionKind.Interface,
  ReflectionKind.TypeAlias,
];

/**
 * @param {import('typedoc').ProjectReflection} project
 * @param {import('typedoc').Router} router
 * @returns {Addresses}
 */
export function addressesOf(project, router) {
  /** @type {Addresses} */
  const addresses = { symbols: new Map(), names: new Map() };
  for (const reflection of Object.values(project.reflections)) {
    if (reflection.isReference() || !router.hasUrl(reflection)) continue;
    const url = router.getFullUrl(reflection);
    const id = project.getSymbolIdFromReflection(reflection);
    if (id && !addresses.symbols.has(symbolKey(id))) addresses.symbols.set(symbolKey(id), url);
    const { name, parent } = reflection;
    const isNamed =
      reflection.kindOf(NAMED) && parent?.kindOf([ReflectionKind.Module, ReflectionKind.Project]);
    /** @type {string | undefined} */
    let key;
    if (isNamed || reflection.kindOf(ReflectionKind.Module)) key = name;
    else if (parent?.kindOf(NAMED)) key = `${parent.name}.${name}`;
    if (key !== undefined && !addresses.names.has(key)) addresses.names.set(key, url);
  }
  return addresses;
}

/**
 * Makes inline code that names a package, a public name or a member of one a link to it: `@x/lock`, `Lock`, `Lock.acquire()`.
 * Code blocks, headings and what is a link already stay.
 * @param {string} markdown
 */
export function linkNames(markdown) {
  const kept = /^(```[\s\S]*?^```|#.*$)|\[[^\]]*\]\([^)]*\)|`(@x\/[a-z]+|([A-Z]\w+(?:\.\w+)?)(?:\(\))?)`/gm;
  return markdown.replace(kept, (whole, _block, code, name) =>
    code ? `[\`${code}\`](${NAME}${name ?? code})` : whole,
  );
}

/**
 * Puts the links of a finished site right.
 * @param {string} folder the site
 * @param {Addresses} own what the site has itself
 * @param {Addresses} addresses what the hub has
 * @param {string | undefined} hub the hub's address where it is fixed; else it is found from `folder` by `path`
 * @param {string} path from the site to the hub: `''` for the hub itself, `'../'` for a package
 */
export function settleLinks(folder, own, addresses, hub, path) {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !entry.name.endsWith('.html')) continue;
    const file = join(entry.parentPath, entry.name);
    const inside = relative(folder, file).split(sep).join('/');
    const up = '../'.repeat(inside.split('/').length - 1);
    const base = hub ?? (up + path || './');
    const html = readFileSync(file, 'utf8');
    // A name that the packages do not export is only code.
    const settled = html
      .replace(/<a href="https:\/\/name\.invalid\/([^"]*)"[^>]*>(.*?)<\/a>/g, (_, name, text) => {
        const here = own.names.get(decodeURIComponent(name));
        if (here) return `<a href="${up || './'}${here}">${text}</a>`;
        const url = addresses.names.get(decodeURIComponent(name));
        return url ? `<a href="${base}${url}">${text}</a>` : text;
      })
      .replace(/href="https:\/\/hub\.invalid\/([^"]*)"/g, (_, url) => `href="${base}${url}"`)
      .replace(
        /(<a href="(?!https?:)[^"]*"(?: class="[^"]*?)) ?\bexternal\b([^"]*") target="_blank"/g,
        '$1$2',
      );
    if (settled !== html) writeFileSync(file, settled);
  }
}
