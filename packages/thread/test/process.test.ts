/** What can only be seen from outside of a process: its output, its end, its exit status. */
import { execFile, spawn, spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const TIMEOUT_MS = 25_000;
/** Two thousand threads take most of a minute. */
const CHURN_MS = process.env['TEST_LONG'] ? 240_000 : TIMEOUT_MS;

const program = (name: string): string => fileURLToPath(new URL(`./programs/${name}.mjs`, import.meta.url));

interface Ended {
  readonly status: number | null;
  readonly out: string[];
  readonly error: string;
  readonly ms: number;
}

function run(name: string, args: string[] = [], flags: string[] = [], timeout = TIMEOUT_MS): Promise<Ended> {
  const before = performance.now();
  return new Promise((resolve) => {
    const options = { timeout, maxBuffer: 64 * 1024 * 1024 };
    const child = execFile(
      process.execPath,
      [...flags, program(name), ...args],
      options,
      (_error, out, error) => {
        resolve({
          status: child.exitCode,
          out: out.split('\n').filter((line) => line !== ''),
          error,
          ms: performance.now() - before,
        });
      },
    );
  });
}

function checkMuch(lines: readonly string[]): void {
  expect(lines.at(-1)).toBe('last');
  expect(lines).toHaveLength(100_001);
  const next: Record<string, number> = { a: 0, b: 0 };
  for (const line of lines.slice(0, -1)) {
    const found = /^(a|b) (\d{6}) x{90}$/.exec(line);
    if (!found || Number(found[2]) !== next[found[1]!]!++) throw new Error(`torn or out of order: ${line}`);
  }
}

describe('what threads print', () => {
  it('is out, whole and in order, when join returns: to a pipe', async () => {
    const { out, status } = await run('print-much');
    checkMuch(out);
    expect(status).toBe(0);
  });

  it('is out, whole and in order, when join returns: to a pipe whose reader is slow', async () => {
    const child = spawn(process.execPath, [program('print-much')], { stdio: ['ignore', 'pipe', 'inherit'] });
    const parts: Buffer[] = [];
    for await (const part of child.stdout) {
      parts.push(part as Buffer);
      if (parts.length % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 2));
    }
    checkMuch(Buffer.concat(parts).toString().trimEnd().split('\n'));
  });

  it('is out, whole and in order, when join returns: to a file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'x-thread-'));
    try {
      const file = openSync(join(folder, 'out'), 'w');
      const child = spawn(process.execPath, [program('print-much')], { stdio: ['ignore', file, 'inherit'] });
      await new Promise((resolve) => child.once('exit', resolve));
      closeSync(file);
      checkMuch(readFileSync(join(folder, 'out'), 'utf8').trimEnd().split('\n'));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  // `script` of util-linux is what gives a program a terminal; other systems have none of that name and kind.
  const probe = spawnSync('script', ['--version'], { encoding: 'utf8' });
  const hasTerminal = probe.status === 0 && probe.stdout.includes('util-linux');
  it.runIf(hasTerminal)('is out, whole and in order, when join returns: to a terminal', () => {
    const command = `${process.execPath} ${program('print-much')}`;
    const { stdout, status } = spawnSync('script', ['-qec', command, '/dev/null'], {
      encoding: 'utf8',
      timeout: TIMEOUT_MS,
      maxBuffer: 64 * 1024 * 1024,
    });
    expect(status).toBe(0);
    checkMuch(stdout.split('\r\n').filter((line) => line !== ''));
  });

  it(
    'can be piped or ignored',
    async () => {
      for (const child of ['thread', 'daemon']) {
        const { out, status } = await run('stdio', [child]);
        expect(out).toEqual(['piped: to out / to err', 'done', 'piped in the end: 100001']);
        expect(status).toBe(0);
      }
    },
    CHURN_MS,
  );
});

describe('an uncaught error', () => {
  it('ends its thread alone, is printed, and leaves the exit status', async () => {
    const { out, error, status } = await run('exit-status');
    expect(status).toBe(0);
    expect(out).toEqual([
      'thrower RangeError: thrown',
      'stray Error: stray',
      'timer TypeError: late',
      'non-error {"not":"an error"}',
      'main goes on',
    ]);
    for (const name of ['thrower', 'stray', 'timer', 'non-error']) {
      expect(error).toContain(`Exception in thread ${name}:\n`);
    }
    expect(error).toMatch(/RangeError: thrown\n {4}at .*exit-status\.mjs:8:13/);
    expect(error).not.toContain('Warning');
  });
});

describe('the process', () => {
  it.each([
    ['a pending acquireAsync in a thread', 'acquire-in-thread', ['acquired']],
    ['a thread that nobody keeps', 'forgotten', ['ran']],
  ])('is kept alive by %s', async (_title, action, lines) => {
    const { out, status } = await run('keeps-alive', [action]);
    expect(out).toEqual(lines);
    expect(status).toBe(0);
  });

  it.each([
    ['a daemon thread that waits', 'daemon'],
    ['a daemon thread in an endless loop', 'daemon-loop'],
    ['a daemon thread whose module never finishes loading', 'daemon-never-loaded'],
    ['a thread that was never started', 'never-started'],
    ['a timer that a finished thread has left behind', 'left-timer'],
  ])('is not kept alive by %s', async (_title, action) => {
    const { out, status, ms } = await run('keeps-alive', [action]);
    expect(out).toEqual([]);
    expect(status).toBe(0);
    expect(ms).toBeLessThan(15_000);
  });

  it('waits for a thread that was started by one that has ended', async () => {
    expect((await run('nested')).out).toEqual(['outer finished', 'joined false', 'inner finished']);
    expect((await run('nested', ['join'])).out).toEqual([
      'outer finished',
      'joined false',
      'inner finished',
      'true false',
    ]);
  });

  it('does not wait for a daemon thread that was started by a thread', async () => {
    expect((await run('nested', ['daemon'])).out).toEqual(['outer finished', 'joined false']);
  });
});

describe('a thread that is killed while main blocks in join', () => {
  it.runIf(process.platform === 'linux')('by a limit that lets it not even begin: join returns', async () => {
    const { out } = await run('killed', ['limit']);
    expect(out).toEqual([
      'joined true false',
      'in time true',
      expect.stringMatching(/^ThreadStateError victim died/),
      'acquired',
    ]);
  });

  it.each([
    ['by process.exit()', 'exit', /^ThreadStateError victim ended with process\.exit\(3\)/],
    ['by an uncaught error', 'throw', /^Error thrown/],
    ['by its memory limit', 'memory', /^ThreadStateError victim (died|ran out of memory)/],
    ['by terminate()', 'terminate', /^ThreadStateError victim was terminated/],
  ])(
    '%s: join returns, result says why, its lock is abandoned',
    async (_title, way, message) => {
      const { out, status } = await run('killed', [way]);
      expect(out).toEqual([
        'joined true false',
        'in time true',
        expect.stringMatching(message),
        'AbandonedError',
      ]);
      expect(status).toBe(0);
    },
    CHURN_MS,
  );
});

describe('two thousand threads', () => {
  it(
    'leave no handle, no warning and no growth',
    async () => {
      // The long mode of the stress tests runs all of them; the property shows with fewer.
      const total = process.env['TEST_LONG'] ? '2000' : '80';
      const { out, status, error } = await run('churn', [total], ['--expose-gc'], CHURN_MS);
      expect(error).toBe('');
      expect(out).toEqual(['resources 0', 'grown by less than a megabyte true']);
      expect(status).toBe(0);
    },
    CHURN_MS,
  );
});
