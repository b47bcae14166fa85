/**
 * A worker of the reserve: it has loaded and made ready everything, and waits for the thread that it is to
 * be. Until then it is no thread: it has no record, and belongs to no realm.
 *
 * It waits in its event loop, which costs nothing and which a message wakes whatever the thread that
 * sends it does next, also if that blocks.
 */
import { decode, encode, loadModule, resolveTarget, runtime } from '@x/core';
import { READY, type Assignment, type SpareBoot } from './messages.js';
import { platform } from './platform.js';
import { prepareLife, type Means } from './run.js';

/** Waits for the message that says which thread this is, and becomes it. */
export function awaitAssignment(spare: SpareBoot, means: Means): void {
  const system = platform();
  const live = prepareLife({ ...spare, stdio: 'inherit', codeWanted: undefined }, means);
  const port = system.port(spare.port);
  const stop = port.onMessage((message) => {
    // What comes later is for the thread: kept until it listens.
    stop();
    const { boot, environment } = message as Assignment;
    if (environment) system.environment = environment;
    port.keepAlive(false);
    live(boot);
  });
  // Nothing else keeps it from ending. It ends with the thread that made it, as every worker does.
  port.keepAlive(true);
  void rehearse(spare.rehearsal).then(() => {
    Atomics.store(new Int32Array(spare.ready), 0, READY);
  });
}

/**
 * Goes through what a thread does first, since the first time takes longest: code is compiled when it is first run, and
 * the first `import()` sets up the loader.
 */
async function rehearse(url: string): Promise<void> {
  runtime.nativeThreadId();
  decode(structuredClone(encode([])));
  await resolveTarget({ kind: 'module', name: 'nothing', url }, loadModule);
  await resolveTarget({
    kind: 'source',
    name: '',
    source: "() => import('node:vm')",
    url,
    strict: true,
    position: { line: 0, column: 0 },
  });
}
