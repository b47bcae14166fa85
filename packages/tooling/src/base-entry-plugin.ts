/**
 * Keeps what the entries of a package share in one of them, the base, from which the others import it.
 *
 * Left to itself, esbuild puts it into a chunk beside all entries, and each further file makes an import slower:
 * whoever needs the base alone would load two files. The base has to export what the others use of it.
 */
import { dirname, resolve } from 'node:path';
import type { Plugin } from 'esbuild';

/**
 * @param entry source of the base
 * @param copied sources of the base that the others take copies of: constants and functions without state
 */
export function baseEntryPlugin(entry: string, copied: readonly string[]): Plugin {
  return {
    name: 'base-entry',
    async setup(plugin) {
      const { esbuild, initialOptions } = plugin;
      const root = initialOptions.absWorkingDir ?? process.cwd();
      const { metafile } = await esbuild.build({
        absWorkingDir: root,
        entryPoints: [entry],
        bundle: true,
        write: false,
        metafile: true,
        format: 'esm',
        external: ['node:*', '@x/*'],
        logLevel: 'silent',
      });
      const sources = Object.keys(metafile.inputs).map((file) => resolve(root, file));
      const base = new Set(sources);
      const shared = new Set(sources.filter((file) => !copied.some((name) => file === resolve(root, name))));
      plugin.onResolve({ filter: /^\.\.?\// }, ({ path, kind, importer, resolveDir }) => {
        const file = resolve(resolveDir, path).replace(/\.js$/, '.ts');
        if (kind === 'entry-point' || base.has(importer) || !shared.has(file)) return undefined;
        return { path: `./${nameOf(entry)}.js`, external: true };
      });
    },
  };
}

function nameOf(entry: string): string {
  return entry.slice(dirname(entry).length + 1).replace(/\.ts$/, '');
}
