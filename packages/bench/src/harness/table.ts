/** The table, for a terminal and for Markdown. */
import type { Spread } from './statistics.js';
import type { Line, RowResult } from './verdict.js';

const HEAD = ['what', 'unit', 'ours', 'against', 'theirs', 'ratio (spread)', 'target', ''];

/** A number with three significant digits, thousands separated. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return '–';
  if (value === 0) return '0';
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  const rounded = Number(value.toPrecision(3));
  return rounded.toLocaleString('en-US', {
    maximumFractionDigits: digits,
    minimumFractionDigits: Math.min(digits, 2),
  });
}

function ratioCell(ratio: Spread | undefined): string {
  return ratio ? `${figure(ratio.median)} (${figure(ratio.min)}–${figure(ratio.max)})` : '';
}

function cellsOf(line: Line, previous: Line | undefined): string[] {
  const again = previous?.id === line.id;
  return [
    again ? '' : line.what,
    again ? '' : line.unit,
    again || !line.ours ? '' : figure(line.ours.median),
    line.reference,
    line.theirs ? figure(line.theirs.median) : '',
    ratioCell(line.ratio),
    line.target,
    line.verdict,
  ];
}

/** Columns padded with blanks. */
export function textTable(lines: readonly Line[]): string {
  const rows = [HEAD, ...lines.map((line, index) => cellsOf(line, lines[index - 1]))];
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** The same as a Markdown table. */
export function markdownTable(lines: readonly Line[]): string {
  const rows = lines.map((line, index) => cellsOf(line, lines[index - 1]));
  const rule = HEAD.map((_, column) => (column === 2 || column === 4 ? '---:' : '---'));
  return [HEAD, rule, ...rows].map((row) => `| ${row.map(escapeCell).join(' | ')} |`).join('\n');
}

/** Why something is missing from the table, a sentence for each. */
export function notes(results: readonly RowResult[]): string[] {
  return results.flatMap(({ what, outcomes }) =>
    outcomes
      .filter(({ missing }) => missing !== undefined)
      .map(({ name, missing }) => `${what}: ${name} was not measured (${missing}).`),
  );
}

function escapeCell(text: string): string {
  return text.replaceAll('|', String.raw`\|`);
}
