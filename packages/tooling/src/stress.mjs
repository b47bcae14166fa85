/**
 * The long mode of the stress tests, and of those that measure or count much: an hour's worth of luck in some
 * minutes. Arguments choose files as those of `vitest run` do; `TEST_SEED=n` makes another run.
 */
import { runStep } from './run-step.mjs';

const FILES = ['.stress.test', 'threading/test/fairness.test', 'threading/test/cancellation.test'];
const chosen = process.argv.slice(2);
const args = ['run', '--config', 'packages/tooling/vitest.config.ts', '--project', 'unit'];

// One file at a time: what is measured is not to be disturbed by what is stressed.
const { status } = await runStep(
  'vitest',
  [...args, '--no-file-parallelism', ...(chosen.length > 0 ? chosen : FILES)],
  { live: true, timeout: 30 * 60_000, env: { TEST_LONG: '1' } },
);
process.exitCode = status;
