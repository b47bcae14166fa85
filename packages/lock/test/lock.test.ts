/** What is particular to `Lock` and `RLock`, beyond the battery. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { agent, home, interruptThread } from '@x/core';
import { Condition, Lock, NotHeldError, RLock, RWLock, toShared } from '@x/lock';
import { collectGarbage } from './garbage.js';
import { Checkpoints, pause, startWorker, watch } from '@x/testkit';

const run = promisify(execFile);
const lockUrl = import.meta.resolve('@x/lock');

/** Runs a program in a process of its own; it must end by itself. */
async function program(source: string): Promise<string> {
  const text = `import { Condition, Lock, RLock, RWLock, fromShared, toShared } from ${JSON.stringify(lockUrl)};\n${source}`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', text], {
    timeout: 20_000,
  });
  return stdout;
}

describe('a process', () => {
  test.each([
    [
      'a Lock',
      'const lock = new Lock(); const free = () => lock.release(); await lock.acquireAsync();',
      'lock.acquireAsync()',
    ],
    [
      'an RLock',
      'const lock = new RLock(); const free = () => lock.release(); await lock.acquireAsync();',
      'lock.acquireAsync()',
    ],
    [
      'a reader',
      'const { read, write } = new RWLock(); const free = () => write.release(); write.acquire();',
      'read.acquireAsync()',
    ],
    [
      'a writer',
      'const { read, write } = new RWLock(); const free = () => read.release(); read.acquire();',
      'write.acquireAsync()',
    ],
    [
      'a condition',
      'const condition = new Condition(); const free = () => condition.with(() => condition.notify());',
      'condition.acquireAsync().then(() => condition.waitAsync())',
    ],
  ])('stays alive while an async wait for %s is pending, and ends afterwards', async (_what, setUp, wait) => {
    // The timer that frees the lock does not keep the process alive.
    const source = `${setUp} setTimeout(free, 300).unref(); ${wait}.then((got) => console.log('got', got));`;
    expect(await program(source)).toBe('got true\n');
  });

  test('ends when nothing is pending, with locks held and threads waiting that are not its business', async () => {
    expect(
      await program(
        `new Lock().acquire(); new RLock().acquire(); new RWLock().read.acquire(); console.log('end');`,
      ),
    ).toBe('end\n');
  });

  test('stays alive in top-level await', async () => {
    expect(
      await program(
        `const lock = new Lock(); lock.acquire(); console.log(await lock.acquireAsync({ timeout: 100 }));`,
      ),
    ).toBe('false\n');
  });

  test('a worker that waits asynchronously stays alive, too', async () => {
    const source = `
      import { Worker } from 'node:worker_threads';
      const lock = new Lock();
      lock.acquire();
      const source = \`
        import { workerData, parentPort } from 'node:worker_threads';
        import { fromShared } from ${JSON.stringify(lockUrl)};
        fromShared(workerData).acquireAsync().then((got) => parentPort.postMessage(got));
      \`;
      const worker = new Worker(new URL('data:text/javascript,' + encodeURIComponent(source)), { workerData: toShared(lock) });
      worker.once('message', (got) => console.log('worker got', got));
      setTimeout(() => lock.release(), 300);`;
    expect(await program(source)).toBe('worker got true\n');
  });
});

test('a lock that nobody refers to is collected, though it has travelled', async () => {
  const references = Array.from({ length: 100 }, () => {
    const lock = new Lock();
    toShared({ lock });
    return new WeakRef(lock);
  });
  const alive = (): number => references.filter((reference) => reference.deref()).length;
  for (let i = 0; i < 20 && alive() > 0; i++) {
    await pause(5);
    collectGarbage();
  }
  expect(alive()).toBe(0);
});

test('an RLock prints how often it is held', async () => {
  const lock = new RLock({ name: 'mine' });
  expect(String(lock)).toBe('<RLock mine unlocked count=0 waiters=0>');
  lock.acquire();
  lock.acquire();
  expect(String(lock)).toBe('<RLock mine locked owner=MainThread count=2 waiters=0>');
  lock.release();
  lock.release();
  await lock.acquireAsync();
  expect(String(lock)).toContain('count=1');
  lock.release();
});

