/** Whether Node loads something of the user's before every program, which may change how modules are loaded. */
import { nodeProcess } from './builtins.js';

/** Options that load a module first, name a loader, or lead to a file with options. */
const PRELOADS =
  /^(?:-r|--require|--import|--(?:experimental-)?loader|--experimental-(?:default-type|(?:default-)?config-file))(?:=|$)/;

let known: boolean | undefined;

/**
 * Whether this process, and so each of its workers, was started with such options. Workers whose program is a text
 * do not wait for what `--import` loads, and `require()` does not ask the hooks that it installs.
 */
export function hasPreloads(): boolean {
  return (known ??= lookForPreloads());
}

function lookForPreloads(): boolean {
  const process = nodeProcess();
  if (!process) return false;
  const options = [...process.execArgv, ...(process.env['NODE_OPTIONS'] ?? '').split(/[\s"]+/)];
  return options.some((option) => PRELOADS.test(option));
}
