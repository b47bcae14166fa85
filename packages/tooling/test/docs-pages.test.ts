/** How pages of the repository become pages of a site. */
import { expect, test } from 'vitest';
import { REPOSITORY, brokenLinks, rewriteLinks } from '../src/docs/pages.mjs';
import { NAME, linkNames } from '../src/docs/site-links.mjs';

const page = (text: string) => ({
  source: 'docs/guides/choosing.md',
  slug: 'choosing',
  title: 'Choosing',
  text,
});

test('a link to a page of the site goes there, with its anchor', () => {
  const text = rewriteLinks(page('[lock](../../packages/lock/README.md#api)'), (target) =>
    target === 'packages/lock/README.md' ? 'there' : undefined,
  );
  expect(text).toBe('[lock](there#api)');
});

test('a link to any other file goes to the repository; one to nothing is noted', () => {
  const file = '../../packages/core/src/errors.ts';
  expect(rewriteLinks(page(`[x](${file})`), () => undefined)).toBe(
    `[x](${REPOSITORY}packages/core/src/errors.ts)`,
  );
  rewriteLinks(page('[x](./never-written.md)'), () => undefined);
  expect([...brokenLinks]).toEqual([expect.stringContaining('never-written.md, which does not exist')]);
});

test('names in the text become links, those in code, headings and links do not', () => {
  expect(linkNames('Use `Lock` of `@x/lock`.')).toBe(
    `Use [\`Lock\`](${NAME}Lock) of [\`@x/lock\`](${NAME}@x/lock).`,
  );
  expect(linkNames('`Lock.acquire()`')).toBe(`[\`Lock.acquire()\`](${NAME}Lock.acquire)`);
  const untouched = '# `Lock`\n\n[`Lock`](there)\n\n```ts\nnew Lock() // `Lock`\n```\n\n`lock.acquire()`';
  expect(linkNames(untouched)).toBe(untouched);
});
