/**
 * One site: some entry points of one program, and the pages beside them. What the entry points of a package are stands in
 * the exports of its package.json, so packages have no typedoc.json.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import {
  Application,
  Comment,
  CommentTag,
  Converter,
  IndexEvent,
  MinimalSourceFile,
  RendererEvent,
  normalizePath,
} from 'typedoc';
import { PUBLIC } from '../package-map.mjs';
import { ROOT } from '../run-step.mjs';
import { manifestOf } from './pages.mjs';
import { HUB, addressesOf, symbolKey } from './site-links.mjs';

/** @typedef {{ package: string, name: string, file: string }} Entry */

/** What a package lets others import: `./dist/seam.js` of its exports is `src/seam.ts`. @param {string} name @returns {Entry[]} */
export function entriesOf(name) {
  const manifest = /** @type {{ exports: Record<string, string | { default: string }> }} */ (
    /** @type {unknown} */ (manifestOf(name))
  );
  return Object.entries(manifest.exports).flatMap(([path, target]) => {
    if (typeof target === 'string') return [];
    const source = target.default.replace('./dist/', 'src/').replace(/\.js$/, '.ts');
    const file = normalizePath(join(ROOT, 'packages', name, source));
    if (!existsSync(file)) throw new Error(`@x/${name} exports ${path}, but ${source} does not exist.`);
    return [{ package: name, name: `@x/${name}${path.slice(1)}`, file }];
  });
}

/** One program over all packages, in which `@x/lock` means its source, so that links lead from package to package. */
export function createProgram() {
  const path = join(ROOT, 'packages/tooling/tsconfig.base.json');
  const { config, error } = ts.readConfigFile(path, (file) => readFileSync(file, 'utf8'));
  if (error) throw new Error(`${path} cannot be read`);
  const entries = PUBLIC.flatMap(entriesOf);
  config.compilerOptions.paths = Object.fromEntries(entries.map(({ name, file }) => [name, [file]]));
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, join(ROOT, 'packages/tooling'));
  return ts.createProgram(
    entries.map(({ file }) => file),
    options,
  );
}

/**
 * @typedef {object} SiteOptions
 * @property {string} title
 * @property {string} out
 * @property {ts.Program} program
 * @property {Entry[]} entries
 * @property {string} index Markdown of the first page
 * @property {string[]} documents Markdown of further pages
 * @property {Map<string, string>} [readmes] Markdown of the page of a package
 * @property {import('./site-links.mjs').Addresses} [elsewhere] where the hub has what this site does not
 * @property {Record<string, string>} navigation links at the top
 * @property {string} packageDir whose version is shown beside the title, and whose exports must be complete
 */

/**
 * Converts and renders a site.
 * @param {SiteOptions} site
 */
export async function buildSite(site) {
  const app = await Application.bootstrapWithPlugins({
    options: join(ROOT, 'packages/tooling/typedoc.json'),
    name: site.title,
    readme: site.index,
    projectDocuments: site.documents,
    navigationLinks: site.navigation,
    entryPoints: site.entries.map(({ file }) => file),
    tsconfig: join(ROOT, 'packages/tooling/tsconfig.base.json'),
    // Names of files are no links.
    markdownItLoader: (/** @type {{ linkify: { set(options: object): void } }} */ parser) =>
      parser.linkify.set({ fuzzyLink: false }),
    alwaysCreateEntryPointModule: site.entries.length > 1,
  });
  app.options.packageDir = site.packageDir;
  const { elsewhere, readmes } = site;
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const entry of site.entries) {
      const module = project.children?.find(({ name }) => name === entry.name);
      if (!module) continue;
      module.comment ??= new Comment();
      module.comment.blockTags.push(new CommentTag('@group', [{ kind: 'text', text: 'Packages' }]));
      const text = entry.name === `@x/${entry.package}` && readmes?.get(entry.package);
      if (text)
        module.readme = app.converter.parseRawComment(
          new MinimalSourceFile(text, normalizePath(site.index)),
          project.files,
        ).content;
    }
  });
  if (elsewhere) {
    app.converter.addUnknownSymbolResolver((reference, _owner, _part, id) => {
      const name = reference.symbolReference?.path?.map(({ path }) => path).join('.') ?? '';
      const url = (id && elsewhere.symbols.get(symbolKey(id))) ?? elsewhere.names.get(name);
      return url ? HUB + url : undefined;
    });
  }
  const project = app.converter.convert(
    site.entries.map(({ name, file }) => {
      const sourceFile = site.program.getSourceFile(file);
      if (!sourceFile) throw new Error(`${file} is not part of the program`);
      return { displayName: name, program: site.program, sourceFile };
    }),
  );
  app.validate(project);
  // What is exported a second time is found once, where it comes from.
  app.renderer.on(IndexEvent.PREPARE_INDEX, (event) => {
    for (let index = event.searchResults.length - 1; index >= 0; index--) {
      if (event.searchResults[index]?.isReference()) event.removeResult(index);
    }
  });
  /** @type {import('./site-links.mjs').Addresses | undefined} */
  let addresses;
  /** @type {Map<number, string>} */
  const documentUrls = new Map();
  app.renderer.on(RendererEvent.END, () => {
    // Only while it renders has it a router.
    const { router } = app.renderer;
    if (!router) return;
    addresses = addressesOf(project, router);
    for (const page of project.documents ?? []) documentUrls.set(page.id, router.getFullUrl(page));
  });
  await app.generateDocs(project, site.out);
  if (!addresses) throw new Error(`${site.title} was not rendered`);
  return { project, addresses, documentUrls, ok: !app.logger.hasErrors() && !app.logger.hasWarnings() };
}
