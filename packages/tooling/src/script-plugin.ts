/**
 * Builds one more file beside those of a package: a script that holds everything it needs, dependencies included. What it
 * is given stands in its variable `given`: the file is the text of a function with that parameter.
 *
 * It is compiled in every worker, so it is made short; but names stay, since classes are told from each other by them.
 */
import type { Plugin } from 'esbuild';
import { seamPlugin } from './seam-plugin.js';

/**
 * @param source the script's source
 * @param file where it goes
 */
export function scriptPlugin(source: string, file: string): Plugin {
  return {
    name: 'script',
    setup(plugin) {
      const { esbuild, initialOptions } = plugin;
      const { absWorkingDir = process.cwd(), target } = initialOptions;
      plugin.onEnd(async () => {
        const { errors, warnings } = await esbuild.build({
          absWorkingDir,
          entryPoints: [source],
          outfile: file,
          bundle: true,
          format: 'cjs',
          platform: 'node',
          ...(target === undefined ? {} : { target }),
          minifyWhitespace: true,
          minifySyntax: true,
          legalComments: 'none',
          sourcemap: true,
          banner: { js: '(function(given){' },
          footer: { js: '})' },
          plugins: [seamPlugin],
          logLevel: 'silent',
        });
        return { errors, warnings };
      });
    },
  };
}
