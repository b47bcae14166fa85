/** Puts what was measured into `docs/benchmarks.md`: the text between two marks, and the plots beside it. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chartOf, plots } from '../rows/growth.js';
import type { Category } from './row.js';
import { lineChart } from './svg.js';
import { markdownTable, notes } from './table.js';
import { linesOf, type RowResult } from './verdict.js';

/** What a run writes with `--json`. */
export interface Report {
  readonly machine: readonly (readonly [name: string, value: string])[];
  readonly runs: number;
  readonly quick: boolean;
  readonly results: readonly RowResult[];
}

const DOCS = new URL('../../../../docs/', import.meta.url);
const BEGIN = '<!-- results: written by the bench, not by hand -->';
const END = '<!-- end of results -->';

/** The order of the tables; each answers a question of its own. */
const CATEGORIES: readonly Category[] = [
  'start-up',
  'empty round trip',
  'throughput',
  'real work',
  'footprint',
];

/** The generated part of the page. */
export function resultsSection({ machine, runs, quick, results }: Report): string {
  const listed = results.filter(({ id }) => !id.startsWith('growth/'));
  const tables = CATEGORIES.flatMap((category) => {
    const lines = listed.filter((result) => result.category === category).flatMap(linesOf);
    if (lines.length === 0) return [];
    return [`### ${category[0]!.toUpperCase()}${category.slice(1)}`, markdownTable(lines)];
  });
  const drawn = plots.filter((plot) => chartOf(plot, results).series.length > 0);
  const images = drawn.map(({ title, file }) => `![${title}](benchmarks/${file})`);
  const missing = notes(listed);
  return [
    `Median of ${runs} alternating runs${quick ? ', quick mode: a look, not figures' : ''}; in brackets the lowest and the highest ratio of a run.`,
    machine.map(([name, value]) => `- ${name}: ${value}`).join('\n'),
    ...tables,
    ...(images.length > 0 ? ['### How cost grows', ...images] : []),
    ...(missing.length > 0 ? ['### Not measured', missing.map((note) => `- ${note}`).join('\n')] : []),
  ].join('\n\n');
}

/** Replaces what stands between the marks. */
export function replaceResults(page: string, section: string): string {
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`the page has no place for results: ${BEGIN} … ${END}`);
  const fence = ['<!-- prettier-ignore-start -->', section, '<!-- prettier-ignore-end -->'].join('\n\n');
  return `${page.slice(0, begin)}${BEGIN}\n\n${fence}\n\n${page.slice(end)}`;
}

/** Writes the page and the plots whose rows were measured; returns the names of the files. */
export function writeDocument(report: Report): string[] {
  const page = new URL('benchmarks.md', DOCS);
  writeFileSync(page, replaceResults(readFileSync(page, 'utf8'), resultsSection(report)));
  const written = [fileURLToPath(page)];
  mkdirSync(new URL('benchmarks/', DOCS), { recursive: true });
  for (const plot of plots) {
    const chart = chartOf(plot, report.results);
    if (chart.series.length === 0) continue;
    const target = new URL(`benchmarks/${plot.file}`, DOCS);
    writeFileSync(target, lineChart(chart));
    written.push(fileURLToPath(target));
  }
  return written;
}
