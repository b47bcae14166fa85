/** Runs rows: every sample in a fresh process, contestants alternating. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Order } from './child.js';
import type { Context, Contestant, Row } from './row.js';
import { resultOf, type Outcome, type RowResult } from './verdict.js';

const CHILD = fileURLToPath(new URL('./child.js', import.meta.url));
const PRELOAD = new URL('../peers/preload.js', import.meta.url).href;

/** A sample that takes longer is given up. */
const TIMEOUT_MS = 180_000;

/** Options of a run. */
export interface RunOptions {
  readonly runs: number;
  readonly context: Context;
  /** Told after each sample. */
  readonly progress?: (text: string) => void;
}

/** Measures one row: `runs` times every contestant, in an order that rotates from run to run. */
export async function runRow(row: Row, { runs, context, progress }: RunOptions): Promise<RowResult> {
  const missing = new Map<Contestant, string>();
  const values = new Map<Contestant, number[]>(row.contestants.map((contestant) => [contestant, []]));
  for (const contestant of row.contestants) {
    const why = contestant.missing?.();
    if (why !== undefined) missing.set(contestant, why);
  }
  for (let run = 0; run < runs; run++) {
    const present = row.contestants.filter((contestant) => !missing.has(contestant));
    const turn = present.map((_, index) => present[(index + run) % present.length]!);
    for (const group of row.together ? [turn] : turn.map((contestant) => [contestant])) {
      progress?.(`${row.id} ${run + 1}/${runs} ${group.map(({ name }) => name).join(', ')}`);
      try {
        const measured = await sample(row, group, context);
        for (const [index, contestant] of group.entries()) values.get(contestant)!.push(measured[index]!);
      } catch (error) {
        for (const contestant of group) missing.set(contestant, `failed: ${(error as Error).message}`);
      }
    }
  }
  const outcomes = row.contestants.map((contestant): Outcome => {
    const { name, role } = contestant;
    const why = missing.get(contestant);
    // A contestant that failed once has too few values to be compared run by run.
    return why === undefined
      ? { name, role, values: values.get(contestant)! }
      : { name, role, values: [], missing: why };
  });
  return resultOf(row, outcomes);
}

/** One fresh process; the median of each contestant in it. */
export function sample(row: Row, contestants: readonly Contestant[], context: Context): Promise<number[]> {
  const order: Order = { row: row.id, contestants: contestants.map(({ name }) => name), context };
  // Only for whom it is meant: every worker of the process loads it, too.
  const preload = contestants.some(({ name }) => name.startsWith('multithreading'))
    ? ['--import', PRELOAD]
    : [];
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--expose-gc', ...preload, CHILD, JSON.stringify(order)], {
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
      timeout: TIMEOUT_MS,
      killSignal: 'SIGKILL',
    });
    let answer = '';
    let complaint = '';
    (child.stdio[3] as NodeJS.ReadableStream).on('data', (chunk: Buffer) => (answer += chunk.toString()));
    child.stderr!.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (answer !== '') {
        resolve((JSON.parse(answer) as (number | null)[]).map((value) => value ?? NaN));
        return;
      }
      const said = firstError(complaint);
      reject(new Error(`${signal ?? `exit ${code}`}${said ? `, ${said}` : ''}`));
    });
  });
}

/** The line of a stack that says what went wrong, with no path of this machine in it. */
function firstError(complaint: string): string {
  const lines = complaint.split('\n');
  const line = lines.find((candidate) => /^\S*Error\b/.test(candidate)) ?? lines[0] ?? '';
  return line
    .trim()
    .replaceAll(/(?:file:\/\/)?\/[^\s']*\/(?=packages\/|node_modules\/)/g, '')
    .slice(0, 160);
}
