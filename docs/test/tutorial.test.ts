/** The tutorial's programs: both styles print the same, also while the main thread's event loop is blocked. */
import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const EXAMPLES = join(ROOT, 'docs', 'examples');
const BLOCK = new URL('./block-main.mjs', import.meta.url).href;
const TIMEOUT_MS = 25_000;

interface Ended {
  readonly lines: string[];
  readonly error: string;
  readonly status: number | null;
  /** From the first output to the end. */
  readonly ms: number;
}

function run(program: string, flags: readonly string[], args: readonly string[] = []): Promise<Ended> {
  let first = Infinity;
  const argv = [...flags, join(ROOT, 'docs', 'dist', `${program}.js`), ...args];
  return new Promise((resolve) => {
    const options = { cwd: EXAMPLES, timeout: TIMEOUT_MS, maxBuffer: 16 * 1024 * 1024 };
    const child = execFile(process.execPath, argv, options, (_error, out, error) => {
      const lines = out.split('\n').slice(0, -1);
      resolve({ lines, error, status: child.exitCode, ms: performance.now() - first });
    });
    child.stdout?.once('data', () => {
      first = performance.now();
    });
  });
}

const threadLines = ['Thread:  0', 'Thread:  1', 'Thread:  2'];
const squares = ['Square of 2: 4.', 'Square of 4: 16.', 'Square of 5: 25.', 'Square of 55: 3025.'].sort();

/** What must hold for the lines of each program. */
const checks: Record<string, (ended: Ended) => void> = {
  '01-create'({ lines }) {
    expect(lines[0]).toBe('Statement: Creating and Starting a Thread.');
    expect(lines.filter((line) => line.startsWith('Thread: '))).toEqual(threadLines);
    expect(lines.filter((line) => line === 'Statement: Thread Execution Finished.')).toHaveLength(1);
    expect(lines).toHaveLength(5);
  },
  '02-join'({ lines }) {
    expect(lines).toEqual([
      'Statement: Creating and Starting a Thread.',
      ...threadLines,
      'Statement: Thread Execution Finished.',
    ]);
  },
  '03-daemon'({ lines, ms }) {
    expect(lines).toContain('Main program exiting.');
    expect(lines).not.toContain('Daemon thread finished executing.');
    expect(lines.filter((line) => line !== 'Main program exiting.')).toEqual(['Daemon thread is running.']);
    expect(ms).toBeLessThan(15_000);
  },
  '05-semaphore'({ lines }) {
    let inside = 0;
    for (const line of lines) {
      if (line.endsWith('Acquired the semaphore')) inside++;
      // What is printed after the release may come after the next acquire.
      if (line.endsWith('Released the semaphore.')) inside--;
      expect(inside).toBeLessThanOrEqual(3);
    }
    for (const n of [1, 2, 3]) {
      expect(lines.filter((line) => line.startsWith(`Thread ${n}: `))).toEqual([
        `Thread ${n}: Waiting`,
        `Thread ${n}: Acquired the semaphore`,
        ...Array.from({ length: 5 }, () => `Thread ${n}: In process`),
        `Thread ${n}: Released the semaphore.`,
      ]);
    }
    expect(processingAtOnce(lines)).toBeLessThanOrEqual(2);
    expect(lines.at(-1)).toBe('All threads have finished.');
    expect(lines).toHaveLength(25);
  },
  '06-executor'({ lines }) {
    expect([...lines].sort()).toEqual(squares);
  },
  '07-executor-scoped'({ lines }) {
    expect(lines.slice(0, 4).sort()).toEqual(squares);
    expect(lines.slice(4)).toEqual(['All squares are computed.']);
  },
  '08-current-main'({ lines }) {
    expect(lines[0]).toBe('Main thread   : MainThread started.');
    expect(lines.at(-1)).toBe('Main thread   : MainThread finished.');
    expect(lines.slice(1, -1).sort()).toEqual([
      'Current Thread: Thread-1 (task) is running.',
      'Current Thread: Thread-1 (task) is running.',
      'Current Thread: Thread-2 (task) is running.',
      'Current Thread: Thread-2 (task) is running.',
    ]);
  },
  '09-enumerate'({ lines }) {
    const counts = lines.slice(0, 6).map((line) => Number(/^Active Thread Count: (\d)$/.exec(line)?.[1]));
    for (const count of counts) {
      expect(count).toBeGreaterThanOrEqual(1);
      expect(count).toBeLessThanOrEqual(6);
    }
    expect(counts[5]).toBe(1);
    expect(lines.slice(6)).toEqual(['Active Thread List: MainThread']);
  },
  '10-ident'({ lines, ms }) {
    const ids = (what: string): string[] =>
      lines
        .map((line) => new RegExp(`^Thread (\\d+) is ${what}\\.$`).exec(line)?.[1])
        .filter((id) => id !== undefined)
        .sort();
    expect(new Set(ids('running')).size).toBe(5);
    expect(ids('terminated')).toEqual(ids('running'));
    expect(lines.at(-1)).toBe('All threads are terminated.');
    expect(lines).toHaveLength(11);
    // About one second; five if they did not sleep at the same time.
    expect(ms).toBeGreaterThanOrEqual(950);
    expect(ms).toBeLessThan(4900);
  },
};

/** How many threads printed between their first and their last `In process` at one time. */
function processingAtOnce(lines: readonly string[]): number {
  const seen: Record<string, number> = {};
  let inside = 0;
  let most = 0;
  for (const line of lines) {
    const n = /^Thread (\d): In process$/.exec(line)?.[1];
    if (n === undefined) continue;
    seen[n] = (seen[n] ?? 0) + 1;
    if (seen[n] === 1) most = Math.max(most, ++inside);
    if (seen[n] === 5) inside--;
  }
  return most;
}

beforeAll(() => {
  execFileSync(process.execPath, [join(ROOT, 'packages', 'tooling', 'src', 'tutorial.mjs'), '--compile'], {
    cwd: ROOT,
  });
});

describe.each([
  ['', []],
  [', the event loop of the main thread blocked', ['--import', BLOCK]],
])('prints what the tutorial says%s', (_title, flags) => {
  it.each(Object.keys(checks).flatMap((name) => [name, `${name}-async`]))('%s', async (program) => {
    const ended = await run(program, flags);
    expect(ended.error).toBe('');
    expect(ended.status).toBe(0);
    checks[program.replace(/-async$/, '')]!(ended);
  });
});

describe('04-lock appends a file of many lines twice, never interleaved', () => {
  const folder = mkdtempSync(join(tmpdir(), 'x-tutorial-'));
  const file = join(folder, 'many.txt');
  const text = Array.from({ length: 20_000 }, (_, i) => `line ${i} of the file`).join('\n');
  writeFileSync(file, `${text}\n`);
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  it.each([
    ['04-lock', []],
    ['04-lock-async', []],
    ['04-lock', ['--import', BLOCK]],
    ['04-lock-async', ['--import', BLOCK]],
  ])('%s %j', async (program, flags) => {
    const { lines, error, status } = await run(program, flags, [file]);
    expect(error).toBe('');
    expect(status).toBe(0);
    expect(lines.join('\n') === `Data:  \n${text}\n${text}`).toBe(true);
  });
});
