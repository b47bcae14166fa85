/**
 * Checks what published packages promise beside their code.
 *
 * 1. They move together: all of them, and nothing else, are in the `fixed` group of the changesets.
 * 2. They run no script when they are installed.
 * 3. Each dependency outside of `@x` stands in ARCHITECTURE.md, "Runtime dependencies", with a reason; and nothing
 *    else stands there.
 * 4. Their READMEs fit on two screens, and show no badge of a service that this repository does not use.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PUBLIC } from './package-map.mjs';

const INSTALL_SCRIPTS = ['preinstall', 'install', 'postinstall', 'prepare', 'preprepare', 'postprepare'];
/** Pages whose pictures a README may show, because what they say is true. None so far. @type {readonly string[]} */
const BADGES = [];
const README_LINES = 120;

/**
 * Every violation in the repository at `root`, one line each.
 * @param {string} root
 * @param {readonly string[]} [packages]
 * @returns {string[]}
 */
export function checkPublished(root, packages = PUBLIC) {
  const reasons = listedDependencies(readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8'));
  const used = new Set();
  /** @type {string[]} */
  const violations = [];
  for (const name of packages) {
    const folder = `packages/${name}`;
    const manifest = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
    for (const script of INSTALL_SCRIPTS) {
      if (manifest.scripts?.[script] === undefined) continue;
      violations.push(`${folder}/package.json: runs \`${script}\` on the machines of users; remove it`);
    }
    const dependencies = {
      ...manifest.dependencies,
      ...manifest.peerDependencies,
      ...manifest.optionalDependencies,
    };
    for (const dependency of Object.keys(dependencies)) {
      if (dependency.startsWith('@x/')) continue;
      used.add(dependency);
      if (reasons.has(dependency)) continue;
      violations.push(
        `${folder}/package.json: depends on ${dependency}; say why in ARCHITECTURE.md, "Runtime dependencies": ` +
          `a line with its name in backticks and the reason`,
      );
    }
    violations.push(...checkReadme(root, `${folder}/README.md`));
  }
  for (const dependency of reasons) {
    if (!used.has(dependency))
      violations.push(`ARCHITECTURE.md: no package depends on ${dependency}; remove it`);
  }
  violations.push(...checkReadme(root, 'README.md'), ...checkGroup(root, packages));
  return violations;
}

/** @param {string} architecture @returns {Set<string>} */
function listedDependencies(architecture) {
  const [, section = ''] =
    /^## Runtime dependencies\n([\s\S]*?)(?=^## |(?![\s\S]))/m.exec(architecture) ?? [];
  // A row of a table or an item of a list that begins with the name and goes on with words.
  return new Set([...section.matchAll(/^[-|*] *`([^`]+)`[ |:,—–-]+\w+.*$/gm)].map(([, name = '']) => name));
}

/** @param {string} root @param {string} path */
function checkReadme(root, path) {
  if (!existsSync(join(root, path))) return [`${path}: is missing`];
  const text = readFileSync(join(root, path), 'utf8');
  const pictures = [...text.matchAll(/!\[[^\]]*\]\((https?:[^)\s]+)|<img[^>]+src="(https?:[^"]+)"/g)];
  const violations = pictures
    .map(([, markdown, html]) => markdown ?? html ?? '')
    .filter((url) => !BADGES.some((page) => url.startsWith(page)))
    .map((url) => `${path}: shows ${url}, which nothing here keeps true; remove it`);
  const lines = text.split('\n').length - 1;
  if (lines > README_LINES) {
    violations.push(`${path}: has ${lines} lines; two screens are ${README_LINES}, move the rest to docs/`);
  }
  return violations;
}

/** @param {string} root @param {readonly string[]} packages */
function checkGroup(root, packages) {
  const config = JSON.parse(readFileSync(join(root, '.changeset', 'config.json'), 'utf8'));
  const group = /** @type {string[]} */ (config.fixed.flat());
  const names = packages.map((name) => `@x/${name}`);
  return [
    ...names
      .filter((name) => !group.includes(name))
      .map((name) => `.changeset/config.json: add ${name} to \`fixed\``),
    ...group
      .filter((name) => !names.includes(name))
      .map((name) => `.changeset/config.json: ${name} is not published; take it out of \`fixed\``),
  ];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const violations = checkPublished(fileURLToPath(new URL('../../..', import.meta.url)));
  for (const violation of violations) console.error(violation);
  console.log(violations.length ? `published: ${violations.length} violations` : 'published: in order');
  process.exitCode = violations.length ? 1 : 0;
}
