/**
 * The code samples of guides, READMEs and docstrings: found, compiled and run, and what they print compared with
 * what they say they print.
 *
 * A sample is a fenced block that begins with ```ts. What it prints stands behind two slashes at the end of the line that prints
 * it, after three spaces, or in comment lines of their own right below. A sample that names only a shape, or needs a file
 * that is not there, begins with ```ts no-run; it is not compiled.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { PUBLIC } from './package-map.mjs';
import { ROOT } from './run-step.mjs';

/** @typedef {{ file: string, line: number, code: string, stated: string[] }} Sample */

/** Files with the given endings below a folder. @param {string} folder @param {RegExp} pattern @returns {string[]} */
function filesBelow(folder, pattern) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && pattern.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !/node_modules|[/\\](dist|site)[/\\]/.test(path));
}

/** What the sample says it prints, in order. @param {string} code */
export function statedOutput(code) {
  /** @type {string[]} */
  const stated = [];
  let printing = false;
  for (const line of code.split('\n')) {
    const behind = /console\.log\(.*\);? {3}\/\/ (.*)$/.exec(line);
    const below = /^\/\/ (.*)$/.exec(line);
    if (behind?.[1] !== undefined) stated.push(behind[1]);
    else if (printing && below?.[1] !== undefined) stated.push(below[1]);
    // Lines of comment state output only below a line that prints and says nothing itself, or below such a comment.
    printing = (/console\.log\(/.test(line) && !behind) || (printing && below !== null);
  }
  return stated.map((text) => text.trimEnd());
}

/** Samples of a Markdown text. @param {string} file @param {string} text @param {number} [offset] @returns {Sample[]} */
export function samplesOf(file, text, offset = 0) {
  /** @type {Sample[]} */
  const samples = [];
  for (const match of text.matchAll(/^```ts\n([\s\S]*?)^```$/gm)) {
    const line = offset + text.slice(0, match.index).split('\n').length;
    const code = match[1] ?? '';
    samples.push({ file, line, code, stated: statedOutput(code) });
  }
  return samples;
}

/** Samples in the docstrings of a source. @param {string} file @param {string} source @returns {Sample[]} */
export function docstringSamples(file, source) {
  return [...source.matchAll(/\/\*\*([\s\S]*?)\*\//g)].flatMap((match) => {
    const lines = source.slice(0, match.index).split('\n').length - 1;
    return samplesOf(file, (match[1] ?? '').replace(/^ *\* ?/gm, ''), lines);
  });
}

/** All samples of the repository. @returns {Sample[]} */
export function allSamples() {
  const pages = [
    join(ROOT, 'README.md'),
    ...filesBelow(join(ROOT, 'docs'), /\.md$/),
    ...PUBLIC.map((name) => join(ROOT, 'packages', name, 'README.md')),
  ];
  const sources = PUBLIC.flatMap((name) => filesBelow(join(ROOT, 'packages', name, 'src'), /\.ts$/));
  const read = (/** @type {string} */ path) => readFileSync(path, 'utf8');
  return [
    ...pages.flatMap((path) => samplesOf(relative(ROOT, path), read(path))),
    ...sources.flatMap((path) => docstringSamples(relative(ROOT, path), read(path))),
  ];
}
