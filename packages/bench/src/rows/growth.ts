/**
 * How cost grows: the same measurements for several numbers of threads and sizes of payload. These rows have no
 * targets; they are measured by `--plots` and drawn, not listed.
 */
import { scaled, type Row } from '../harness/row.js';
import type { Chart, Series } from '../harness/svg.js';
import { median } from '../harness/statistics.js';
import type { RowResult } from '../harness/verdict.js';
import { keepInFlight } from '../harness/window.js';
import { pools, throughput } from './executor.js';
import { lockContestants } from './lock.js';

const THREADS = [1, 2, 4, 8, 16] as const;
const PAYLOADS = [8, 64, 512, 4096, 32_768, 262_144, 2_097_152, 16_777_216] as const;

/** A plot: a row for each place on its x axis. */
export interface Plot {
  readonly file: string;
  readonly title: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly xFormat?: (x: number) => string;
  readonly rows: readonly (readonly [x: number, row: Row])[];
  /** From the row's unit to what the axis says. */
  readonly convert?: (value: number) => number;
}

const plain = { slices: 3, warmUp: 1, warmUpMs: 1500, targets: [] } as const;

const tasks: Plot = {
  file: 'tasks-by-threads.svg',
  title: 'Small tasks a second, 1000 in flight',
  xLabel: 'worker threads',
  yLabel: 'tasks a second',
  rows: THREADS.map((workers) => [
    workers,
    {
      ...plain,
      id: `growth/tasks-${workers}`,
      what: `Executor: small tasks, ${workers} workers`,
      category: 'throughput',
      unit: 'tasks/s',
      better: 'higher',
      contestants: pools({ job: 'add', atOnce: 1000, workers }, (pool, context) => {
        let n = 0;
        return throughput(pool, scaled(context, 10_000), () => ({ a: n++, b: 1 }));
      }),
    },
  ]),
};

const locks: Plot = {
  file: 'lock-by-threads.svg',
  title: 'Acquire-release pairs a second, empty section',
  xLabel: 'threads',
  yLabel: 'pairs a second, all threads together',
  convert: (nanoseconds) => 1e9 / nanoseconds,
  rows: THREADS.map((threads) => [
    threads,
    {
      ...plain,
      id: `growth/lock-${threads}`,
      what: `Lock: ${threads} threads contend`,
      category: 'throughput',
      unit: 'ns/pair',
      better: 'lower',
      contestants: lockContestants({ threads, iterations: 200_000 / threads }),
    },
  ]),
};

/** One at a time, so that it is the value that counts and not how many tasks overlap. */
const payload: Plot = {
  file: 'task-by-payload.svg',
  title: 'Cost of a task that returns its Uint8Array, copied, one at a time',
  xLabel: 'bytes, in and out',
  yLabel: 'µs a task',
  xFormat: (bytes) =>
    bytes < 1024 ? `${bytes} B` : bytes < 2 ** 20 ? `${bytes / 1024} kB` : `${bytes / 2 ** 20} MB`,
  rows: PAYLOADS.map((bytes) => [
    bytes,
    {
      ...plain,
      id: `growth/payload-${bytes}`,
      what: `Executor: ${bytes} bytes in and out`,
      category: 'empty round trip',
      unit: 'µs',
      better: 'lower',
      contestants: pools({ job: 'echo', atOnce: 1 }, (pool, context) => {
        const value = { bytes: new Uint8Array(bytes).fill(7) };
        const count = scaled(context, Math.max(10, Math.min(1000, Math.round(2e7 / bytes))));
        return async () => {
          const began = performance.now();
          await keepInFlight(count, 1, () => pool.run(value));
          return ((performance.now() - began) * 1000) / count;
        };
      }),
    },
  ]),
};

/** All plots. */
export const plots: readonly Plot[] = [tasks, locks, payload];

/** The rows of all plots, for the process that measures one. */
export const growthRows: readonly Row[] = plots.flatMap(({ rows }) => rows.map(([, row]) => row));

/** The chart of a plot, from what was measured. Contestants that could not run have no line. */
export function chartOf(plot: Plot, results: readonly RowResult[]): Chart {
  const { title, xLabel, yLabel, xFormat, convert = (value: number) => value } = plot;
  // Ours first, wherever the rows have it, so that it has the same look in every chart.
  const ours = plot.rows[0]![1].contestants.find(({ role }) => role === 'ours')!.name;
  const lines = new Map<string, [number, number][]>([[ours, []]]);
  for (const [x, row] of plot.rows) {
    const result = results.find(({ id }) => id === row.id);
    for (const { name, values } of result?.outcomes ?? []) {
      if (values.length === 0) continue;
      if (!lines.has(name)) lines.set(name, []);
      lines.get(name)!.push([x, convert(median(values))]);
    }
  }
  const series = Array.from(lines, ([name, points]): Series => ({ name, points })).filter(
    ({ points }) => points.length > 0,
  );
  const xTicks = plot.rows.map(([x]) => x);
  return { title, xLabel, yLabel, series, xTicks, ...(xFormat ? { xFormat } : {}) };
}
