/** What it costs to import a package. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Contestant, Row } from '../harness/row.js';

const PROGRAM = fileURLToPath(new URL('../workers/import.js', import.meta.url));
const PRELOAD = new URL('../peers/preload.js', import.meta.url).href;

/** In a process of its own; what is imported twice costs nothing. */
function importing(name: string, role: Contestant['role'], specifier = name): Contestant {
  return {
    name,
    role,
    prepare: () => ({
      slice: () =>
        Number(
          execFileSync(process.execPath, ['--import', PRELOAD, PROGRAM, specifier], { encoding: 'utf8' }),
        ),
    }),
  };
}

/** The rows of this subject. */
export const importRows: readonly Row[] = [
  {
    id: 'lock/import',
    what: 'import of @x/lock',
    category: 'start-up',
    unit: 'ms',
    better: 'lower',
    warmUp: 1,
    contestants: [
      importing('@x/lock', 'ours'),
      importing('an empty module', 'baseline', new URL('../workers/nothing.js', import.meta.url).href),
      importing('async-mutex', 'peer'),
      importing('multithreading', 'peer'),
    ],
    targets: [{ against: 'nothing', atMost: 5 }],
  },
];
