import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const program = fileURLToPath(new URL('./programs/exit.mjs', import.meta.url));

function run(name: string): { status: number | null; lines: string[]; errors: string; ms: number } {
  const began = performance.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--expose-gc', program, name], {
    encoding: 'utf8',
    timeout: 20_000,
  });
  const lines = stdout.split('\n').filter((line) => line !== '');
  return { status, lines, errors: stderr, ms: performance.now() - began };
}

describe('the process', () => {
  it.each([
    ['runs all pending tasks before it ends', 'pending', ['task', 'task', 'task']],
    ['calls back before it ends', 'callback', ['task', 'called']],
    ['ends with idle workers', 'idle', ['result']],
    ['ends with idle workers, after await', 'awaited', ['result']],
    ['ends with an executor that was never used', 'unused', []],
    ['runs what does not fit the ring before it ends', 'many', ['all']],
    ['ends with status 0 after a failure that nobody looks at', 'failed', []],
    ['goes on after an await at the top level', 'top-level-await', ['task', 'after']],
    ['lets the workers of a forgotten executor go', 'forgotten', ['2', '1']],
    ['keeps the workers of an executor that another thread has', 'handed-out', ['5']],
    ['keeps nothing of executors that were shut down', 'many-pools', ['true']],
    ['ends although a task has left a timer behind', 'leftover', []],
  ])('%s', (_title, name, expected) => {
    const { status, lines, errors } = run(name);
    expect({ status, lines, errors }).toEqual({ status: 0, lines: expected, errors: '' });
  });

  it('prints what tasks print before a block with the executor is left', () => {
    const { status, lines } = run('scoped');
    expect(status).toBe(0);
    expect(lines.at(-1)).toBe('after the block');
    expect(lines.slice(0, -1).sort()).toEqual([
      'Square of 2: 4.',
      'Square of 4: 16.',
      'Square of 55: 3025.',
      'Square of 5: 25.',
    ]);
  });
});
