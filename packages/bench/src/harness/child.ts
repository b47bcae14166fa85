/**
 * The process in which one row is measured: all contestants it is given are prepared, warmed up and then
 * measured in turn. The medians go to file descriptor 3, because peers may print.
 */
import { writeSync } from 'node:fs';
import { growthRows } from '../rows/growth.js';
import { rows } from '../rows/index.js';
import type { Context, Measurement } from './row.js';
import { median } from './statistics.js';

/** What the parent asks for, as JSON in the last argument. */
export interface Order {
  readonly row: string;
  readonly contestants: readonly string[];
  readonly context: Context;
}

const order = JSON.parse(process.argv.at(-1)!) as Order;
const row = [...rows, ...growthRows].find(({ id }) => id === order.row)!;
const { context } = order;

const prepared: Measurement[] = [];
for (const name of order.contestants) {
  const contestant = row.contestants.find((candidate) => candidate.name === name)!;
  prepared.push(await contestant.prepare(context));
}
const values: number[][] = prepared.map(() => []);
const warmUp = row.warmUp ?? 2;
const warmUpMs = context.quick ? 0 : (row.warmUpMs ?? 0);
const slices = context.quick ? Math.min(3, row.slices ?? 5) : (row.slices ?? 5);
const began = performance.now();
for (let slice = -warmUp; slice < slices; slice++) {
  if (slice === 0 && performance.now() - began < warmUpMs) slice--;
  for (const [index, measurement] of prepared.entries()) {
    const value = await measurement.slice();
    if (slice >= 0) values[index]!.push(value);
  }
}
writeSync(3, JSON.stringify(values.map(median)));
for (const { close } of prepared) await close?.();
// A pool that does not end by itself must not keep the next measurement waiting.
process.exit(0);
