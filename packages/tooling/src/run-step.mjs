/** Runs one command of a script: live or collected, never longer than its deadline. */
import { spawn } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

const BINARIES = ['node_modules/.bin', 'packages/tooling/node_modules/.bin'].map((path) => join(ROOT, path));

/**
 * @typedef {object} StepOptions
 * @property {boolean} [live] show the output as it comes, else only when the command has ended
 * @property {number} [timeout] milliseconds, after which the command and all its children are killed
 * @property {NodeJS.ProcessEnv} [env] added to this process's environment
 * @property {string} [cwd]
 *
 * @typedef {object} StepResult
 * @property {number} status exit status; 124 after a time-out
 * @property {string} output what it printed; empty when `live`
 * @property {number} ms
 */

/** How long the pipe of a command that has ended may stay open. */
const PIPE_MS = 1000;

/** @type {Set<number>} */
const groups = new Set();

/** @param {number} pid */
function killGroup(pid) {
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL');
  } catch {
    // It has ended already.
  }
}

/** Kills everything that {@link runStep} started and that still runs. */
export function killAll() {
  for (const pid of groups) killGroup(pid);
}

for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) {
  process.once(signal, () => {
    killAll();
    process.exit(130);
  });
}

/**
 * @param {string} command an executable; those of `node_modules/.bin` are found
 * @param {readonly string[]} args
 * @param {StepOptions} [options]
 * @returns {Promise<StepResult>}
 */
export function runStep(command, args, { live = false, timeout = 600_000, env, cwd = ROOT } = {}) {
  const started = performance.now();
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd,
      // A group of its own, so that a time-out ends the grandchildren too.
      detached: process.platform !== 'win32',
      stdio: ['ignore', live ? 'inherit' : 'pipe', live ? 'inherit' : 'pipe'],
      env: {
        ...process.env,
        TURBO_TELEMETRY_DISABLED: '1',
        ...env,
        PATH: [...BINARIES, process.env['PATH'] ?? ''].join(delimiter),
      },
    });
    const pid = child.pid ?? 0;
    let output = '';
    let timedOut = false;
    if (pid) groups.add(pid);
    const timer = setTimeout(() => {
      timedOut = true;
      killGroup(pid);
    }, timeout);
    const collect = (/** @type {string} */ text) => (output += text);
    child.stdout?.setEncoding('utf8').on('data', collect);
    child.stderr?.setEncoding('utf8').on('data', collect);
    const settle = (/** @type {number} */ status) => {
      clearTimeout(timer);
      groups.delete(pid);
      const ms = performance.now() - started;
      resolve({ status: timedOut ? 124 : status, output, ms });
    };
    child.once('error', (error) => {
      output += `${command}: ${error.message}\n`;
      settle(127);
    });
    // Output may still be on its way, until 'close'; but a grandchild that keeps the pipe open must not keep us.
    child.once('exit', (code) => {
      const overdue = setTimeout(settle, PIPE_MS, code ?? 1);
      child.once('close', () => {
        clearTimeout(overdue);
        settle(code ?? 1);
      });
      // Whoever it left behind would hold the pipe or a core.
      if (pid) killGroup(pid);
    });
  });
}
