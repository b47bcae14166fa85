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
  const number = createEvaluator(checker);
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
    const found = kindsOf(file, number);
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

/** @param {ts.SourceFile} file @param {(node: ts.Expression) => number | undefined} number */
function constantsOf(file, number) {
  /** @type {Record<string, Constant>} */
  const found = {};
  for (const statement of file.statements) {
    if (!ts.isVariableStatement(statement) || !(statement.declarationList.flags & ts.NodeFlags.Const))
      continue;
    for (const { name, initializer } of statement.declarationList.declarations) {
      if (!ts.isIdentifier(name) || !initializer || HABIT.test(name.text)) continue;
      const value = CONSTANT.test(name.text) ? number(initializer) : undefined;
      if (value !== undefined) found[name.text] = value;
      const group = enumeration(initializer, number);
      if (group) found[name.text] = group;
    }
  }
  return found;
}

/** `{ FREE: 0, NEW: 1 } as const`. @param {ts.Expression} node @param {(node: ts.Expression) => number | undefined} number */
function enumeration(node, number) {
  const literal = unwrap(node);
  if (!ts.isObjectLiteralExpression(literal) || literal.properties.length === 0) return undefined;
  /** @type {Record<string, number>} */
  const group = {};
  for (const property of literal.properties) {
    if (!ts.isPropertyAssignment(property) || !CONSTANT.test(property.name.getText())) return undefined;
    const value = number(property.initializer);
    if (value === undefined) return undefined;
    group[property.name.getText()] = value;
  }
  return group;
}

/** @param {ts.SourceFile} file @param {(node: ts.Expression) => number | undefined} number */
function kindsOf(file, number) {
  /** @type {[string, Omit<LayoutKind, 'files'>][]} */
  const found = [];
  const visit = (/** @type {ts.Node} */ node) => {
    if (ts.isObjectLiteralExpression(node)) {
      const part = (/** @type {string} */ key) =>
        node.properties.find(
          (property) => ts.isPropertyAssignment(property) && property.name.getText() === key,
        );
      const [kind, name, version, bytes] = ['kind', 'name', 'version', 'bytes'].map(part);
      const text =
        name &&
        ts.isPropertyAssignment(name) &&
        ts.isStringLiteral(name.initializer) &&
        name.initializer.text;
      const value = (/** @type {ts.ObjectLiteralElementLike | undefined} */ property) =>
        property && ts.isPropertyAssignment(property)
          ? (number(property.initializer) ?? property.initializer.getText())
          : 'unknown';
      const id = value(kind);
      if (text && version && bytes && typeof id === 'number') {
        found.push([text, { kind: id, version: value(version), bytes: value(bytes) }]);
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

/** @param {ts.Expression} node @returns {ts.Expression} */
function unwrap(node) {
  if (ts.isAsExpression(node) || ts.isSatisfiesExpression(node) || ts.isParenthesizedExpression(node)) {
    return unwrap(node.expression);
  }
  return node;
}

/** @type {Partial<Record<ts.SyntaxKind, (a: number, b: number) => number>>} */
const OPERATORS = {
  [ts.SyntaxKind.PlusToken]: (a, b) => a + b,
  [ts.SyntaxKind.MinusToken]: (a, b) => a - b,
  [ts.SyntaxKind.AsteriskToken]: (a, b) => a * b,
  [ts.SyntaxKind.SlashToken]: (a, b) => a / b,
  [ts.SyntaxKind.AsteriskAsteriskToken]: (a, b) => a ** b,
  [ts.SyntaxKind.LessThanLessThanToken]: (a, b) => a << b,
  [ts.SyntaxKind.GreaterThanGreaterThanToken]: (a, b) => a >> b,
  [ts.SyntaxKind.GreaterThanGreaterThanGreaterThanToken]: (a, b) => a >>> b,
  [ts.SyntaxKind.AmpersandToken]: (a, b) => a & b,
  [ts.SyntaxKind.BarToken]: (a, b) => a | b,
  [ts.SyntaxKind.CaretToken]: (a, b) => a ^ b,
};

/** What a constant expression comes to, over files and packages; undefined if it is not one. @param {ts.TypeChecker} checker */
function createEvaluator(checker) {
  /** @param {ts.Expression} expression @returns {number | undefined} */
  return function number(expression) {
    const node = unwrap(expression);
    if (ts.isNumericLiteral(node)) return Number(node.text);
    if (ts.isPrefixUnaryExpression(node)) {
      const value = number(node.operand);
      if (value === undefined) return undefined;
      if (node.operator === ts.SyntaxKind.MinusToken) return -value;
      return node.operator === ts.SyntaxKind.TildeToken ? ~value : undefined;
    }
    if (ts.isBinaryExpression(node)) {
      const operator = OPERATORS[node.operatorToken.kind];
      const [a, b] = [number(node.left), number(node.right)];
      return operator && a !== undefined && b !== undefined ? operator(a, b) : undefined;
    }
    if (!ts.isIdentifier(node) && !ts.isPropertyAccessExpression(node)) return undefined;
    if (/\.BYTES_PER_ELEMENT$/.test(node.getText())) return /64/.test(node.getText()) ? 8 : 4;
    let symbol = checker.getSymbolAtLocation(node);
    if (symbol && symbol.flags & ts.SymbolFlags.Alias) symbol = checker.getAliasedSymbol(symbol);
    const declaration = symbol?.valueDeclaration;
    const constant =
      declaration &&
      ((ts.isVariableDeclaration(declaration) && declaration.parent.flags & ts.NodeFlags.Const) ||
        ts.isPropertyAssignment(declaration) ||
        ts.isPropertyDeclaration(declaration));
    const initializer = constant && /** @type {ts.VariableDeclaration} */ (declaration).initializer;
    return initializer ? number(initializer) : undefined;
  };
}
