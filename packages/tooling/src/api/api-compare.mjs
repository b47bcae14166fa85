/**
 * Which bump a change of an API report needs.
 *
 * Removed or changed: major. Added: minor. An addition that breaks those who write such a thing themselves (a
 * required member of an interface that users pass in, an abstract member) is major; one that no caller can notice
 * (an optional parameter at the end, another overload, a setter, one more implemented interface) is minor.
 */
import ts from 'typescript';

/** @typedef {'patch' | 'minor' | 'major'} Bump */
/** @typedef {{ bump: Bump, what: string }} Change */

/**
 * @typedef {object} Member one name of a report, with all its overloads or merged declarations
 * @property {Shape[]} shapes
 * @property {string} owner the class or interface it is a member of, else ''
 *
 * @typedef {object} Shape
 * @property {string} text normalised: names of parameters do not matter to anyone who calls
 * @property {string} head the text without parameters
 * @property {{ type: string, optional: boolean }[] | undefined} parameters
 * @property {boolean} required an abstract or required member: who implements it must write it
 */

/**
 * @param {string} before a report
 * @param {string} after
 * @returns {Change[]} in the order of the reports; none if users cannot notice anything
 */
export function compareReports(before, after) {
  const old = parseReport(before);
  const now = parseReport(after);
  /** @type {Change[]} */
  const changes = [];
  const gone = new Set();
  for (const [key, member] of old.members) {
    const next = now.members.get(key);
    if (!next) {
      gone.add(key);
      // Who loses a class need not be told of each member.
      if (!gone.has(member.owner)) changes.push({ bump: 'major', what: `removed ${key}` });
    } else {
      const bump = compareMembers(member.shapes, next.shapes);
      if (bump !== 'patch') changes.push({ bump, what: `changed ${key}` });
    }
  }
  for (const [key, member] of now.members) {
    if (old.members.has(key) || (member.owner && !old.members.has(member.owner))) continue;
    const breaks = member.owner !== '' && member.shapes.some(({ required }) => required);
    const passedIn = now.inputs.has(member.owner.slice(member.owner.lastIndexOf(' ') + 1));
    const abstract = member.shapes.some(({ text }) => /^(protected )?abstract /.test(text));
    const bump = breaks && (passedIn || abstract) ? 'major' : 'minor';
    changes.push({ bump, what: `added ${bump === 'major' ? 'required ' : ''}${key}` });
  }
  return changes;
}

/** @param {Shape[]} before @param {Shape[]} after @returns {Bump} */
function compareMembers(before, after) {
  const texts = new Set(after.map(({ text }) => text));
  const kept = before.filter(({ text }) => texts.has(text));
  if (kept.length === before.length) return after.length === before.length ? 'patch' : 'minor';
  const [old] = before;
  const [now] = after;
  if (before.length !== 1 || after.length !== 1 || !old || !now) return 'major';
  if (old.parameters && now.parameters && old.head === now.head) {
    const { parameters } = now;
    const same = old.parameters.every(
      ({ type, optional }, n) => parameters[n]?.type === type && (parameters[n].optional || !optional),
    );
    const added = parameters.slice(old.parameters.length);
    return same && added.every(({ optional }) => optional) ? 'minor' : 'major';
  }
  const implemented = / implements .*$/;
  if (
    /\b(class|interface) /.test(old.text) &&
    old.text.replace(implemented, '') === now.text.replace(implemented, '')
  ) {
    const names = (/** @type {string} */ text) =>
      (/ implements (.*)$/.exec(text)?.[1] ?? '').split(', ').filter(Boolean);
    return names(old.text).every((name) => names(now.text).includes(name)) ? 'minor' : 'major';
  }
  return 'major';
}

