/**
 * The layout report of a package: every number by which two threads, and so two versions of the package, agree on
 * what a word of shared memory means. Read from the sources, since most of these numbers are not exported:
 *
 * - each kind, that is an object with `kind`, `name`, `version` and `bytes`;
 * - the numeric constants in capitals of the file of the kind and of the package's files that it imports. Names in
 *   `_MS` and `SPINS` are habits of one thread, and no layout.
 *
 * A file of constants that carries a version of its own (`…_VERSION`, or `…_MAGIC`), or names words of memory, is
 * listed as well.
 */
import ts from 'typescript';
import { createEvaluator, unwrap } from './constants.mjs';
import { placeOf } from './sources.mjs';

/** @typedef {number | Record<string, number>} Constant */
/**
 * @typedef {object} LayoutKind
 * @property {number} kind
 * @property {number | string} version a number, or the name of the constant that it could not read
 * @property {number | string} bytes
 * @property {string[]} files whose constants it uses
 *
 * @typedef {object} Layout
 * @property {Record<string, LayoutKind>} kinds
 * @property {Record<string, Record<string, Constant>>} files
 */

const CONSTANT = /^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*$/;
const HABIT = /_MS$|SPINS$/;
/** Names a layout version. */
export const VERSION = /_VERSION$|_MAGIC$/;
/** Names a place in memory or a meaning in a word; a new one means that old versions misread the memory. */
export const PLACE = /_(?:WORD|WORDS|BIT|BITS|MASK|SHIFT|BYTES|OFFSET)$/;

/**
 * @param {import('./sources.mjs').Sources} sources
 * @param {string} name
 * @returns {Layout}
 */
export function layoutReport({ root, program, checker }, name) {
  const { number, text, parts } = createEvaluator(checker);
  const files = program
    .getSourceFiles()
    .filter(({ fileName }) => placeOf(root, fileName)?.name === name)
    .sort((a, b) => (a.fileName < b.fileName ? -1 : 1));
  const pathOf = (/** @type {ts.SourceFile} */ file) => placeOf(root, file.fileName)?.path ?? '';
  const constants = new Map(files.map((file) => [file, constantsOf(file, number)]));

  /** @type {Record<string, LayoutKind>} */
  const kinds = {};
  const used = new Set();
  for (const file of files) {
    const found = kindsOf(file);
    if (!found.length) continue;
    const reached = [...reach(checker, file)].filter(
      (other) => Object.keys(constants.get(other) ?? {}).length,
    );
    for (const other of reached) used.add(other);
    for (const [kind, shape] of found) kinds[kind] = { ...shape, files: reached.map(pathOf).sort() };
  }
  /** @type {Layout['files']} */
  const listed = {};
  for (const [file, found] of constants) {
    if (used.has(file) || Object.keys(found).some((key) => VERSION.test(key) || PLACE.test(key)))
      listed[pathOf(file)] = found;
  }
  const ordered = Object.entries(kinds).sort(([, a], [, b]) => a.kind - b.kind);
  return { kinds: Object.fromEntries(ordered), files: listed };

  /** @param {ts.SourceFile} file */
  function kindsOf(file) {
    /** @type {[string, Omit<LayoutKind, 'files'>][]} */
    const found = [];
    const visit = (/** @type {ts.Node} */ node) => {
      const { kind, name: named, version, bytes } = parts(node) ?? {};
      if (kind && named && version && bytes) {
        const id = number(kind);
        const called = text(named);
        if (called !== undefined && id !== undefined) {
          const value = (/** @type {import('./constants.mjs').Part} */ part) =>
            number(part) ?? part.node.getText();
          found.push([called, { kind: id, version: value(version), bytes: value(bytes) }]);
        }
      }
      ts.forEachChild(node, visit);
    };
    visit(file);
    return found;
  }
}

/** The files of the same package that `file` needs at run time, itself included. @param {ts.TypeChecker} checker @param {ts.SourceFile} file */
function reach(checker, file) {
  const all = new Set([file]);
  for (const member of all) {
    for (const statement of member.statements) {
      const importsValues =
        ts.isImportDeclaration(statement) &&
        statement.importClause?.phaseModifier !== ts.SyntaxKind.TypeKeyword;
      const path =
        importsValues && ts.isStringLiteral(statement.moduleSpecifier) && statement.moduleSpecifier;
      if (!path || !path.text.startsWith('.')) continue;
      const target = checker.getSymbolAtLocation(path)?.valueDeclaration;
      if (target && ts.isSourceFile(target)) all.add(target);
    }
  }
  return all;
}

/** @param {ts.SourceFile} file @param {(part: import('./constants.mjs').Part) => number | undefined} number */
function constantsOf(file, number) {
  /** @type {Record<string, Constant>} */
  const found = {};
  for (const statement of file.statements) {
    if (!ts.isVariableStatement(statement) || !(statement.declarationList.flags & ts.NodeFlags.Const))
      continue;
    for (const { name, initializer } of statement.declarationList.declarations) {
      if (!ts.isIdentifier(name) || !initializer || HABIT.test(name.text)) continue;
      const value = CONSTANT.test(name.text) ? number({ node: initializer }) : undefined;
      if (value !== undefined) found[name.text] = value;
      const group = enumeration(initializer, number);
      if (group) found[name.text] = group;
    }
  }
  return found;
}

/** `{ FREE: 0, NEW: 1 } as const`. @param {ts.Expression} node @param {(part: import('./constants.mjs').Part) => number | undefined} number */
function enumeration(node, number) {
  const literal = unwrap(node);
  if (!ts.isObjectLiteralExpression(literal) || literal.properties.length === 0) return undefined;
  /** @type {Record<string, number>} */
  const group = {};
  for (const property of literal.properties) {
    if (!ts.isPropertyAssignment(property) || !CONSTANT.test(property.name.getText())) return undefined;
    const value = number({ node: property.initializer });
    if (value === undefined) return undefined;
    group[property.name.getText()] = value;
  }
  return group;
}
