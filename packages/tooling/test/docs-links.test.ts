/** The link checker, on small sites. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { checkLinks } from '../src/docs/check-links.mjs';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function site(files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'site-'));
  folders.push(folder);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  return folder;
}

const check = (files: Record<string, string>) => checkLinks(site(files), new Set(['docs.python.org'])).broken;

test('links to pages, anchors, the page itself and allowed hosts are whole', () => {
  const broken = check({
    'index.html':
      '<a href="a/b.html#one">1</a> <a href="#here" id="here">2</a> <a href="https://docs.python.org/3/">3</a>',
    'a/b.html':
      '<h2 id="one">One</h2> <a href="../index.html">back</a> <script>"<a href=\'no.html\'>"</script>',
  });
  expect(broken).toEqual([]);
});

test.each([
  ['a page that is not there', '<a href="gone.html">x</a>', 'page that does not exist'],
  ['an anchor that is not there', '<a href="#gone">x</a>', 'anchor that does not exist'],
  ['a folder', '<a href="sub">x</a>', 'name its index.html'],
  ['something outside', '<a href="../x.html">x</a>', 'leads out of the site'],
  ['an unknown host', '<a href="https://example.org/">x</a>', 'not on the list'],
  ['a scheme that is none', '<a href="javascript:alert()">x</a>', 'has the scheme'],
  [
    'a script from elsewhere',
    '<script src="https://docs.python.org/x.js"></script>',
    'put the file into the site',
  ],
  ['an image from elsewhere', '<img src="//docs.python.org/x.png" />', 'put the file into the site'],
])('%s is reported', (_, html, message) => {
  expect(check({ 'index.html': html, 'sub/index.html': '' })).toEqual([expect.stringContaining(message)]);
});
