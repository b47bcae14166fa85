import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { runStep } from '../src/run-step.mjs';

const node = (script: string, timeout = 20_000) => runStep(process.execPath, ['-e', script], { timeout });

test('reports the status and everything that was printed', async () => {
  const { status, output } = await node(`console.log('out'); console.error('err'); process.exitCode = 3`);
  expect(status).toBe(3);
  expect(output).toContain('out\n');
  expect(output).toContain('err\n');
});

test('a command that does not exist is a failure', async () => {
  const { status } = await runStep('no-such-command', []);
  expect(status).toBe(127);
});

test('a command that is killed is a failure', async () => {
  const { status } = await node(`process.kill(process.pid, 'SIGKILL')`);
  expect(status).not.toBe(0);
});

test('a command that hangs is cut off, with its children', async () => {
  const hang = `
    const { pid } = require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => 0, 1000)'], { stdio: 'inherit' });
    console.log('child', pid);
    setInterval(() => 0, 1000);`;
  const { status, output } = await node(hang, 1500);
  expect(status).toBe(124);
  const child = Number(/child (\d+)/.exec(output)?.[1]);
  await expect.poll(() => isRunning(child), { timeout: 5000 }).toBe(false);
});

test('a child left behind does not keep the step from ending', async () => {
  const { status, ms } = await node(`
    require('node:child_process').spawn(process.execPath, ['-e', 'setTimeout(() => 0, 15000)'], { stdio: 'inherit' }).unref();
    console.log('done');`);
  expect(status).toBe(0);
  expect(ms).toBeLessThan(10_000);
});

/** A killed process may linger as a zombie until its parent reads its status; that counts as ended. */
function isRunning(pid: number) {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  return !zombie(pid);
}

function zombie(pid: number) {
  try {
    return /^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
