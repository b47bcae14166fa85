/** The command: `pnpm bench`. */
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { writeDocument, type Report } from './harness/document.js';
import { describeMachine } from './harness/machine.js';
import type { Row } from './harness/row.js';
import { runRow } from './harness/run.js';
import { calibrate } from './harness/spin.js';
import { notes, textTable } from './harness/table.js';
import { linesOf, type RowResult } from './harness/verdict.js';
import { growthRows } from './rows/growth.js';
import { rows } from './rows/index.js';

const USAGE = `pnpm bench [options]
  --only PATTERN   rows whose id matches, a regular expression; --list shows the ids
  --runs N         alternating runs, at least five for figures to be quoted (default 5)
  --quick          fewer operations, and 2 runs: a look, not a figure
  --plots          also how cost grows with threads and with payload
  --json FILE      writes what was measured
  --docs           writes docs/benchmarks.md, and the plots that were measured
  --from FILE      takes what --json has written instead of measuring
  --list           lists the rows`;

const { values: options } = parseArgs({
  // Some package managers pass the separator on.
  args: process.argv.slice(2).filter((argument) => argument !== '--'),
  options: {
    only: { type: 'string', default: '' },
    runs: { type: 'string' },
    quick: { type: 'boolean', default: false },
    plots: { type: 'boolean', default: false },
    json: { type: 'string' },
    docs: { type: 'boolean', default: false },
    from: { type: 'string' },
    list: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (options.help) {
  console.log(USAGE);
} else if (options.list) {
  for (const { id, what } of chosen()) console.log(`${id.padEnd(30)} ${what}`);
} else {
  const report =
    options.from === undefined ? await measure() : (JSON.parse(readFileSync(options.from, 'utf8')) as Report);
  show(report);
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`);
  if (options.docs) for (const file of writeDocument(report)) console.log(`written: ${file}`);
}

/** The rows that the command line asks for. */
function chosen(): Row[] {
  const pattern = new RegExp(options.only);
  const growth = options.plots || /growth/.test(options.only) ? growthRows : [];
  return [...rows, ...growth].filter(({ id }) => pattern.test(id));
}

async function measure(): Promise<Report> {
  const { quick } = options;
  const runs = Number(options.runs ?? (quick ? 2 : 5));
  if (!Number.isInteger(runs) || runs < 1)
    throw new RangeError(`--runs must be a whole number, got ${options.runs}`);
  const context = { quick, spinsPerMs: calibrate() };
  const results: RowResult[] = [];
  for (const row of chosen()) results.push(await runRow(row, { runs, context, progress }));
  progress('');
  return { machine: describeMachine(), runs, quick, results };
}

function show({ machine, results }: Report): void {
  for (const [name, value] of machine) console.log(`${name}: ${value}`);
  console.log(`\n${textTable(results.flatMap(linesOf))}`);
  for (const note of notes(results)) console.log(note);
}

function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}
