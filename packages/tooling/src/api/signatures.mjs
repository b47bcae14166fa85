/** Declarations as they would stand in a declaration file: one line a member, no comments, nothing internal. */
import ts from 'typescript';
import { isInternal } from './sources.mjs';

const FLAGS = /** @type {ts.TypeFormatFlags} */ (
  ts.TypeFormatFlags.NoTruncation |
    ts.TypeFormatFlags.UseAliasDefinedOutsideCurrentScope |
    ts.TypeFormatFlags.UseSingleQuotesForStringLiteralType
);

const printer = ts.createPrinter({ removeComments: true, omitTrailingSemicolon: true });

/** @typedef {ts.SignatureDeclaration & { body?: ts.Node | undefined }} Callable */

/**
 * @param {ts.TypeChecker} checker
 * @param {(symbol: ts.Symbol) => boolean} isHidden whether users have no name for a base class
 */
export function createSignatures(checker, isHidden) {
  /** @param {ts.Node} node */
  const print = (node) =>
    printer
      .printNode(ts.EmitHint.Unspecified, node, node.getSourceFile())
      .replace(/\s+/g, ' ')
      .replace(/ ?; \}/g, ' }')
      .replace(/"((?:[^"'\\])*)"/g, "'$1'");

  /** The written type, or else the one that the compiler finds. @param {ts.Node & { type?: ts.TypeNode | undefined }} node */
  const typeOf = (node) =>
    node.type ? print(node.type) : checker.typeToString(checker.getTypeAtLocation(node), node, FLAGS);

  /** @param {readonly ts.Node[] | undefined} nodes */
  const generics = (nodes) => (nodes?.length ? `<${nodes.map(print).join(', ')}>` : '');

  /** @param {ts.ParameterDeclaration} parameter @param {number} n */
  function parameterText(parameter, n) {
    // A pattern is how the function reads its argument; users see one argument.
    const name = ts.isIdentifier(parameter.name) ? parameter.name.text : `arg${n}`;
    const rest = parameter.dotDotDotToken ? '...' : '';
    const optional = (parameter.questionToken ?? parameter.initializer) ? '?' : '';
    let type = typeOf(parameter);
    if (optional && !parameter.type) type = type.replace(/ \| undefined$/, '');
    return `${rest}${name}${optional}: ${type}`;
  }

  /** Type parameters, parameters and result. @param {Callable} node @param {string} [arrow] */
  function call(node, arrow = ': ') {
    const head = `${generics(node.typeParameters)}(${node.parameters.map(parameterText).join(', ')})`;
    if (ts.isConstructorDeclaration(node) || ts.isSetAccessor(node)) return head;
    if (node.type) return head + arrow + print(node.type);
    const signature = checker.getSignatureFromDeclaration(node);
    if (!signature) return head;
    return head + arrow + checker.typeToString(checker.getReturnTypeOfSignature(signature), node, FLAGS);
  }

  /** @param {ts.Node} node @param {ts.SyntaxKind} kind */
  const has = (node, kind) =>
    ts.canHaveModifiers(node) && ts.getModifiers(node)?.some((modifier) => modifier.kind === kind) === true;

  /** @param {ts.Node} node */
  const modifiers = (node) =>
    /** @type {const} */ ([
      [ts.SyntaxKind.ProtectedKeyword, 'protected '],
      [ts.SyntaxKind.StaticKeyword, 'static '],
      [ts.SyntaxKind.AbstractKeyword, 'abstract '],
      [ts.SyntaxKind.ReadonlyKeyword, 'readonly '],
    ])
      .map(([kind, text]) => (has(node, kind) ? text : ''))
      .join('');

  /** What of a member users see; undefined if nothing. @param {ts.ClassElement | ts.TypeElement} node */
  function member(node) {
    if (isInternal(node) || (node.name && ts.isPrivateIdentifier(node.name))) return undefined;
    if (ts.isConstructorDeclaration(node)) {
      return has(node, ts.SyntaxKind.PrivateKeyword)
        ? 'private constructor()'
        : `${modifiers(node)}constructor${call(node)}`;
    }
    if (has(node, ts.SyntaxKind.PrivateKeyword)) return undefined;
    const name = node.name ? print(node.name) : '';
    const optional = 'questionToken' in node && node.questionToken ? '?' : '';
    const head = `${modifiers(node)}${name}${optional}`;
    if (ts.isPropertyDeclaration(node) || ts.isPropertySignature(node)) return `${head}: ${typeOf(node)}`;
    if (ts.isGetAccessor(node)) return `${modifiers(node)}get ${name}${call(node)}`;
    if (ts.isSetAccessor(node)) return `${modifiers(node)}set ${name}${call(node)}`;
    if (ts.isMethodDeclaration(node) || ts.isMethodSignature(node)) return head + call(node);
    if (ts.isCallSignatureDeclaration(node)) return call(node);
    if (ts.isConstructSignatureDeclaration(node)) return `new ${call(node)}`;
    if (ts.isIndexSignatureDeclaration(node)) return print(node);
    return undefined;
  }

  /** Drops the body of an overloaded function: only its overloads can be called. @template {ts.Node} T @param {readonly T[]} nodes */
  function withoutImplementations(nodes) {
    const key = (/** @type {ts.Node} */ node) => {
      if (ts.isConstructorDeclaration(node)) return 'constructor';
      const named = ts.isMethodDeclaration(node) || ts.isFunctionDeclaration(node);
      return named && node.name ? `${has(node, ts.SyntaxKind.StaticKeyword)} ${print(node.name)}` : undefined;
    };
    const hasBody = (/** @type {ts.Node} */ node) => 'body' in node && node.body !== undefined;
    return nodes.filter(
      (node) =>
        key(node) === undefined ||
        !hasBody(node) ||
        !nodes.some(
          (other) =>
            key(other) === key(node) && !hasBody(other) && !has(other, ts.SyntaxKind.AbstractKeyword),
        ),
    );
  }

  /**
   * A class, with what it inherits from bases that users cannot name.
   * @param {ts.ClassDeclaration | ts.InterfaceDeclaration} node
   */
  function membersOf(node) {
    /** @type {Map<string, string[]>} */
    const members = new Map();
    let base = /** @type {ts.ClassDeclaration | ts.InterfaceDeclaration | undefined} */ (node);
    /** @type {ts.HeritageClause[]} */
    let heritage = [];
    while (base) {
      const inherited = new Map(members);
      for (const element of withoutImplementations(
        /** @type {readonly (ts.ClassElement | ts.TypeElement)[]} */ (base.members),
      )) {
        const text = member(element);
        if (text === undefined) continue;
        const key = `${has(element, ts.SyntaxKind.StaticKeyword)} ${element.name ? print(element.name) : element.kind}`;
        if (!inherited.has(key)) members.set(key, [...(members.get(key) ?? []), text]);
      }
      const clauses = base.heritageClauses ?? [];
      const next = clauses.find(({ token }) => token === ts.SyntaxKind.ExtendsKeyword)?.types[0];
      let symbol = next && checker.getSymbolAtLocation(next.expression);
      if (symbol && symbol.flags & ts.SymbolFlags.Alias) symbol = checker.getAliasedSymbol(symbol);
      heritage = [...heritage.filter(({ token }) => token !== ts.SyntaxKind.ExtendsKeyword), ...clauses];
      const hidden =
        symbol && isHidden(symbol) ? symbol.declarations?.find(ts.isClassDeclaration) : undefined;
      base = hidden;
    }
    const order = (/** @type {string} */ text) =>
      /^(\w+ )?constructor\b/.test(text)
        ? ''
        : text.replace(/^((static|readonly|abstract|protected|get|set) )+/, '');
    const lines = [...members.values()].flat();
    lines.sort((a, b) => (order(a) < order(b) ? -1 : order(a) > order(b) ? 1 : a < b ? -1 : 1));
    const types = (/** @type {ts.SyntaxKind} */ token) =>
      [
        ...new Set(
          heritage.filter((clause) => clause.token === token).flatMap((clause) => clause.types.map(print)),
        ),
      ].join(', ');
    const extended = types(ts.SyntaxKind.ExtendsKeyword);
    const implemented = types(ts.SyntaxKind.ImplementsKeyword);
    return {
      heritage: `${extended && ` extends ${extended}`}${implemented && ` implements ${implemented}`}`,
      body: lines.length ? ` {\n${lines.map((line) => `  ${line};\n`).join('')}}` : ' {}',
    };
  }

  /** @param {string} name @param {ts.Declaration} node @returns {string} */
  function declaration(name, node) {
    if (ts.isClassDeclaration(node) || ts.isInterfaceDeclaration(node)) {
      const { heritage, body } = membersOf(node);
      const kind = ts.isInterfaceDeclaration(node)
        ? 'interface'
        : `declare ${has(node, ts.SyntaxKind.AbstractKeyword) ? 'abstract ' : ''}class`;
      return `export ${kind} ${name}${generics(node.typeParameters)}${heritage}${body}`;
    }
    if (ts.isFunctionDeclaration(node)) return `export declare function ${name}${call(node)};`;
    if (ts.isTypeAliasDeclaration(node)) {
      return `export type ${name}${generics(node.typeParameters)} = ${print(node.type)};`;
    }
    if (ts.isVariableDeclaration(node)) return `export declare const ${name}: ${typeOf(node)};`;
    return `export declare ${print(node).replace(/^(export |declare )+/, '')}`;
  }

  return {
    /** Every public declaration of a symbol. @param {string} name @param {ts.Symbol} symbol */
    of: (name, symbol) =>
      withoutImplementations(symbol.declarations ?? [])
        .filter((node) => !isInternal(node))
        .map((node) => declaration(name, node)),
  };
}
