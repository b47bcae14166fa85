/** From the values of all runs to lines that say ok or behind. */
import type { Category, Row, Target } from './row.js';
import { median, ratios, spreadOf, type Spread } from './statistics.js';

/** What one contestant yielded: a value for each run, or why there is none. */
export interface Outcome {
  readonly name: string;
  readonly role: 'ours' | 'peer' | 'baseline';
  readonly values: readonly number[];
  readonly missing?: string | undefined;
}

/** A row with what was measured; this is what the JSON file holds. */
export interface RowResult {
  readonly id: string;
  readonly what: string;
  readonly category: Category;
  readonly unit: string;
  readonly better: 'lower' | 'higher';
  readonly outcomes: readonly Outcome[];
  readonly targets: readonly Target[];
}

/** One line of the table. */
export interface Line {
  readonly id: string;
  readonly what: string;
  readonly category: Category;
  readonly unit: string;
  readonly ours: Spread | undefined;
  readonly reference: string;
  readonly theirs: Spread | undefined;
  readonly ratio: Spread | undefined;
  readonly target: string;
  readonly verdict: 'ok' | 'behind' | 'not measured' | '';
}

/** Puts a row and its outcomes together. */
export function resultOf(row: Row, outcomes: readonly Outcome[]): RowResult {
  const { id, what, category, unit, better, targets } = row;
  return { id, what, category, unit, better, targets, outcomes };
}

/** The lines of a row: one for each target, then one for each contestant that no target names. */
export function linesOf(row: RowResult): Line[] {
  const ours = row.outcomes.find(({ role }) => role === 'ours');
  const named = new Set<string>();
  const lines = row.targets.map((target) => {
    const theirs = referenceOf(row, target);
    if (theirs) named.add(theirs.name);
    return lineOf(row, ours, theirs, target);
  });
  for (const other of row.outcomes) {
    if (other === ours || named.has(other.name)) continue;
    lines.push(lineOf(row, ours, other, undefined));
  }
  return lines;
}

function referenceOf(row: RowResult, { against }: Target): Outcome | undefined {
  if (against !== 'best peer') return row.outcomes.find(({ name }) => name === against);
  const peers = row.outcomes.filter(({ role, values }) => role === 'peer' && values.length > 0);
  const sign = row.better === 'lower' ? 1 : -1;
  return peers.toSorted((a, b) => sign * (median(a.values) - median(b.values)))[0];
}

function lineOf(
  row: RowResult,
  ours: Outcome | undefined,
  theirs: Outcome | undefined,
  target: Target | undefined,
): Line {
  const absolute = target?.against === 'nothing';
  const measured = ours !== undefined && ours.values.length > 0;
  const comparable = measured && theirs !== undefined && theirs.values.length > 0;
  const ratio = comparable ? spreadOf(ratios(ours.values, theirs.values)) : undefined;
  const judged = absolute ? (measured ? median(ours.values) : undefined) : ratio?.median;
  return {
    id: row.id,
    what: row.what,
    category: row.category,
    unit: row.unit,
    ours: measured ? spreadOf(ours.values) : undefined,
    reference: theirs?.name ?? (absolute || !target ? '' : target.against),
    theirs: theirs && theirs.values.length > 0 ? spreadOf(theirs.values) : undefined,
    ratio,
    target: target ? describeTarget(row, target) : '',
    verdict: target ? judge(target, judged) : '',
  };
}

function describeTarget(row: RowResult, target: Target): string {
  const unit = target.against === 'nothing' ? ` ${row.unit}` : '×';
  return [
    target.atMost === undefined ? '' : `≤ ${target.atMost}${unit}`,
    target.atLeast === undefined ? '' : `≥ ${target.atLeast}${unit}`,
  ]
    .filter(Boolean)
    .join(', ');
}

function judge(target: Target, value: number | undefined): Line['verdict'] {
  if (value === undefined || Number.isNaN(value)) return 'not measured';
  const within = value <= (target.atMost ?? Infinity) && value >= (target.atLeast ?? -Infinity);
  return within ? 'ok' : 'behind';
}
