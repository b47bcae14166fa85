/** The interpreter to compare with. */
import { execFileSync } from 'node:child_process';

/** `PYTHON3` of the environment, or `python3`. */
export const PYTHON: string = process.env['PYTHON3'] ?? 'python3';

/** The version of the interpreter, or why there is none to compare with. */
export function findPython(): { readonly minor: number } | { readonly reason: string } {
  try {
    const version = execFileSync(PYTHON, ['-c', 'import sys; print(*sys.version_info[:2])'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [major, minor] = version.split(' ').map(Number);
    if (major === 3 && minor! >= 11) return { minor: minor! };
    return { reason: `${PYTHON} is Python ${version.trim().replace(' ', '.')}, not 3.11 or later` };
  } catch {
    return { reason: `there is no ${PYTHON} on this machine` };
  }
}
