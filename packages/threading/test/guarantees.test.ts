/** The tests by which ARCHITECTURE.md shows the guarantees are there. */
import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const read = (path: string): string => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');

/** `file` › title, each in the second column of a table, several with a break between. */
const NAMED = /`([\w./-]+\.ts)` › (.+?)(?=<br>| +\|)/g;

test('every guarantee names a test, and every test that is named exists', () => {
  const section = /^## Guarantees$(.*?)^## /ms.exec(read('ARCHITECTURE.md'))?.[1] ?? '';
  const rows = section
    .split('\n')
    .filter((line) => line.startsWith('|') && !/^\| (guarantee|---)/.test(line));
  expect(rows.length).toBeGreaterThan(40);
  expect(rows.filter((row) => row.search(NAMED) === -1)).toEqual([]);
  const missing = [...section.matchAll(NAMED)].filter(([, file, title]) => {
    const path = `packages/${file}`;
    // A title stands in the source as it is written here, in quotes of some kind.
    return !existsSync(new URL(`../../../${path}`, import.meta.url)) || !isTitle(read(path), title!);
  });
  expect(missing.map(([named]) => named)).toEqual([]);
});

function isTitle(source: string, title: string): boolean {
  return ["'", '"', '`'].some((quote) => source.includes(`${quote}${title}${quote}`));
}
