/** The build that every package shares: ESM for Node 20 and the web, one declaration file per entry. */
import { defineConfig } from 'tsup';
import { seamPlugin } from './seam-plugin.js';

/** A package's tsup configuration; `entry` are the sources that become files of their own in `dist`. */
export const packageConfig = (entry: string[] = ['src/index.ts']) =>
  defineConfig({
    entry,
    format: 'esm',
    target: 'es2022',
    platform: 'node',
    // Entries of one package share chunks, so that a thread never holds two copies of a module.
    splitting: true,
    clean: true,
    sourcemap: true,
    keepNames: false,
    // tsup drops the prefix by default; Deno needs it.
    removeNodeProtocol: false,
    // tsup's declaration build sets `baseUrl`, which TypeScript 6 deprecates.
    dts: { compilerOptions: { ignoreDeprecations: '6.0' } },
    esbuildPlugins: [seamPlugin],
    esbuildOptions: (options) => {
      // Folds constants, which bundlers of users cannot do any more: names and lines stay as they are.
      options.minifySyntax = true;
    },
    silent: true,
  });