test('kinds print what they are', () => {
  expect(String(new Lock({ name: 'a' }))).toBe('<Lock a unlocked waiters=0>');
  expect(String(new RWLock({ name: 'c' }))).toBe('<RWLock c unlocked waiters=0>');
  expect(String(new Condition(new Lock({ name: 'a' }), { name: 'b' }))).toBe(
    '<Condition b <Lock a unlocked waiters=0> waiters=0>',
  );
});

test('names are numbers where none was given, and no two are the same', () => {
  expect(new Lock().name).toMatch(/^Lock-\d+$/);
  expect(new Lock().name).not.toBe(new Lock().name);
});

test('a thread whose signal has fired is woken from its wait, with the reason, and the lock is as before', async () => {
  const lock = new Lock();
  lock.acquire();
  const points = new Checkpoints();
  const worker = startWorker(
    async ({ lock, buffer }: { lock: Lock; buffer: SharedArrayBuffer }, kit) => {
      const { agent } = await import('@x/core');
      agent().interruption = () => new RangeError('as planned');
      kit.checkpoints(buffer).signal(0);
      try {
        lock.acquire();
        return 'acquired';
      } catch (error) {
        return `${(error as Error).name} ${kit.id}`;
      }
    },
    { lock, buffer: points.buffer },
  );
  await points.waitForAsync(0);
  const { realm } = home();
  for (const id of realm.ids()) if (id !== home().id) interruptThread(realm, id);
  expect(await watch([lock], () => worker.result)).toMatch(/^RangeError/);
  lock.release();
  expect(lock.acquire()).toBe(true);
});

test('a thread that blocks is still seen to wait after a wait of what it does meanwhile', () => {
  const [lock, other] = [new Lock(), new Lock()];
  lock.acquire();
  other.acquire();
  const seen: string[] = [];
  let inside = false;
  /** As a callback of a future that a blocked thread settles. */
  const round = (): void => {
    if (inside) return;
    inside = true;
    seen.push(String(lock));
    expect(other.acquire({ timeout: 1 })).toBe(false);
    inside = false;
  };
  const { rounds } = agent();
  rounds.add(round);
  try {
    expect(lock.acquire({ timeout: 600 })).toBe(false);
  } finally {
    rounds.delete(round);
  }
  expect(seen.length).toBeGreaterThan(1);
  for (const state of seen) expect(state).toContain('waiters=1');
  expect(String(lock)).toContain('waiters=0');
});

test('a thread that blocks does not fail on a free lock because its own event loop was to be next', async () => {
  for (const lock of [new Lock(), new RLock()]) {
    await lock.acquireAsync();
    // Waits long enough to ask for a grant, and gives up.
    expect(await lock.acquireAsync({ timeout: 400 })).toBe(false);
    lock.release();
    expect(lock.acquire({ timeout: 20 })).toBe(true);
    lock.release();
  }
});

test.each([
  ['Lock', () => new Lock()],
  ['Condition', () => new Condition(new Lock())],
])('the end of a scope of a %s does not release what another thread holds by now', async (_name, make) => {
  const lock = make();
  const points = new Checkpoints();
  const other = startWorker(
    ({ lock, buffer }: { lock: Lock | Condition; buffer: SharedArrayBuffer }, kit) => {
      const points = kit.checkpoints(buffer);
      points.waitFor(0);
      lock.acquire();
      points.signal(1);
      points.waitFor(2);
      lock.release();
    },
    { lock, buffer: points.buffer },
  );
  /** As a wait that could not take the lock back does: leaves the lock to another thread. */
  const lose = (): never => {
    lock.release();
    points.signal(0);
    points.waitFor(1);
    throw new SyntaxError('as planned');
  };
  expect(() => lock.with(lose)).toThrow(SyntaxError);
  expect(lock.locked()).toBe(true);
  points.signal(2);
  await other.result;
  expect(lock.locked()).toBe(false);
  using held = lock.hold();
  lock.release();
  expect(() => held[Symbol.dispose]()).toThrow(NotHeldError);
});
