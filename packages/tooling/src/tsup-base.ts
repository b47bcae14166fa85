/** The build that every package shares: ESM for Node 20 and the web, one declaration file per entry. */
import { defineConfig } from 'tsup';
import { baseEntryPlugin } from './base-entry-plugin.js';
import { scriptPlugin } from './script-plugin.js';
import { seamPlugin } from './seam-plugin.js';

/** The entry that holds what all entries of a package share; see `baseEntryPlugin`. */
interface Base {
  readonly entry: string;
  readonly copied: readonly string[];
}

/** A source that becomes a script of its own; see `scriptPlugin`. */
interface Script {
  readonly source: string;
  readonly file: string;
}

/** A package's tsup configuration; `entry` are the sources that become files of their own in `dist`. */
export const packageConfig = (entry: string[] = ['src/index.ts'], base?: Base, script?: Script) =>
  defineConfig({
    entry,
    format: 'esm',
    target: 'es2022',
    platform: 'node',
    // Entries of one package share a chunk, or the base, so that a thread never holds two copies of a module.
    splitting: !base,
    clean: true,
    sourcemap: true,
    keepNames: false,
    // tsup drops the prefix by default; Deno needs it.
    removeNodeProtocol: false,
    // tsup's declaration build sets `baseUrl`, which TypeScript 6 deprecates.
    dts: { compilerOptions: { ignoreDeprecations: '6.0' } },
    esbuildPlugins: [
      ...(base ? [baseEntryPlugin(base.entry, base.copied)] : []),
      ...(script ? [scriptPlugin(script.source, script.file)] : []),
      seamPlugin,
    ],
    esbuildOptions: (options) => {
      // Folds constants, which bundlers of users cannot do any more: names and lines stay as they are.
      options.minifySyntax = true;
    },
    silent: true,
  });
