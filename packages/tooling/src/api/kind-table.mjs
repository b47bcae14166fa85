/** Whether the table of kinds in ARCHITECTURE.md says what the sources do. */

/**
 * @param {string} architecture
 * @param {Map<string, Record<string, import('./layout-report.mjs').LayoutKind>>} kinds by package
 * @returns {string[]} what is wrong, a line each
 */
export function checkKindTable(architecture, kinds) {
  const [, section = ''] = /^## Kinds\n([\s\S]*?)(?=^## |(?![\s\S]))/m.exec(architecture) ?? [];
  const rows = [...section.matchAll(/^\| ([^|]+?) +\| (\d+)(?:–(\d+))? +\| (\w+) +\| (\d+) +\|$/gm)];
  const listed = new Map(
    rows.flatMap(([, names = '', first, , name = '', version]) =>
      names.split(', ').map((kind, n) => [Number(first) + n, `${kind}, version ${version}, of ${name}`]),
    ),
  );
  const problems = [];
  for (const [name, ofPackage] of kinds) {
    for (const [kind, shape] of Object.entries(ofPackage)) {
      const text = `${kind}, version ${shape.version}, of ${name}`;
      if (listed.get(shape.kind) !== text) {
        problems.push(
          `ARCHITECTURE.md, "Kinds": kind ${shape.kind} is ${text}; the table has ${listed.get(shape.kind) ?? 'nothing'}`,
        );
      }
      listed.delete(shape.kind);
    }
  }
  for (const [number, text] of listed) {
    problems.push(`ARCHITECTURE.md, "Kinds": ${text} has number ${number}, which no source has; take it out`);
  }
  return problems;
}
