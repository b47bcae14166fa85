/**
 * CPython and this project, side by side: seeded scripts of operations on every primitive, each by three real
 * threads with a fixed schedule. Every value, every kind of error, and when each operation ends must agree.
 *
 * `PYTHON3` names another interpreter than `python3`; `TEST_LONG` runs ten times as many scripts; `TEST_SEED` others.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { LONG, random } from '@x/testkit';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Conductor } from './differential/conductor.js';
import { generate } from './differential/generate.js';
import { MODELS } from './differential/models.js';
import { findPython, PYTHON } from './differential/python.js';
import type { Outcomes, Script } from './differential/script.js';

const SCRIPTS = LONG ? 2500 : 250;
const STEPS = 14;

/** Which error here is which in Python. */
const ERRORS: Record<string, string> = {
  // An error that a task or an action throws on purpose.
  ArithmeticError: 'EvalError',
  BrokenBarrierError: 'BrokenBarrierError',
  CancelledError: 'CancelledError',
  Empty: 'QueueEmptyError',
  // A lock that is not held, or by somebody else.
  RuntimeError: 'NotHeldError',
  ShutDown: 'QueueShutDownError',
  TimeoutError: 'TimeoutError',
  TypeError: 'TypeError',
  ValueError: 'RangeError',
};

const python = findPython();
if ('reason' in python) console.log(`The comparison with CPython is skipped: ${python.reason}.`);
const canShutDown = 'minor' in python && python.minor >= 13;

/** What CPython makes of the scripts. */
function inPython(scripts: readonly Script[]): Promise<Outcomes> {
  return new Promise((resolve, reject) => {
    const peer = fileURLToPath(new URL('./differential/peer.py', import.meta.url));
    const child = execFile(PYTHON, [peer], { maxBuffer: 2 ** 28, timeout: 600_000 }, (error, out) => {
      if (error) reject(error);
      else resolve(JSON.parse(out) as Outcomes);
    });
    child.stdin!.end(JSON.stringify(scripts));
  });
}

/** An outcome of Python's in the words of this side. */
function translate(kind: string, op: string, outcome: Outcomes[number][number]): unknown {
  if (outcome === null) return null;
  const full = op === 'tryPut' && 'error' in outcome && outcome.error === 'Full';
  // Where Python's `put_nowait` raises, `tryPut` says so, as every `try…` does.
  if (op === 'tryPut') {
    if (full) return { ...outcome, error: undefined, value: false };
    if ('value' in outcome) return { ...outcome, value: true };
  }
  // `join` takes a time-out here, and says whether it has expired.
  if (kind.endsWith('Queue') && op === 'join' && 'value' in outcome) return { ...outcome, value: true };
  if (!('error' in outcome)) return outcome;
  if (outcome.error === 'Full') return { ...outcome, error: 'QueueFullError' };
  return { ...outcome, error: ERRORS[outcome.error] ?? `${outcome.error} of Python in a ${kind}` };
}

describe.skipIf('reason' in python)('CPython and this project agree about', () => {
  test.each(Object.keys(MODELS))(
    '%s',
    async (kind) => {
      const rng = random();
      const count = kind === 'Future' ? SCRIPTS / 2 : SCRIPTS;
      const scripts = Array.from({ length: count }, () => generate(kind, rng.fork(), STEPS, canShutDown));
      const theirs = await inPython(scripts);
      const conductor = new Conductor();
      onTestFinished(() => conductor.stop());
      await conductor.start();
      const ours = conductor.run(scripts);
      const differences = scripts.flatMap((script, index) => {
        const expected = theirs[index]!.map((outcome, i) => translate(kind, script.steps[i]!.op, outcome));
        const step = expected.findIndex((outcome, i) => !isSame(outcome, ours[index]![i]));
        if (step < 0) return [];
        const { thread, op, args } = script.steps[step]!;
        const what = `step ${step}, thread ${thread}: ${op}(${args.join(', ')})`;
        const before = script.steps.slice(0, step).map((s) => `${s.thread}.${s.op}(${s.args.join()})`);
        return [
          `${what} gives ${JSON.stringify(ours[index]![step])}, in Python ${JSON.stringify(expected[step])}, ` +
            `in ${kind}(${script.make.join()}) after ${before.join(' ')}`,
        ];
      });
      expect(scripts.flatMap(({ steps }) => steps).some(({ blocks }) => blocks)).toBe(kind !== 'Future');
      expect(
        differences.slice(0, 5),
        `seed ${rng.seed}: ${differences.length} scripts differ, as these do`,
      ).toEqual([]);
    },
    LONG ? 600_000 : 60_000,
  );
});

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
}

function sorted(outcome: unknown): unknown {
  return (
    outcome &&
    Object.entries(outcome)
      .filter(([, value]) => value !== undefined)
      .sort(([x], [y]) => (x < y ? -1 : 1))
  );
}
