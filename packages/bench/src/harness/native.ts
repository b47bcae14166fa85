/** Baselines that are not JavaScript: a C program and a Python script, where the machine can run them. */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const BASELINES = new URL('../../baselines/', import.meta.url);
const BUILT = new URL('../../dist/native/', import.meta.url);

/** Whether a command exists and answers. */
function answers(command: string): boolean {
  return spawnSync(command, ['--version'], { stdio: 'ignore' }).status === 0;
}

/** Why the C baselines cannot run here, if so. */
export function missingCompiler(): string | undefined {
  return answers('gcc') ? undefined : 'gcc is not installed';
}

/** Why the Python baselines cannot run here, if so. */
export function missingPython(): string | undefined {
  return answers('python3') ? undefined : 'python3 is not installed';
}

/** Compiles `baselines/NAME.c` unless that has been done, and returns the program's path. */
export function compiled(name: string): string {
  const source = fileURLToPath(new URL(`${name}.c`, BASELINES));
  const program = fileURLToPath(new URL(name, BUILT));
  if (existsSync(program) && statSync(program).mtimeMs > statSync(source).mtimeMs) return program;
  mkdirSync(fileURLToPath(BUILT), { recursive: true });
  const fresh = `${program}.${process.pid}`;
  execFileSync('gcc', ['-O2', '-pthread', '-o', fresh, source], { stdio: 'ignore' });
  renameSync(fresh, program);
  return program;
}

/** Runs a C baseline and returns the number that it prints. */
export function runCompiled(name: string, parameters: readonly number[]): number {
  return Number(execFileSync(compiled(name), parameters.map(String), { encoding: 'utf8' }));
}

/** Runs `baselines/NAME.py` and returns the number that it prints. */
export function runPython(name: string, parameters: readonly (string | number)[]): number {
  const script = fileURLToPath(new URL(`${name}.py`, BASELINES));
  return Number(execFileSync('python3', [script, ...parameters.map(String)], { encoding: 'utf8' }));
}
