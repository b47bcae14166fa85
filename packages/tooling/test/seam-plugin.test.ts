import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ROOT } from '../src/run-step.mjs';
import { removeSeamImports } from '../src/seam-plugin.js';

const strip = (source: string) => removeSeamImports(source, 'file.ts');

describe('what the build removes', () => {
  test.each([
    `import { Atomics } from '@x/core/seam';`,
    `import { Atomics, setTimeout } from './seam.js';`,
    `import { Atomics } from "../seam.js"`,
    `import { Atomics } from '../../lower/seam.js';`,
    `import { type Seam, Atomics } from './seam.js';`,
    `import type { Seam } from './seam.js';\nimport { Atomics } from './seam.js';`,
  ])('%s', (source) => {
    expect(strip(`${source}\nAtomics.load(a, 0);\n`)).not.toMatch(/^import \{[^}]*Atomics/m);
  });

  test('an import over several lines, whose lines keep their numbers', () => {
    const out = strip(`import {\n  Atomics,\n  performance,\n} from '../seam.js';\nafter();\n`);
    expect(out).toBe('\n\n\n\nafter();\n');
  });

  test('nothing else', () => {
    const source = `import { Atomics } from './seamless.js';\nimport { a } from '@x/core';\nexport type { Seam } from './seam.js';\nconst t = "from './seam.js'";\n`;
    expect(strip(source)).toBe(source);
  });
});

describe('what the build refuses, since removing it would change its meaning', () => {
  test.each([
    `import { Atomics as A } from '@x/core/seam';`,
    `import * as seam from '@x/core/seam';`,
    `import seam from './seam.js';`,
    `export { Atomics } from './seam.js';`,
    `export * from './seam.js';`,
    `import './seam.js';`,
    `const seam = await import('@x/core/seam');`,
  ])('%s', (source) => {
    expect(() => strip(source)).toThrow(/seam/);
  });
});

test('no built file but core/dist/seam.js knows the seam', () => {
  const packages = readdirSync(join(ROOT, 'packages')).filter(
    (name) => name !== 'tooling' && name !== 'bench',
  );
  const files = packages.flatMap((name) => {
    const dist = join(ROOT, 'packages', name, 'dist');
    return readdirSync(dist)
      .filter((file) => file.endsWith('.js'))
      .map((file) => join(dist, file));
  });
  expect(files.length).toBeGreaterThan(packages.length - 1);
  const seam = join('core', 'dist', 'seam.js');
  // The testkit drives the explorer, which is what the seam is for.
  const users = files.filter((file) => !file.endsWith(seam) && !file.includes(join('testkit', 'dist')));
  const knowing = users.filter((file) => /['"][^'"]*\bseam(\.js)?['"]/.test(readFileSync(file, 'utf8')));
  expect(knowing).toEqual([]);
});
