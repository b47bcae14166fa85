/**
 * Checks that sources and manifests follow the package map.
 *
 * 1. The map is a DAG, written bottom-up.
 * 2. A package lists and imports only packages that the map allows, and imports only what it lists.
 * 3. No import leaves its package by a relative path, and no files of a package import each other in a circle.
 * 4. Of what is published, only `core/src/runtime` asks which runtime it is on.
 * 5. Nothing but what `TOP_LEVEL` names stands at the top of the repository.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { PACKAGE_MAP, PRIVATE, RUNTIME_FOLDER, TOP_LEVEL } from './package-map.mjs';

/**
 * @typedef {object} Manifest
 * @property {string} name
 * @property {Record<string, string>} [dependencies]
 * @property {Record<string, string>} [peerDependencies]
 * @property {Record<string, string>} [devDependencies]
 *
 * @typedef {object} Source what one file asks for
 * @property {{ specifier: string, typeOnly: boolean }[]} imports
 * @property {string[]} runtimeQuestions
 */

/**
 * Every violation in the repository at `root`, one line each; none is an empty list.
 * @param {string} root
 * @param {Record<string, readonly string[]>} [map]
 * @returns {string[]}
 */
export function checkMap(root, map = PACKAGE_MAP) {
  const packages = readdirSync(join(root, 'packages'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(root, 'packages', entry.name, 'package.json')))
    .map((entry) => entry.name);
  return [
    ...checkOrder(map),
    ...packages.flatMap((name) => checkPackage(root, name, map[name])),
    ...checkTopLevel(root),
  ];
}

/** @param {Record<string, readonly string[]>} map */
function checkOrder(map) {
  const lower = new Set();
  return Object.entries(map).flatMap(([name, dependencies]) => {
    const wrong = dependencies.filter((dependency) => !lower.has(dependency));
    lower.add(name);
    return wrong.map((dependency) => `map: ${name} may not depend on ${dependency}, which is not below it`);
  });
}

/**
 * @param {string} root
 * @param {string} name
 * @param {readonly string[] | undefined} allowed
 */
