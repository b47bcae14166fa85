/** The API report of a package: what its users can rely on, in a form that reads well in a diff. */
import ts from 'typescript';
import { createSignatures } from './signatures.mjs';
import { placeOf } from './sources.mjs';

/**
 * The text of `packages/NAME/api.md`.
 * @param {import('./sources.mjs').Sources} sources
 * @param {string} name
 */
export function apiReport(sources, name) {
  const sections = (sources.entries.get(name) ?? []).map(
    ({ specifier, file }) => `## ${specifier}\n\n\`\`\`ts\n${entryReport(sources, name, file)}\`\`\`\n`,
  );
  return `# API of @x/${name}\n\nMade from the sources by \`pnpm run api\`; not edited by hand.\n\n${sections.join('\n')}`;
}

/** @param {import('./sources.mjs').Sources} sources @param {string} name @param {string} file */
function entryReport({ root, program, checker }, name, file) {
  const source = program.getSourceFile(file);
  const module = source && checker.getSymbolAtLocation(source);
  // A file without an import or export is no module, and offers nothing.
  const exports = module ? checker.getExportsOfModule(module) : [];
  const resolved = exports.map((symbol) => ({
    name: symbol.name,
    // Only types are left of what is exported by `export type`.
    typeOnly:
      symbol.declarations?.some(
        (node) => ts.isExportSpecifier(node) && (node.isTypeOnly || node.parent.parent.isTypeOnly),
      ) === true,
    symbol: symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol,
  }));
  resolved.sort((a, b) => (a.name < b.name ? -1 : 1));
  const exported = new Set(resolved.map(({ symbol }) => symbol));
  const placeOfSymbol = (/** @type {ts.Symbol} */ symbol) => {
    const [declaration] = symbol.declarations ?? [];
    return declaration && placeOf(root, declaration.getSourceFile().fileName);
  };
  const signatures = createSignatures(
    checker,
    (symbol) => !exported.has(symbol) && placeOfSymbol(symbol)?.name === name,
  );

  /** @type {Map<string, string[]>} */
  const foreign = new Map();
  /** @type {string[]} */
  const own = [];
  for (const { name: exportedName, symbol, typeOnly } of resolved) {
    const place = placeOfSymbol(symbol);
    if (!place || place.name === name) {
      own.push(...signatures.of(exportedName, symbol));
      continue;
    }
    const isType = typeOnly || !(symbol.flags & ts.SymbolFlags.Value);
    const renamed = symbol.name === exportedName ? exportedName : `${symbol.name} as ${exportedName}`;
    const from = `@x/${place.name}`;
    foreign.set(from, [...(foreign.get(from) ?? []), `  ${isType ? 'type ' : ''}${renamed},\n`]);
  }
  const reexports = [...foreign]
    .sort()
    .map(([from, names]) => `export {\n${names.join('')}} from '${from}';`);
  return [...reexports, ...own].map((text) => `${text}\n`).join('');
}
