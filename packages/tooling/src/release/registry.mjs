/** Starts the registry of `registry-process.mjs`, with an account that may publish. */
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const PROCESS = fileURLToPath(new URL('registry-process.mjs', import.meta.url));
const START_MS = 30_000;

/**
 * @typedef {object} Registry
 * @property {string} url ends with a slash
 * @property {string} npmrc lines of an `.npmrc` that make a client use it, and be known to it
 * @property {(path: string) => Promise<unknown>} read what it answers, parsed
 * @property {() => void} stop
 */

/** @param {string} folder where it keeps everything @returns {Promise<Registry>} */
export async function startRegistry(folder) {
  mkdirSync(folder, { recursive: true });
  // What the packages depend on outside of @x comes from wherever this machine gets its packages.
  const uplink = execFileSync('npm', ['config', 'get', 'registry'], { encoding: 'utf8', cwd: folder }).trim();
  const child = spawn(process.execPath, [PROCESS, folder, uplink], { stdio: ['pipe', 'pipe', 'inherit'] });
  const port = await new Promise((resolve, reject) => {
    let output = '';
    const fail = (/** @type {string} */ why) => reject(new Error(`the local registry ${why}:\n${output}`));
    const timer = setTimeout(() => fail('did not start'), START_MS);
    child.once('exit', () => fail('ended'));
    child.stdout.setEncoding('utf8').on('data', (/** @type {string} */ text) => {
      output += text;
      const found = /^port (\d+)$/m.exec(output)?.[1];
      if (!found) return;
      clearTimeout(timer);
      resolve(found);
    });
  });
  const url = `http://127.0.0.1:${port}/`;
  const response = await fetch(`${url}-/user/org.couchdb.user:publisher`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'publisher', password: 'of-this-machine-alone' }),
  });
  const { token } = /** @type {{ token?: string }} */ (await response.json());
  if (!token) throw new Error(`the local registry gave no token: status ${response.status}`);
  return {
    url,
    npmrc: `registry=${url}\n//127.0.0.1:${port}/:_authToken=${token}\n`,
    read: async (path) => (await fetch(url + path)).json(),
    stop: () => child.kill('SIGKILL'),
  };
}