function checkPackage(root, name, allowed) {
  if (!allowed) return [`packages/${name}: not in the package map`];
  const folder = join(root, 'packages', name);
  const manifest = /** @type {Manifest} */ (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')));
  const isPrivate = PRIVATE.includes(name);
  const listed = Object.keys({
    ...manifest.dependencies,
    ...manifest.peerDependencies,
    // Nobody installs it, so nobody misses what only its authors have.
    ...(isPrivate ? manifest.devDependencies : {}),
  });
  const violations = listed
    .filter((dependency) => dependency.startsWith('@x/') && !allowed.includes(dependency.slice(3)))
    .map((dependency) => `packages/${name}/package.json: lists ${dependency}, which the map does not allow`);
  if (manifest.name !== `@x/${name}`)
    violations.push(`packages/${name}/package.json: is named ${manifest.name}`);

  /** @type {Map<string, string[]>} */
  const graph = new Map();
  for (const file of sourceFiles(join(folder, 'src'))) {
    const where = relative(root, file).split(sep).join('/');
    const source = readSource(file);
    const local = [];
    for (const { specifier, typeOnly } of source.imports) {
      if (specifier.startsWith('.')) {
        const target = resolveLocal(file, specifier);
        if (!target.startsWith(folder + sep)) violations.push(`${where}: ${specifier} leaves the package`);
        // Imports of types are erased, so a circle through one cannot be seen at run time.
        else if (!typeOnly) local.push(target);
      } else {
        violations.push(...checkBare(where, name, specifier, allowed, listed));
      }
    }
    graph.set(file, local);
    if (!where.startsWith(RUNTIME_FOLDER) && !isPrivate) {
      for (const question of source.runtimeQuestions) {
        violations.push(`${where}: ${question} asks for the runtime, which only ${RUNTIME_FOLDER} may do`);
      }
    }
  }
  for (const circle of circles(graph)) {
    violations.push(
      `packages/${name}: circle of ${circle.map((file) => relative(folder, file)).join(' → ')}`,
    );
  }
  return violations;
}

/**
 * @param {string} where
 * @param {string} name
 * @param {string} specifier
 * @param {readonly string[]} allowed
 * @param {string[]} listed
 * @returns {string[]}
 */
function checkBare(where, name, specifier, allowed, listed) {
  if (specifier.startsWith('node:')) return [];
  if (builtinModules.includes(specifier)) return [`${where}: write node:${specifier}`];
  const dependency = specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
  if (dependency.startsWith('@x/') && !allowed.includes(dependency.slice(3))) {
    return [`${where}: imports ${specifier}, which the map does not allow to ${name}`];
  }
  if (!listed.includes(dependency)) {
    // The root lists the test runner once, for the one package that is made of test code.
    if (name === 'testkit' && dependency === 'vitest') return [];
    return [`${where}: imports ${specifier}, which package.json does not list`];
  }
  return [];
}

/** @param {string} file */
function readSource(file) {
  const tree = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, false);
  /** @type {Source} */
  const source = { imports: [], runtimeQuestions: [] };
  const visit = (/** @type {ts.Node} */ node) => {
    if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) {
      const typeOnly = node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword;
      source.imports.push({ specifier: node.moduleSpecifier.text, typeOnly });
    } else if (
      ts.isExportDeclaration(node) &&
      node.moduleSpecifier &&
      ts.isStringLiteral(node.moduleSpecifier)
    ) {
      source.imports.push({ specifier: node.moduleSpecifier.text, typeOnly: node.isTypeOnly });
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      const [argument] = node.arguments;
      if (argument && ts.isStringLiteral(argument))
        source.imports.push({ specifier: argument.text, typeOnly: false });
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      if (ts.isStringLiteral(node.argument.literal)) {
        source.imports.push({ specifier: node.argument.literal.text, typeOnly: true });
      }
    } else if (ts.isPropertyAccessExpression(node)) {
      const text = `${ts.isIdentifier(node.expression) ? node.expression.text : ''}.${node.name.text}`;
      if (text === 'process.versions' || /^(globalThis|self)\.(Deno|Bun)$/.test(text)) {
        source.runtimeQuestions.push(text);
      }
      if (/^(Deno|Bun)\./.test(text)) source.runtimeQuestions.push(text);
    } else if (ts.isTypeOfExpression(node) && ts.isIdentifier(node.expression)) {
      if (/^(Deno|Bun|process|window)$/.test(node.expression.text)) {
        source.runtimeQuestions.push(`typeof ${node.expression.text}`);
      }
    } else if (ts.isStringLiteral(node) && /^(Deno|Bun)$/.test(node.text)) {
      source.runtimeQuestions.push(`'${node.text}'`);
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return source;
}

/** @param {string} folder @returns {string[]} */
function sourceFiles(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sourceFiles(path);
    return /\.m?[tj]s$/.test(entry.name) ? [path] : [];
  });
}

/** @param {string} file @param {string} specifier */
function resolveLocal(file, specifier) {
  const path = resolve(dirname(file), specifier);
  const source = path.replace(/\.js$/, '.ts');
  return existsSync(source) ? source : path;
}

/** One representative of each circle in `graph`, by depth-first search. @param {Map<string, string[]>} graph */
function circles(graph) {
  /** @type {string[][]} */
  const found = [];
  const done = new Set();
  const visit = (/** @type {string} */ file, /** @type {string[]} */ path) => {
    const start = path.indexOf(file);
    if (start >= 0) {
      found.push([...path.slice(start), file]);
      return;
    }
    if (done.has(file)) return;
    for (const next of graph.get(file) ?? []) visit(next, [...path, file]);
    done.add(file);
  };
  for (const file of graph.keys()) visit(file, []);
  return found;
}

/** @param {string} root */
function checkTopLevel(root) {
  return readdirSync(root)
    .filter((name) => !name.startsWith('.') && name !== 'node_modules' && !TOP_LEVEL.includes(name))
    .map((name) => `${name}: does not belong at the top of the repository`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const violations = checkMap(fileURLToPath(new URL('../../..', import.meta.url)).replace(/[\\/]$/, ''));
  for (const violation of violations) console.error(violation);
  console.log(violations.length ? `package map: ${violations.length} violations` : 'package map: in order');
  process.exitCode = violations.length ? 1 : 0;
}
