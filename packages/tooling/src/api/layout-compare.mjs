/**
 * Whether a change of a layout report is announced: by a higher layout version of everything that uses it, so that
 * an old and a new copy in one process refuse each other instead of misreading words, and by a major bump.
 */
import { PLACE, VERSION } from './layout-report.mjs';

/** @typedef {import('./layout-report.mjs').Layout} Layout */
/** @typedef {import('./api-compare.mjs').Change} Change */

/**
 * @param {Layout} before
 * @param {Layout} after
 * @returns {{ changes: Change[], errors: string[] }} the bumps that changesets must announce, and what is wrong whatever they say
 */
export function compareLayouts(before, after) {
  /** @type {Change[]} */
  const changes = [];
  /** @type {string[]} */
  const errors = [];
  const must = (/** @type {string} */ what) => changes.push({ bump: 'major', what });

  for (const [name, old] of Object.entries(before.kinds)) {
    const now = after.kinds[name];
    if (!now) {
      must(`removed kind ${name}`);
      continue;
    }
    if (now.kind !== old.kind) {
      must(`changed the number of kind ${name}: ${old.kind} to ${now.kind}`);
      errors.push(
        `kind ${name} changed its number from ${old.kind} to ${now.kind}; a number is for ever: change it back`,
      );
    }
    const grown = isHigher(now.version, old.version);
    if (now.version !== old.version) {
      must(`changed the layout version of ${name}: ${old.version} to ${now.version}`);
      if (!grown)
        errors.push(
          `the layout version of ${name} went from ${old.version} to ${now.version}; it can only grow`,
        );
    }
    const reasons = changedConstants(before, after, old.files, now.files);
    if (old.bytes !== now.bytes) reasons.push(`bytes ${old.bytes} to ${now.bytes}`);
    if (reasons.length === 0) continue;
    must(`changed the layout of ${name}: ${reasons.join(', ')}`);
    if (!grown) {
      errors.push(
        `the layout of ${name} changed (${reasons.join(', ')}) but its layout version is still ${now.version}; raise it`,
      );
    }
  }
  for (const [name, now] of Object.entries(after.kinds)) {
    if (before.kinds[name]) continue;
    const other = Object.entries(before.kinds).find(([, old]) => old.kind === now.kind);
    if (other)
      errors.push(`kind ${name} takes number ${now.kind} of ${other[0]}; choose one that was never used`);
    changes.push({ bump: 'minor', what: `added kind ${name}` });
  }

  // Files that answer for themselves: the realm, the header.
  const ofKinds = new Set(Object.values(before.kinds).flatMap(({ files }) => files));
  for (const [file, constants] of Object.entries(before.files)) {
    const versions = Object.keys(constants).filter((name) => VERSION.test(name));
    if (versions.length === 0 && ofKinds.has(file)) continue;
    const reasons = changedConstants(before, after, [file], [file]);
    if (reasons.length === 0) continue;
    must(`changed the layout of ${file}: ${reasons.join(', ')}`);
    const raised = versions.some((name) => after.files[file]?.[name] !== constants[name]);
    if (versions.length && !raised) {
      errors.push(
        `the layout of ${file} changed (${reasons.join(', ')}) but not ${versions.join(' or ')}; raise it`,
      );
    }
  }
  return { changes, errors };
}

/** @param {number | string} now @param {number | string} old */
const isHigher = (now, old) => typeof now === 'number' && typeof old === 'number' && now > old;

/**
 * @param {Layout} before @param {Layout} after
 * @param {string[]} oldFiles @param {string[]} newFiles
 */
function changedConstants(before, after, oldFiles, newFiles) {
  const flat = (/** @type {Layout} */ layout, /** @type {string[]} */ files) => {
    // By name, not by file: a constant may move.
    const all = files.flatMap((file) => Object.entries(layout.files[file] ?? {}));
    return new Map(all.map(([name, value]) => [name, JSON.stringify(value)]));
  };
  const old = flat(before, oldFiles);
  const now = flat(after, newFiles);
  const reasons = [];
  for (const [name, value] of old) {
    if (VERSION.test(name) || now.get(name) === value) continue;
    // A helper number that is gone leaves no trace in memory.
    if (now.has(name)) reasons.push(`${name} ${value} to ${now.get(name)}`);
    else if (PLACE.test(name)) reasons.push(`${name} removed`);
  }
  for (const name of now.keys()) if (!old.has(name) && PLACE.test(name)) reasons.push(`${name} added`);
  return reasons;
}
