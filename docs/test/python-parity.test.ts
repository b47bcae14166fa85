/** The table of `docs/python-parity.md`: every public name of Python has a row, and every test that it names is there. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { findPython, PYTHON } from './differential/python.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const table = readFileSync(`${root}docs/python-parity.md`, 'utf8');

const files = new Map<string, string>();
for (const [, letter, path] of table.matchAll(/^- \*\*(\w)\*\* `([^`]+)`/gm)) files.set(letter!, path!);
const rows = table
  .split('\n')
  .filter((line) => line.startsWith('| ') && !line.startsWith('| ---') && !/\| test +\|$/.test(line));
const cells = (row: string): string[] => row.split('|').map((cell) => cell.trim());

test('each row says whether it is the same, different, or left out; and but for the last has a test', () => {
  expect(rows.length).toBeGreaterThan(150);
  const wrong = rows.filter((row) => {
    const [, ...columns] = cells(row);
    const [verdict, reference] = columns.slice(-3);
    if (!/^(same|different|left out|as )/.test(verdict!)) return true;
    return reference === '' && !verdict!.startsWith('left out');
  });
  expect(wrong).toEqual([]);
});

test('each test that the table names is in its file', () => {
  const sources = new Map([...files].map(([letter, path]) => [letter, readFileSync(root + path, 'utf8')]));
  const missing = rows
    .map((row) => cells(row).at(-2)!)
    .filter((reference) => reference !== '')
    .filter((reference) => {
      const [, letter, title] = /^(\w) "(.+)"$/.exec(reference) ?? [];
      if (title === undefined) return true;
      // The kinds of the differential check are names in its models; those of the tutorial are files.
      const source =
        letter === 'D'
          ? readFileSync(`${root}docs/test/differential/models.ts`, 'utf8')
          : sources.get(letter!);
      return letter === 'D' ? !source!.includes(`  ${title}: (`) : !source?.includes(title);
    });
  expect(missing).toEqual([]);
});

const python = findPython();
if ('reason' in python) console.log(`The names of Python are not compared: ${python.reason}.`);

describe.skipIf('reason' in python)('of Python', () => {
  const PROGRAM = `
import threading, queue, concurrent.futures as futures
for module, prefix in ((threading, 'threading'), (queue, 'queue'), (futures, 'concurrent.futures')):
    for name in module.__all__:
        member = getattr(module, name)
        kind = type(member()) if name in ('Lock', 'RLock') else member
        print(f'{prefix}.{name}')
        if isinstance(kind, type) and not issubclass(kind, (BaseException, tuple)):
            for attribute in vars(kind):
                if not attribute.startswith('_'):
                    print(f'{prefix}.{name}.{attribute}')
`;
  /** Methods of classes that are left out, or have their rows elsewhere. */
  const COVERED =
    /^(queue\.SimpleQueue|concurrent\.futures\.(Executor|ProcessPoolExecutor|InterpreterPoolExecutor))\./;

  test('every public name has a row', () => {
    const names = execFileSync(PYTHON, ['-c', PROGRAM], { encoding: 'utf8' }).trim().split('\n');
    expect(names.length).toBeGreaterThan(80);
    const known = new Set(rows.map((row) => /^\| `([^`]+)`/.exec(row)?.[1]));
    expect(names.filter((name) => !known.has(name) && !COVERED.test(name))).toEqual([]);
  });
});
