/**
 * Everything that must hold, in one command: build, static checks, tests on every supported Node, each package
 * published alone, documentation, releases tried out. Prints a line for each step, the output of those that fail and,
 * last, `N passed, N failed` over all tests; a step that is not made of tests counts only when it fails. Exits non-zero
 * when something failed or nothing ran.
 */
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { otherNodes } from './nodes.mjs';
import { ROOT, killAll, runStep } from './run-step.mjs';

/** The whole may take no longer; a step that hangs is cut off by its own, shorter limit. */
const DEADLINE_MS = 25 * 60_000;

/** How much of what a failed step printed is shown. */
const HEAD_LINES = 120;
const TAIL_LINES = 60;

const COUNTS_FILE = join(ROOT, 'node_modules', '.cache', 'verify', 'counts.jsonl');
const VITEST = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs');

/** @type {{ name: string, ms: number, passed: number, failed: number, note: string }[]} */
const report = [];

const seconds = (/** @type {number} */ ms) => `${(ms / 1000).toFixed(1)} s`;

/** @param {import('./run-step.mjs').StepResult} result */
const outcome = ({ status }) => (status === 0 ? 'ok' : status === 124 ? 'timed out' : `status ${status}`);

/** The beginning and the end of a long text. @param {string} text */
function shorten(text) {
  const lines = text.trimEnd().split('\n');
  if (lines.length <= HEAD_LINES + TAIL_LINES) return lines.join('\n');
  const left = lines.length - HEAD_LINES - TAIL_LINES;
  const note = `… ${left} lines left out; run the step by itself to see them …`;
  return [...lines.slice(0, HEAD_LINES), note, ...lines.slice(-TAIL_LINES)].join('\n');
}

/**
 * One line for a step that went well; what it printed for one that did not, and always what it measured.
 * @param {string} name @param {import('./run-step.mjs').StepResult} result @param {string} [counts]
 */
function announce(name, result, counts) {
  console.log(`── ${[name, outcome(result), seconds(result.ms), counts].filter(Boolean).join('  ')}`);
  if (result.status !== 0) console.log(shorten(result.output));
  else for (const [line] of result.output.matchAll(/^size @x.*$/gm)) console.log(`   ${line}`);
}

/**
 * A step that either holds or does not.
 * @param {string} name @param {string} command @param {string[]} args
 * @returns {Promise<boolean>}
 */
async function gate(name, command, args) {
  const result = await runStep(command, args);
  const failed = result.status === 0 ? 0 : 1;
  announce(name, result);
  report.push({ name, ms: result.ms, passed: 0, failed, note: outcome(result) });
  return !failed;
}

/**
 * A run of vitest, whose tests are counted.
 * @param {string} name @param {string[]} args @param {{ node?: string, timeout?: number, env?: NodeJS.ProcessEnv }} [options]
 */
async function tests(name, args, { node = process.execPath, timeout, env } = {}) {
  const file = `${COUNTS_FILE}.${report.length}.${name.replace(/\W+/g, '-')}`;
  const result = await runStep(
    node,
    [VITEST, 'run', '--config', 'packages/tooling/vitest.config.ts', ...args],
    {
      env: { ...env, COUNTS_FILE: file },
      ...(timeout === undefined ? {} : { timeout }),
    },
  );
  const lines = existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
  const counts = lines.map((line) => /** @type {{ passed: number, failed: number }} */ (JSON.parse(line)));
  const passed = counts.reduce((sum, count) => sum + count.passed, 0);
  let failed = counts.reduce((sum, count) => sum + count.failed, 0);
  // The run itself broke: no count came out of it, or it failed for a reason that is no test's.
  if (result.status !== 0 && failed === 0) failed = 1;
  announce(name, result, `${passed} passed, ${failed} failed`);
  report.push({ name, ms: result.ms, passed, failed, note: outcome(result) });
}

/** Prints the table and the totals, and ends the process. @returns {never} */
function finish() {
  console.log('\n── summary');
  for (const { name, ms, passed, failed, note } of report) {
    const counts = passed + failed > 0 ? `${passed} passed, ${failed} failed` : '';
    console.log(`${name.padEnd(16)}${seconds(ms).padStart(9)}  ${note.padEnd(12)}${counts}`.trimEnd());
  }
  const passed = report.reduce((sum, step) => sum + step.passed, 0);
  const failed = report.reduce((sum, step) => sum + step.failed, 0);
  if (passed === 0) console.log('No test ran.');
  console.log(`${passed} passed, ${failed} failed`);
  process.exit(failed > 0 || passed === 0 ? 1 : 0);
}

// The log is read, and searched, without colours.
process.env['NO_COLOR'] = '1';
delete process.env['FORCE_COLOR'];

setTimeout(() => {
  killAll();
  report.push({ name: 'deadline', ms: DEADLINE_MS, passed: 0, failed: 1, note: 'timed out' });
  finish();
}, DEADLINE_MS).unref();

rmSync(dirname(COUNTS_FILE), { recursive: true, force: true });
mkdirSync(dirname(COUNTS_FILE), { recursive: true });

// Everything else reads `dist`, so a failed build ends it.
if (!(await gate('build', 'pnpm', ['run', 'build']))) finish();
if (!(await gate('examples', process.execPath, ['packages/tooling/src/tutorial.mjs', '--compile']))) finish();

// Two cores: the static checks run beside each other, the tests, whose timing matters, alone.
const nodes = otherNodes();
nodes.catch(() => undefined);
await Promise.all([
  (async () => {
    await gate('eslint', 'pnpm', ['run', 'lint:code']);
    await gate('prettier', 'pnpm', ['run', 'lint:format']);
  })(),
  (async () => {
    await gate('typecheck', 'pnpm', ['run', 'typecheck']);
    await gate('package map', 'pnpm', ['run', 'check:map']);
    await gate('published', 'pnpm', ['run', 'check:published']);
    await gate('unused', 'pnpm', ['run', 'check:unused']);
    await gate('api', 'pnpm', ['run', 'check:api']);
    await tests('types', ['--project', 'types', '--passWithNoTests']);
  })(),
]);
await tests('unit', ['--project', 'unit']);
// Slow machines need more than the default of ten minutes.
await tests('model', ['--project', 'model', '--passWithNoTests'], { timeout: 900_000 });
try {
  const others = await nodes;
  for (const { major, path } of others) {
    // What differs between versions shows at the ends, as a rule.
    const PORTABLE = major === others.at(-1)?.major ? 'full' : 'brief';
    await tests(`node ${major}`, ['--project', 'unit'], { node: path, timeout: 300_000, env: { PORTABLE } });
  }
} catch (error) {
  console.log(String(error));
  report.push({ name: 'other nodes', ms: 0, passed: 0, failed: 1, note: 'not fetched' });
}
await Promise.all([
  tests('publish', ['--project', 'publish']),
  (async () => {
    if (await gate('docs', 'pnpm', ['run', 'docs'])) await tests('docs site', ['--project', 'docs']);
  })(),
]);
await tests('release', ['--project', 'release']);
finish();
