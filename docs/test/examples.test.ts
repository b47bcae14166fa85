/**
 * The examples for each primitive, compiled and run as their readers run them: what they print, that they
 * end by themselves, and that they leave nothing on the standard error.
 */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const TIMEOUT_MS = 25_000;

/** What each program prints. */
const EXPECTED: Record<string, readonly string[]> = {
  'bounded-buffer': ['Sum of 1 to 1000: 500500', 'Never more than four in the buffer: true'],
  'crawler-pipeline': ['100 pages, each once: true', 'From Title 1 to Title 100'],
  'dining-philosophers': ['Aristotle', 'Kant', 'Spinoza', 'Marx', 'Russell'].map(
    (name) => `${name} ate 200 times, while a neighbour ate: 0`,
  ),
  'event-start-gun': ['5 runners are ready, 0 have started.', 'Places: 1 2 3 4 5'],
  'image-blur': [
    ...Array.from({ length: 16 }, (_, i) => `[${'#'.repeat(i + 1).padEnd(16, '.')}] ${i + 1}/16`),
    '40000 pixels, as one thread does it: true',
  ],
  'lifo-walk': ['A tree of 8 levels below its root has 511 nodes.'],
  'phased-simulation': [
    ...[16, 32, 48, 64].map((generation) => `Generation ${generation}: 5 cells`),
    'Back where it began: true',
  ],
  'prime-sieve': ['Primes below 2000000: 148933', 'The largest: 1999993'],
  'priority-triage': [
    'Kim, no pulse (1)',
    'Noa, bleeding (1)',
    'Sam, a fracture (2)',
    'Ola, a cough (3)',
    'Eli, a cold (3)',
  ],
  'rlock-account': ['Together still 2000, the first has 1000.'],
  'rwlock-cache': ['Sums: 32420 32420 32420 32420', 'Lookups: 4000, computed: 100'],
  'semaphore-connections': [
    'Rows: 0 1 4 9 16 25 36 49 64 81',
    'At most 3 connections at a time: true',
    'Given back twice: RangeError',
  ],
  'shared-value-counter': ['a: 36, b: 12, c: 4, d: 4, n: 20', '12 texts, 76 letters'],
  'thread-local': ['ada: 3 requests', 'grace: 5 requests', 'nobody: 0 requests'],
  'timer-tea': ['Waiting for the tea.', 'Tea is ready after 4 minutes.', 'No alarm.'],
};

/** Modules that an example imports. */
const PARTS = ['image-blur-tile'];

interface Bundler {
  build(options: object): Promise<unknown>;
}

const sources = fileURLToPath(new URL('../examples/', import.meta.url));
const names = readdirSync(sources)
  // The tutorial's programs begin with a number and have tests of their own.
  .filter((file) => /^[a-z].*\.ts$/.test(file))
  .map((file) => file.replace(/\.ts$/, ''));

let folder = '';

beforeAll(async () => {
  // Below `docs`, so that the packages are found; in a folder that git ignores.
  const cache = fileURLToPath(new URL('../node_modules/.cache/', import.meta.url));
  mkdirSync(cache, { recursive: true });
  folder = mkdtempSync(join(cache, 'examples-'));
  const tooling = createRequire(new URL('../../packages/tooling/package.json', import.meta.url));
  await (tooling('esbuild') as Bundler).build({
    entryPoints: names.map((name) => join(sources, `${name}.ts`)),
    outdir: folder,
    format: 'esm',
    platform: 'node',
    // Lowers `using`, which Node 20 does not parse.
    target: 'es2022',
    logLevel: 'silent',
  });
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('each example has an expected output', () => {
  expect(names.filter((name) => !PARTS.includes(name))).toEqual(Object.keys(EXPECTED).sort());
});

describe('the example', () => {
  test.each(Object.keys(EXPECTED))('%s prints what it should, and ends', async (name) => {
    const ended = await new Promise<{ status: number | null; out: string[]; error: string }>((resolve) => {
      const program = join(folder, `${name}.js`);
      const child = execFile(process.execPath, [program], { timeout: TIMEOUT_MS }, (_error, out, error) =>
        resolve({ status: child.exitCode, out: out.trimEnd().split('\n'), error }),
      );
    });
    expect(ended).toEqual({ status: 0, out: EXPECTED[name], error: '' });
  });
});
