/**
 * A registry of this machine alone: `node registry-process.mjs FOLDER UPLINK` keeps everything in FOLDER, listens on a
 * free port of 127.0.0.1 and prints that port. `@x/*` is only what is published to it; what those packages depend on
 * comes from UPLINK.
 */
import { join } from 'node:path';
import { runServer } from 'verdaccio';

const [folder = '', uplink = ''] = process.argv.slice(2);

const config = {
  storage: join(folder, 'storage'),
  self_path: folder,
  auth: { htpasswd: { file: join(folder, 'htpasswd') } },
  uplinks: { npm: { url: uplink } },
  packages: {
    '@x/*': { access: '$all', publish: '$authenticated' },
    '**': { access: '$all', proxy: 'npm' },
  },
  middlewares: { audit: { enabled: false } },
  web: { enable: false },
  log: { type: 'stdout', format: 'pretty', level: 'error' },
};

// Typed as a path or a configuration; its types name the whole of the parsed one.
const server = await runServer(/** @type {never} */ (config));
server.listen(0, '127.0.0.1', () => {
  console.log(`port ${server.address().port}`);
});
// Whoever started this holds the other end; nothing outlives it.
process.stdin.on('end', () => process.exit()).resume();
