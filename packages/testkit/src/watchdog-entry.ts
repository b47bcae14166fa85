/** The watchdog's thread; see watch.ts. */
import { writeSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { interruptThread, Realm } from '@x/core';
import { dumpThreads, dumpWords } from './dump.js';
import type { WatchOrder } from './watch.js';

const { done, realm: buffer, primitives, ms, lastMs } = workerData as WatchOrder;

if (Atomics.wait(done, 0, 0, ms) === 'timed-out') {
  const realm = new Realm(buffer);
  const words = primitives.map((primitive) => dumpWords(primitive.name, primitive.words));
  const text = [`stuck for ${ms} ms`, ...words, ...dumpThreads(realm)].join('\n');
  writeSync(2, `${text}\n`);
  parentPort!.postMessage(text);
  for (const id of realm.ids()) interruptThread(realm, id);
  // A thread that hangs outside a wait of ours notices nothing; a hanging run is worse than a dead one.
  if (Atomics.wait(done, 0, 0, lastMs) === 'timed-out') process.kill(process.pid, 'SIGKILL');
}
