/**
 * Releases, tried for real: all packages are published to a registry of this machine from a copy of the repository,
 * installed by the three package managers, changed, versioned, published again, and upgraded.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PUBLIC } from '../src/package-map.mjs';
import { createConsumer } from '../src/release/consumer.mjs';
import { startRegistry, type Registry } from '../src/release/registry.mjs';
import { copyRepository } from '../src/release/repository-copy.mjs';
import { ROOT } from '../src/run-step.mjs';

const folder = mkdtempSync(join(tmpdir(), 'x-release-'));
const program = (name: string) => readFileSync(new URL(`programs/${name}.mjs`, import.meta.url), 'utf8');

let registry: Registry;
let repository: Awaited<ReturnType<typeof copyRepository>>;

/** What a changelog says of each version that the copy of the repository has got. */
function sectionsOf(name: string) {
  const sections = repository.changelog(name).split(/^## /m).slice(1);
  return Object.fromEntries(
    sections
      .map((section) => [
        section.slice(0, section.indexOf('\n')),
        section.slice(section.indexOf('\n')).trim(),
      ])
      .filter(([version = '']) => version.startsWith('1.')),
  ) as Record<string, string>;
}

/** A project of someone who uses `@x/semaphore`. */
const semaphoreUser = (client: 'npm' | 'pnpm' | 'yarn' | 'yarn-pnp') =>
  createConsumer({
    folder: join(folder, `semaphore-${client}`),
    registry,
    client,
    dependencies: { '@x/semaphore': '^1.0.0' },
    files: { 'program.mjs': program('semaphore') },
  });

beforeAll(async () => {
  registry = await startRegistry(join(folder, 'registry'));
  repository = await copyRepository(join(folder, 'repository'), registry, '1.0.0');
  await repository.publish();
});
afterAll(() => {
  registry.stop();
  rmSync(folder, { recursive: true, force: true });
});

test('all packages are published at one version, without install scripts', async () => {
  for (const name of PUBLIC) {
    const answer = (await registry.read(`@x%2f${name}`)) as { versions: Record<string, object> };
    expect(Object.keys(answer.versions)).toEqual(['1.0.0']);
    expect(answer.versions['1.0.0']).not.toHaveProperty('hasInstallScript');
    expect(answer.versions['1.0.0']).toMatchObject({ scripts: {} });
  }
});

// At once: they have nothing in common but the registry.
describe.concurrent('one package, installed into an empty project', () => {
  test.each(['npm', 'pnpm', 'yarn', 'yarn-pnp'] as const)(
    'by %s, works between two threads',
    async (client) => {
      const user = semaphoreUser(client);
      await user.client('install');
      expect(await user.node('program.mjs')).toBe('main acquired: true\nvalue: 0');
      if (client === 'npm') expect(user.installed()).toEqual({ core: '1.0.0', semaphore: '1.0.0' });
      // Strict: the sibling is there for the package, not for the project.
      if (client === 'pnpm') expect(user.installed()).toEqual({ semaphore: '1.0.0' });
    },
  );

  test('offline from a cache, without scripts and with no other program on the machine', async () => {
    const cache = join(folder, 'offline-cache');
    const user = (name: string) =>
      createConsumer({
        folder: join(folder, name),
        registry,
        cache,
        dependencies: { '@x/thread': '^1.0.0' },
        files: { 'program.mjs': program('thread') },
      });
    await user('online').client('install', '--ignore-scripts');
    const offline = user('offline');
    await offline.bareNpm('install', '--offline', '--ignore-scripts');
    expect(await offline.node('program.mjs')).toBe('6 * 7 = 42');
  });
});

describe('upgrades', () => {
  /** What two copies of the lock, in one process, make of each other. */
  async function oldAndNew(version: string): Promise<unknown> {
    const part = (name: string, lock: string) => ({
      [`${name}/package.json`]: JSON.stringify({
        name,
        version: '1.0.0',
        type: 'module',
        exports: './index.js',
        dependencies: { '@x/lock': lock },
      }),
      [`${name}/index.js`]: `export { Lock, fromShared, toShared } from '@x/lock';\n`,
    });
    const user = createConsumer({
      folder: join(folder, `mixed-${version}`),
      registry,
      dependencies: { 'old-part': 'file:./old-part', 'new-part': 'file:./new-part' },
      files: {
        ...part('old-part', '1.0.0'),
        ...part('new-part', version),
        'program.mjs': program('old-and-new'),
      },
    });
    await user.client('install');
    return JSON.parse(await user.node('program.mjs'));
  }

  test('a patch and a minor arrive by npm update; the changelog says what they bring', async () => {
    const user = semaphoreUser('npm');
    await user.client('install');

    repository.change('semaphore', 'patch', 'A release wakes the waiter that came first.');
    expect(await repository.version()).toBe('1.0.1');
    await repository.publish();
    await user.client('update');
    expect(user.installed()).toEqual({ core: '1.0.1', semaphore: '1.0.1' });

    repository.change('lock', 'minor', 'Locks say who waits.');
    expect(await repository.version()).toBe('1.1.0');
    await repository.publish();
    await user.client('update');
    expect(user.installed()).toEqual({ core: '1.1.0', semaphore: '1.1.0' });
    expect(await user.node('program.mjs')).toBe('main acquired: true\nvalue: 0');

    const nothing =
      'Nothing changed in this package: it moves together with its siblings, whose memory it shares.';
    const first = '### Patch Changes\n\n- A release wakes the waiter that came first.';
    expect(sectionsOf('semaphore')).toEqual({ '1.1.0': nothing, '1.0.1': first });
    expect(sectionsOf('lock')).toEqual({
      '1.1.0': '### Minor Changes\n\n- Locks say who waits.',
      '1.0.1': nothing,
    });
    expect(sectionsOf('core')).toEqual({ '1.1.0': nothing, '1.0.1': nothing });
  });

  test('two versions with one layout exclude each other', async () => {
    expect(await oldAndNew('1.1.0')).toEqual({
      copies: 2,
      'in one thread': 'excluded',
      'between threads': 'excluded',
      'counted together': 4000,
      'in memory of the old one': 'excluded',
    });
  });

  test('a major does not arrive by npm update, and with another layout the versions refuse each other', async () => {
    const changed = repository.rewrite('lock', (text) =>
      text.replace(/(name: ["']\w+["'],\s*version: )1\b/g, '$12'),
    );
    expect(changed, 'files of lock/dist in which a layout version was found').toBeGreaterThan(0);
    repository.change('lock', 'major', 'A lock has one word more.');
    expect(await repository.version()).toBe('2.0.0');
    await repository.publish();

    const user = semaphoreUser('npm');
    await user.client('update');
    expect(user.installed()).toEqual({ core: '1.1.0', semaphore: '1.1.0' });
    expect(await oldAndNew('2.0.0')).toEqual({
      copies: 2,
      'in one thread': 'LayoutError',
      'between threads': 'LayoutError',
      'counted together': 'LayoutError',
      'in memory of the old one': 'LayoutError',
    });
  });

  test('a canary has a tag of its own and is nobody’s upgrade', async () => {
    repository.change('queue', 'minor', 'Something that is being tried out.');
    const version = await repository.version('--snapshot', 'canary');
    expect(version).toMatch(/^2\.1\.0-canary-/);
    await repository.publish('--tag', 'canary');
    const answer = await registry.read('@x%2fqueue');
    expect(answer).toMatchObject({ 'dist-tags': { latest: '2.0.0', canary: version } });
  });

  test('the release workflow asks for provenance in a way that the publishing client heeds', async () => {
    const workflow = readFileSync(join(ROOT, '.github', 'workflows', 'release.yml'), 'utf8');
    const variables = [...workflow.matchAll(/(\w*CONFIG_PROVENANCE): 'true'/g)].map(([, name = '']) => name);
    expect(variables).toHaveLength(2);
    repository.change('event', 'patch', 'A fix.');
    await repository.version();
    // There is nobody here to sign, so whoever heeds it refuses.
    for (const variable of variables) {
      const env = { [variable]: 'true', GITHUB_ACTIONS: '', GITLAB_CI: '' };
      await expect(repository.publishOne('event', env)).rejects.toThrow(/provenance/i);
    }
  });
});
