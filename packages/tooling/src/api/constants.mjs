/**
 * What constant expressions come to, over files and packages: numbers, operators, other constants, and functions that
 * are one expression. Enough for layouts; undefined for everything else.
 */
import ts from 'typescript';

/**
 * An expression, and what the parameters in it stand for.
 * @typedef {{ node: ts.Expression, bound?: Map<ts.Node, Part> }} Part
 */

/** @param {ts.Expression} node @returns {ts.Expression} */
export function unwrap(node) {
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
  [ts.SyntaxKind.EqualsEqualsEqualsToken]: (a, b) => Number(a === b),
  [ts.SyntaxKind.LessThanToken]: (a, b) => Number(a < b),
  [ts.SyntaxKind.GreaterThanToken]: (a, b) => Number(a > b),
};

/** @param {ts.TypeChecker} checker */
export function createEvaluator(checker) {
  return { number, text, parts };

  /** @param {ts.Node} node */
  function declarationOf(node) {
    let symbol = checker.getSymbolAtLocation(node);
    if (symbol && symbol.flags & ts.SymbolFlags.Alias) symbol = checker.getAliasedSymbol(symbol);
    return symbol?.valueDeclaration;
  }

  /** What an identifier or a property stands for. @param {Part} part @returns {Part | undefined} */
  function resolve({ node, bound }) {
    const declaration = declarationOf(node);
    if (!declaration) return undefined;
    if (ts.isParameter(declaration)) return bound?.get(declaration);
    const constant =
      (ts.isVariableDeclaration(declaration) && declaration.parent.flags & ts.NodeFlags.Const) ||
      ts.isPropertyAssignment(declaration) ||
      ts.isPropertyDeclaration(declaration);
    const initializer = constant && /** @type {ts.VariableDeclaration} */ (declaration).initializer;
    return initializer ? { node: initializer } : undefined;
  }

  /** What a call returns, if the function is one expression. @param {Part} part @returns {Part | undefined} */
  function returned({ node, bound }) {
    if (!ts.isCallExpression(node)) return undefined;
    const declaration = declarationOf(node.expression);
    const callee =
      declaration && ts.isVariableDeclaration(declaration) ? declaration.initializer : declaration;
    if (!callee || !(ts.isFunctionDeclaration(callee) || ts.isArrowFunction(callee))) return undefined;
    const { body, parameters } = callee;
    const last = body && ts.isBlock(body) ? body.statements : undefined;
    const result = last
      ? last.length === 1 && last[0] && ts.isReturnStatement(last[0]) && last[0].expression
      : body;
    if (!result) return undefined;
    /** @type {Map<ts.Node, Part>} */
    const own = new Map();
    for (const [n, parameter] of parameters.entries()) {
      const argument = node.arguments[n];
      if (argument) own.set(parameter, bound ? { node: argument, bound } : { node: argument });
    }
    return { node: /** @type {ts.Expression} */ (result), bound: own };
  }

  /** @param {Part} part @returns {number | undefined} */
  function number({ node: expression, bound }) {
    const node = unwrap(expression);
    const inner = (/** @type {ts.Expression} */ child) =>
      number(bound ? { node: child, bound } : { node: child });
    if (ts.isNumericLiteral(node)) return Number(node.text);
    if (ts.isPrefixUnaryExpression(node)) {
      const value = inner(node.operand);
      if (value === undefined) return undefined;
      if (node.operator === ts.SyntaxKind.MinusToken) return -value;
      return node.operator === ts.SyntaxKind.TildeToken ? ~value : undefined;
    }
    if (ts.isBinaryExpression(node)) {
      const operator = OPERATORS[node.operatorToken.kind];
      const [a, b] = [inner(node.left), inner(node.right)];
      return operator && a !== undefined && b !== undefined ? operator(a, b) : undefined;
    }
    if (ts.isConditionalExpression(node)) {
      const condition = inner(node.condition);
      return condition === undefined ? undefined : inner(condition ? node.whenTrue : node.whenFalse);
    }
    if (ts.isCallExpression(node) && /^Math\.(ceil|floor|max|min)$/.test(node.expression.getText())) {
      const name = /** @type {'max'} */ (node.expression.getText().slice('Math.'.length));
      const values = node.arguments.map(inner);
      // NaN, if one of them is not constant.
      const value = Math[name](...values.map((argument) => argument ?? NaN));
      return Number.isNaN(value) ? undefined : value;
    }
    if (/^\w+\.BYTES_PER_ELEMENT$/.test(node.getText())) return /64/.test(node.getText()) ? 8 : 4;
    const next = ts.isCallExpression(node)
      ? returned(bound ? { node, bound } : { node })
      : ts.isIdentifier(node) || ts.isPropertyAccessExpression(node)
        ? resolve(bound ? { node, bound } : { node })
        : undefined;
    return next && number(next);
  }

  /** @param {Part} part @returns {string | undefined} */
  function text(part) {
    const node = unwrap(part.node);
    if (ts.isStringLiteral(node)) return node.text;
    const next = ts.isIdentifier(node) ? resolve(part) : undefined;
    return next && text(next);
  }

  /** The properties of an object literal, or of the one that a call returns. @param {ts.Node} node @returns {Record<string, Part> | undefined} */
  function parts(node) {
    const call = ts.isCallExpression(node) ? returned({ node }) : undefined;
    const literal = call ? unwrap(call.node) : node;
    // A literal in a function that calls fill in is read where it is called.
    if (!ts.isObjectLiteralExpression(literal)) return undefined;
    /** @type {Record<string, Part>} */
    const found = {};
    for (const property of literal.properties) {
      if (ts.isPropertyAssignment(property)) {
        found[property.name.getText()] = call?.bound
          ? { node: property.initializer, bound: call.bound }
          : { node: property.initializer };
      } else if (ts.isShorthandPropertyAssignment(property)) {
        const declaration = checker.getShorthandAssignmentValueSymbol(property)?.valueDeclaration;
        const part = declaration && call?.bound?.get(declaration);
        found[property.name.text] = part ?? { node: property.name };
      }
    }
    return found;
  }
}
