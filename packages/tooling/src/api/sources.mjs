/** One TypeScript program over the sources of all public packages, in which `@x/NAME` means its sources. */
import { existsSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

/**
 * @typedef {object} Sources
 * @property {string} root where `packages` is
 * @property {ts.Program} program
 * @property {ts.TypeChecker} checker
 * @property {Map<string, { specifier: string, file: string }[]>} entries what users import, by package
 */

/**
 * @param {string} root
 * @param {readonly string[]} packages
 * @returns {Sources}
 */
export function readSources(root, packages) {
  const entries = new Map(packages.map((name) => [name, entriesOf(root, name)]));
  const base = fileURLToPath(new URL('../../tsconfig.base.json', import.meta.url));
  const config = ts.readConfigFile(base, (path) => readFileSync(path, 'utf8'));
  const { options } = ts.convertCompilerOptionsFromJson(config.config.compilerOptions, root);
  const all = [...entries.values()].flat();
  const program = ts.createProgram({
    rootNames: all.map(({ file }) => file),
    options: {
      ...options,
      allowImportingTsExtensions: true,
      paths: Object.fromEntries(all.map(({ specifier, file }) => [specifier, [file]])),
    },
  });
  return { root, program, checker: program.getTypeChecker(), entries };
}

/** The sources behind `exports`. @param {string} root @param {string} name */
function entriesOf(root, name) {
  const manifest = JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8'));
  return Object.entries(manifest.exports).flatMap(([path, target]) => {
    const types = typeof target === 'object' ? /** @type {{ types?: string }} */ (target).types : undefined;
    if (types === undefined) return [];
    const file = join(root, 'packages', name, types.replace('dist/', 'src/').replace(/\.d\.ts$/, '.ts'));
    if (!existsSync(file)) throw new Error(`packages/${name}: exports ${path}, but there is no ${file}`);
    return [{ specifier: `@x/${name}${path.slice(1)}`, file }];
  });
}

/**
 * The package that a file belongs to, and its path below `src`; undefined for a file of nobody here.
 * @param {string} root @param {string} file
 */
export function placeOf(root, file) {
  const [packages, name, src, ...path] = relative(root, file).split(sep);
  return packages === 'packages' && name && src === 'src' ? { name, path: path.join('/') } : undefined;
}

/** Whether `@internal` keeps a declaration out of what users can rely on. @param {ts.Node} node */
export const isInternal = (node) => ts.getJSDocTags(node).some(({ tagName }) => tagName.text === 'internal');