/** @param {string} report */
function parseReport(report) {
  /** @type {Map<string, Member>} */
  const members = new Map();
  /** Interfaces that users make and pass in. @type {Set<string>} */
  const inputs = new Set();
  /** @type {Map<string, Set<string>>} */
  const mentions = new Map();
  for (const [, specifier = '', code = ''] of report.matchAll(/^## (\S+)\n\n```ts\n([\s\S]*?)^```/gm)) {
    // The main entry goes without its name, the others with it.
    const prefix = specifier.split('/').length > 2 ? `${specifier} ` : '';
    const tree = ts.createSourceFile('report.ts', code, ts.ScriptTarget.Latest, true);
    for (const node of tree.statements) readStatement(node, prefix);
  }
  for (const name of inputs) for (const mentioned of mentions.get(name) ?? []) inputs.add(mentioned);
  return { members, inputs };

  /** @param {string} key @param {Shape} shape @param {string} [owner] */
  function add(key, shape, owner = '') {
    const member = members.get(key) ?? { shapes: [], owner };
    member.shapes.push(shape);
    members.set(key, member);
  }

  /** @param {ts.Statement} node @param {string} prefix */
  function readStatement(node, prefix) {
    if (ts.isExportDeclaration(node)) {
      const { exportClause, moduleSpecifier } = node;
      if (!exportClause || !ts.isNamedExports(exportClause)) return;
      for (const element of exportClause.elements) {
        add(
          prefix + element.name.text,
          plain(`${element.getText()} from ${moduleSpecifier?.getText() ?? ''}`),
        );
      }
    } else if (ts.isClassDeclaration(node) || ts.isInterfaceDeclaration(node)) {
      const key = prefix + (node.name?.text ?? '');
      add(key, plain(node.getText().replace(/ \{[\s\S]*$/, '')));
      mentions.set(node.name?.text ?? '', typeNames(node));
      for (const element of node.members) {
        add(`${key}.${memberName(element)}`, shapeOf(element, ts.isInterfaceDeclaration(node)), key);
        if ('parameters' in element) collectInputs(/** @type {ts.SignatureDeclaration} */ (element));
      }
    } else if (ts.isFunctionDeclaration(node)) {
      add(prefix + (node.name?.text ?? ''), shapeOf(node, false));
      collectInputs(node);
    } else if (ts.isVariableStatement(node)) {
      for (const { name } of node.declarationList.declarations)
        add(prefix + name.getText(), plain(node.getText()));
    } else if (
      ts.isTypeAliasDeclaration(node) ||
      ts.isEnumDeclaration(node) ||
      ts.isModuleDeclaration(node)
    ) {
      add(prefix + node.name.getText(), plain(node.getText()));
      mentions.set(node.name.getText(), typeNames(node));
    }
  }

  /** @param {ts.SignatureDeclaration} node */
  function collectInputs(node) {
    for (const parameter of node.parameters) for (const name of typeNames(parameter)) inputs.add(name);
  }
}

/** Names of types that `node` mentions. @param {ts.Node} node @returns {Set<string>} */
function typeNames(node) {
  const names = new Set();
  const visit = (/** @type {ts.Node} */ child) => {
    if (ts.isTypeReferenceNode(child)) names.add(child.typeName.getText());
    if (ts.isExpressionWithTypeArguments(child)) names.add(child.expression.getText());
    ts.forEachChild(child, visit);
  };
  visit(node);
  return names;
}

/** @param {string} text @returns {Shape} */
const plain = (text) => ({ text, head: text, parameters: undefined, required: false });

/** @param {ts.ClassElement | ts.TypeElement} node */
function memberName(node) {
  const isStatic =
    ts.canHaveModifiers(node) &&
    ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.StaticKeyword);
  const name = node.name?.getText();
  if (name !== undefined) return isStatic ? `static ${name}` : name;
  if (ts.isConstructorDeclaration(node)) return 'constructor';
  if (ts.isConstructSignatureDeclaration(node)) return 'new()';
  return ts.isCallSignatureDeclaration(node) ? '()' : '[index]';
}

/** @param {ts.ClassElement | ts.TypeElement | ts.FunctionDeclaration} node @param {boolean} inInterface @returns {Shape} */
function shapeOf(node, inInterface) {
  const text = node.getText().replace(/;$/, '');
  const optional = 'questionToken' in node && node.questionToken !== undefined;
  const required = (inInterface && !optional) || /^(protected )?abstract /.test(text);
  if (!('parameters' in node)) return { ...plain(text), required };
  const { parameters } = /** @type {ts.SignatureDeclaration} */ (node);
  const list = parameters.map((parameter) => ({
    type: (parameter.dotDotDotToken ? '...' : '') + (parameter.type?.getText() ?? ''),
    optional: parameter.questionToken !== undefined || parameter.dotDotDotToken !== undefined,
  }));
  const start = parameters.pos - node.getStart();
  const head = `${text.slice(0, start)}…${text.slice(parameters.end - node.getStart())}`;
  const types = list.map(({ type, optional: may }) => `${may ? '?' : ''}${type}`).join(', ');
  return { text: head.replace('…', types), head, parameters: list, required };
}
