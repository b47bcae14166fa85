/**
 * What runs in a worker of the harness: it makes the value again, compiles or imports the fixture,
 * runs it, and reports how it ended.
 */
import { createRequire } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import { agent, fromShared, home, nativeIdOf, toShared } from '@x/core';
import { Checkpoints } from './checkpoints.js';
import {
  PENDING_WORD,
  STARTED_WORD,
  type Fixture,
  type WorkerOrder,
  type WorkerReport,
} from './worker-protocol.js';

const order = workerData as WorkerOrder;
const status = new Int32Array(order.status);

/** `@x/name` and `@x/name/entry` are the built packages beside this one; the rest is resolved from the test. */
function resolve(specifier: string): string {
  const own = /^@x\/([a-z]+)(?:\/([a-z]+))?$/.exec(specifier);
  if (own) return new URL(`../../${own[1]}/dist/${own[2] ?? 'index'}.js`, import.meta.url).href;
  // vite has resolved what it could, from the root of the repository.
  if (specifier.startsWith('/packages/')) return new URL(`../../..${specifier}`, import.meta.url).href;
  if (/^\.{0,2}\//.test(specifier)) return new URL(specifier, order.base).href;
  if (/^[a-z]+:/.test(specifier)) return specifier;
  const path = createRequire(order.base).resolve(specifier);
  return path.startsWith('/') ? `file://${path}` : path;
}

const load = (specifier: string): Promise<unknown> => import(resolve(specifier));

function compile(source: string): Fixture {
  // Text has no module to resolve `import()` from. vite has renamed it in tests; elsewhere it is renamed here.
  const renamed = source.replace(/(?<![\w$.])import\(/g, '__vite_ssr_dynamic_import__(');
  const wrapper = `return (${renamed});\n//# sourceURL=${order.base}#fixture`;
  // `__name` is what esbuild wraps functions in when it keeps names.
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- a fixture's source is text, and ours
  const make = new Function('__vite_ssr_dynamic_import__', '__name', wrapper) as (
    ...args: unknown[]
  ) => Fixture;
  return make(load, (fixture: unknown) => fixture);
}

/** Lets the test see how many async waits are pending here; see `untilAsyncWaiting`. */
function publishPending(): void {
  const { keepAlive } = agent();
  for (const method of ['add', 'remove'] as const) {
    const original = keepAlive[method].bind(keepAlive);
    keepAlive[method] = () => {
      original();
      // Afterwards: `add` is called just before the loop arms itself.
      queueMicrotask(() => Atomics.store(status, PENDING_WORD, keepAlive.count));
    };
  }
}

async function run(): Promise<WorkerReport> {
  const self = agent();
  // So that a watchdog can end a wait that is stuck; a fixture may set its own.
  self.interruption ??= () => new Error('a watchdog found this wait stuck');
  publishPending();
  for (const module of order.value.modules) await import(module);
  const value: unknown = fromShared(order.value);
  const { member, nativeId } = { member: home(), nativeId: nativeIdOf(home().realm, home().id) };
  Atomics.store(status, STARTED_WORD, nativeId || member.id);
  Atomics.notify(status, STARTED_WORD);
  const fixture =
    order.source === undefined
      ? ((await import(order.module!)) as { default: Fixture }).default
      : compile(order.source);
  const result = await fixture(value, { checkpoints: (buffer) => new Checkpoints(buffer), id: member.id });
  return { ok: true, value: toShared(result) };
}

try {
  parentPort!.postMessage(await run());
} catch (error) {
  const report: WorkerReport = { ok: false, value: toShared(error) };
  parentPort!.postMessage(report);
}
