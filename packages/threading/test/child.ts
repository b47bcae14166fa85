/** Programs of these tests, each in a process of its own. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** How a program ended. */
export interface Ended {
  readonly status: number | null;
  /** What killed it, if anything did. */
  readonly signal: NodeJS.Signals | null;
  /** The lines that it printed, each of them JSON. */
  readonly lines: unknown[];
  readonly error: string;
}

/** Runs `programs/NAME.mjs`. A program that is stuck is killed after `ms` milliseconds; what it printed until then counts. */
export function run(
  name: string,
  args: readonly string[],
  flags: readonly string[] = [],
  ms = 100_000,
): Promise<Ended> {
  const program = fileURLToPath(new URL(`./programs/${name}.mjs`, import.meta.url));
  return new Promise((resolve) => {
    const options = { timeout: ms, killSignal: 'SIGKILL', maxBuffer: 2 ** 26 } as const;
    const child = execFile(process.execPath, [...flags, program, ...args], options, (_error, out, error) => {
      const lines = out.split('\n').filter((line) => line !== '');
      resolve({
        status: child.exitCode,
        signal: child.signalCode,
        lines: lines.map((line) => JSON.parse(line) as unknown),
        error,
      });
    });
  });
}
