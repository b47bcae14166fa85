/**
 * Builds the packages, compiles `docs/examples` and runs the programs one after another, each under a heading,
 * its output as it comes. With names as arguments only those: `pnpm run tutorial 04 05`.
 * With `--compile` it does nothing but compile the examples.
 */
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import { ROOT, runStep } from './run-step.mjs';

const SOURCES = join(ROOT, 'docs', 'examples');
const OUT = join(ROOT, 'docs', 'dist');
/** No program of the tutorial takes more than a few seconds; one that does hangs. */
const TIMEOUT_MS = 60_000;

const programs = readdirSync(SOURCES)
  .filter((name) => /\.ts$/.test(name))
  .sort();
if (programs.length === 0) throw new Error('docs/examples holds no program');

if (process.argv.includes('--compile')) {
  await compile();
} else {
  const { status } = await runStep('pnpm', ['run', 'build'], { live: true });
  if (status !== 0) process.exit(status);
  await compile();
  await run(process.argv.slice(2));
}

async function compile() {
  rmSync(OUT, { recursive: true, force: true });
  await build({
    entryPoints: programs.map((name) => join(SOURCES, name)),
    outdir: OUT,
    format: 'esm',
    platform: 'node',
    // Lowers `using`, which Node 20 does not parse.
    target: 'es2022',
    sourcemap: true,
    logLevel: 'warning',
  });
}

/** @param {string[]} wanted */
async function run(wanted) {
  const failed = [];
  let ran = 0;
  for (const program of programs) {
    // Only `01-create.ts` and the like are programs; other files are modules that they import.
    if (!/^\d/.test(program) || (wanted.length && !wanted.some((part) => program.includes(part)))) continue;
    const name = program.replace(/\.ts$/, '');
    console.log(`\n── ${name} ${'─'.repeat(Math.max(3, 60 - name.length))}`);
    const { status } = await runStep(process.execPath, [join(OUT, `${name}.js`)], {
      live: true,
      timeout: TIMEOUT_MS,
      cwd: SOURCES,
    });
    ran++;
    if (status !== 0) failed.push(`${name} (${status === 124 ? 'timed out' : `status ${status}`})`);
  }
  console.log(failed.length ? `\nFailed: ${failed.join(', ')}` : `\n${ran} programs ran.`);
  process.exitCode = failed.length || ran === 0 ? 1 : 0;
}
