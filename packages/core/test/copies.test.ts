/** Two copies of the packages in one process, as npm lays them out where two versions are wanted. */
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
// By path: lock lies above core in the package map, this test does not.
import * as first from '../../lock/dist/index.js';
import { home } from '@x/core';
import { startWorker, watch } from '@x/testkit';

const packages = fileURLToPath(new URL('../../', import.meta.url));
let folder: string;
let lockUrl: string;
let second: typeof first;
let secondCore: typeof import('@x/core');

/** Copies core and lock as they are built into a folder of their own; `change` edits the copied core. */
async function install(
  name: string,
  change: (source: string) => string = (source) => source,
): Promise<string> {
  const modules = join(folder, name, 'node_modules', '@x');
  for (const one of ['core', 'lock']) {
    await mkdir(join(modules, one), { recursive: true });
    await cp(join(packages, one, 'dist'), join(modules, one, 'dist'), { recursive: true });
    await cp(join(packages, one, 'package.json'), join(modules, one, 'package.json'));
  }
  const { readdir } = await import('node:fs/promises');
  for (const file of await readdir(join(modules, 'core', 'dist'))) {
    if (!file.endsWith('.js')) continue;
    const path = join(modules, 'core', 'dist', file);
    const source = await readFile(path, 'utf8');
    await writeFile(path, change(source));
  }
  return pathToFileURL(join(modules, 'lock', 'dist', 'index.js')).href;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'copies-'));
  lockUrl = await install('second');
  second = (await import(lockUrl)) as typeof first;
  secondCore = (await import(new URL('../../core/dist/index.js', lockUrl).href)) as typeof import('@x/core');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('two copies of one version', () => {
  test('are two copies', () => {
    expect(second.Lock).not.toBe(first.Lock);
    expect(secondCore.home).not.toBe(home);
  });

  test('are one thread in one realm', () => {
    expect(secondCore.home()).toBe(home());
    expect(secondCore.agent()).toBe(secondCore.agent());
  });

  test('understand each other: one lock is one object, whichever copy receives it', () => {
    const lock = new second.Lock();
    const received = first.fromShared<first.Lock>(structuredClone(second.toShared({ lock }))) as unknown as {
      lock: first.Lock;
    };
    expect(received.lock).toBe(lock);
    expect(second.fromShared(structuredClone(first.toShared(lock)))).toBe(lock);
    received.lock.acquire();
    expect(lock.tryAcquire()).toBe(false);
    lock.release();
  });

  test('share memory of the user', () => {
    const buffer = new SharedArrayBuffer(first.Lock.BYTES);
    const [a, b] = [new first.Lock({ buffer }), new second.Lock({ buffer })];
    a.acquire();
    expect(b.tryAcquire()).toBe(false);
    b.release();
    expect(a.locked()).toBe(false);
  });

  test('share a lock between threads that have one copy each', async () => {
    const lock = new first.Lock();
    const counter = new SharedArrayBuffer(4);
    const worker = startWorker(
      async ({
        url,
        buffer,
        counter,
      }: {
        url: string;
        buffer: SharedArrayBuffer;
        counter: SharedArrayBuffer;
      }) => {
        const { Lock } = (await import(url)) as typeof first;
        const lock = new Lock({ buffer });
        const words = new Int32Array(counter);
        for (let i = 0; i < 3000; i++) lock.with(() => words[0]!++);
      },
      { url: lockUrl, buffer: lock.memory.buffer, counter },
    );
    const words = new Int32Array(counter);
    const mine = async (): Promise<void> => {
      for (let i = 0; i < 3000; i++) await lock.withAsync(() => words[0]!++);
    };
    await watch([lock], () => Promise.all([worker.result, mine()]));
    expect(words[0]).toBe(6000);
  });

  test('agree on errors by their code', () => {
    expect(() => new second.Lock().release()).toThrow(expect.objectContaining({ code: 'ERR_NOT_HELD' }));
  });
});

describe('a copy of another version refuses with LayoutError', () => {
  test.each([
    [
      'of the state of a thread',
      (source: string) => source.replace(/AGENT_VERSION = 1\b/, 'AGENT_VERSION = 2'),
      /install one version/,
    ],
    [
      'of messages',
      (source: string) => source.replace(/message\.version !== 1\b/, 'message.version !== 2'),
      /wire version/,
    ],
  ])('%s', async (name, change, message) => {
    const other = (await import(await install(name.replaceAll(' ', '-'), change))) as typeof first;
    expect(() => other.fromShared(structuredClone(first.toShared(new first.Lock())))).toThrow(
      expect.objectContaining({ code: 'ERR_LAYOUT', message: expect.stringMatching(message) as string }),
    );
  });

  test('of the realm', async () => {
    const url = await install('realm', (source) =>
      source.replace(/\bif \(version !== 1\b/, 'if (version !== 2'),
    );
    const worker = startWorker(async (url: string) => {
      const { Lock } = (await import(url)) as typeof first;
      // This thread has joined the realm with the copy of the test kit already.
      const { Realm } = (await import(
        new URL('../../core/dist/index.js', url).href
      )) as typeof import('@x/core');
      const { home } = await import('@x/core');
      try {
        return new Realm(home().realm.buffer).identity + String(new Lock());
      } catch (error) {
        return (error as { code: string }).code;
      }
    }, url);
    expect(await worker.result).toBe('ERR_LAYOUT');
  });

  test('of the layout of a primitive', () => {
    const buffer = new SharedArrayBuffer(first.Lock.BYTES);
    new first.Lock({ buffer });
    new Int32Array(buffer)[0]!++;
    expect(() => new second.Lock({ buffer })).toThrow(expect.objectContaining({ code: 'ERR_LAYOUT' }));
  });
});
