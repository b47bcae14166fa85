/**
 * Makes the seam free in what is published.
 *
 * Sources take `Atomics`, `performance`, timers and the like from `@x/core/seam`, so that the interleaving
 * explorer can replace them. A build for users has nothing to replace: this plugin removes those import
 * statements, and the names then mean the plain globals, which engines inline.
 *
 * Only `import { a, b } from '…/seam.js'` can vanish without changing meaning. A renamed, default or
 * namespace import, or a re-export, cannot, and is a build error.
 */
import { readFile } from 'node:fs/promises';
import { basename, sep } from 'node:path';
import type { Plugin } from 'esbuild';

const SEAM = String.raw`['"](?:@x/core/seam|\.{1,2}/(?:[\w./-]+/)?seam\.js)['"]`;
const SEAM_IMPORT = new RegExp(String.raw`^import\s+(type\s+)?\{([^{}]*)\}\s*from\s*${SEAM}[ \t]*;?`, 'gm');
const SEAM_LEFT = new RegExp(
  String.raw`^(?:import|export)\s(?!type\b)[^;'"]*${SEAM}|\bimport\(\s*${SEAM}`,
  'm',
);

/** Blanks the seam's value imports, keeping line numbers; throws on one that cannot be removed. */
export function removeSeamImports(source: string, file: string): string {
  const out = source.replace(SEAM_IMPORT, (statement: string, type: string | undefined, names: string) => {
    if (!type && /\bas\b/.test(names.replace(/\btype\s+\w+\s+as\s+\w+/g, ''))) {
      throw new Error(`${file}: a name of the seam may not be renamed, the global has no other name`);
    }
    return statement.replace(/[^\n]+/g, '');
  });
  if (SEAM_LEFT.test(out)) {
    throw new Error(`${file}: the seam can only be imported as \`import { name } from …\``);
  }
  return out;
}

/** The esbuild plugin around {@link removeSeamImports}. */
export const seamPlugin: Plugin = {
  name: 'seam',
  setup(build) {
    build.onLoad({ filter: /[\\/]packages[\\/][^\\/]+[\\/]src[\\/].*\.ts$/ }, async ({ path }) => {
      if (path.endsWith(['core', 'src', 'seam.ts'].join(sep))) return undefined;
      const source = await readFile(path, 'utf8');
      try {
        return { contents: removeSeamImports(source, basename(path)), loader: 'ts' };
      } catch (error) {
        return { errors: [{ text: (error as Error).message }] };
      }
    });
  },
};
