/** Projects of users, which install from a registry by npm, pnpm or yarn, each with caches of its own. */
import { mkdirSync, readFileSync, readdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { runStep } from '../run-step.mjs';

const YARN = createRequire(import.meta.url).resolve('@yarnpkg/cli-dist/bin/yarn.js');

/** @typedef {'npm' | 'pnpm' | 'yarn' | 'yarn-pnp'} Client */

/** What each client is told besides `install`: where its caches are, and that a package of today is welcome. */
const SETTINGS = {
  npm: (/** @type {import('./registry.mjs').Registry} */ { npmrc }) => ({
    '.npmrc': `${npmrc}audit=false\nfund=false\nupdate-notifier=false\nloglevel=error\ninstall-links=true\n`,
  }),
  pnpm: (/** @type {import('./registry.mjs').Registry} */ { npmrc }) => ({
    '.npmrc': npmrc,
    // Strict: nothing but what a package lists can be imported from it.
    'pnpm-workspace.yaml': [
      'hoist: false',
      'strictDepBuilds: true',
      'minimumReleaseAge: 0',
      'pmOnFail: ignore',
      'storeDir: ./.store',
      'cacheDir: ./.cache',
      '',
    ].join('\n'),
  }),
  yarn: (
    /** @type {import('./registry.mjs').Registry} */ { url },
    /** @type {string} */ linker = 'node-modules',
  ) => ({
    'yarn.lock': '',
    '.yarnrc.yml': [
      `nodeLinker: ${linker}`,
      `npmRegistryServer: '${url}'`,
      "unsafeHttpWhitelist: ['127.0.0.1']",
      'enableTelemetry: false',
      'globalFolder: ./.yarn-global',
      'enableGlobalCache: false',
      'enableImmutableInstalls: false',
      'npmMinimalAgeGate: 0',
      '',
    ].join('\n'),
  }),
};

/**
 * An empty project with these dependencies; nothing is installed yet.
 * @param {object} options
 * @param {string} options.folder to make
 * @param {import('./registry.mjs').Registry} options.registry
 * @param {Record<string, string>} options.dependencies
 * @param {Client} [options.client]
 * @param {Record<string, string>} [options.files] by path
 * @param {string} [options.cache] npm's; default: one of its own
 */
export function createConsumer({ folder, registry, dependencies, client = 'npm', files = {}, cache }) {
  const settings = client === 'yarn-pnp' ? SETTINGS.yarn(registry, 'pnp') : SETTINGS[client](registry);
  const manifest = { name: 'consumer', version: '1.0.0', private: true, type: 'module', dependencies };
  const all = { 'package.json': JSON.stringify(manifest, null, 2), ...settings, ...files };
  for (const [path, text] of Object.entries(all)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }

  /** @param {string} command @param {string[]} args @param {NodeJS.ProcessEnv} [env] */
  async function run(command, args, env) {
    const { status, output } = await runStep(command, args, {
      cwd: folder,
      timeout: 120_000,
      env: { CI: 'true', npm_config_cache: cache ?? join(folder, '.npm-cache'), ...env },
    });
    if (status !== 0) throw new Error(`${command} ${args.join(' ')}: status ${status}\n${output}`);
    return output.trim();
  }

  const isYarn = client.startsWith('yarn');
  return {
    folder,
    /** Runs the client. @param {string[]} args */
    client: (...args) => (isYarn ? run(process.execPath, [YARN, ...args]) : run(client, args)),
    /** Runs a program of the project; what it prints. @param {string} program */
    node: (program) =>
      isYarn ? run(process.execPath, [YARN, 'node', program]) : run(process.execPath, [program]),
    /** Runs npm where there is no other program than node. @param {string[]} args */
    bareNpm: (...args) => {
      const bin = join(folder, '.bin');
      mkdirSync(bin, { recursive: true });
      if (!existsSync(join(bin, 'node'))) symlinkSync(process.execPath, join(bin, 'node'));
      return run(process.execPath, [npmProgram(), ...args], { PATH: bin });
    },
    /** The versions of `@x` packages at the top of `node_modules`. @returns {Record<string, string>} */
    installed: () => {
      const scope = join(folder, 'node_modules', '@x');
      const version = (/** @type {string} */ name) =>
        JSON.parse(readFileSync(join(scope, name, 'package.json'), 'utf8')).version;
      return Object.fromEntries(readdirSync(scope).map((name) => [name, version(name)]));
    },
  };
}

/** npm's own program, by the command on the path. */
function npmProgram() {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const command = folders.map((path) => join(path, 'npm')).find((path) => existsSync(path));
  if (!command) throw new Error('npm is not on the path');
  return realpathSync(command);
}
