// Main blocks in join() while the thread is killed, by argument.
import { Lock } from '@x/lock';
import { Thread } from '@x/thread';

const lock = new Lock();
/** @type {Record<string, [(held: Lock) => void, object]>} */
const ways = {
  exit: [
    (held) => {
      held.acquire();
      process.exit(3);
    },
    {},
  ],
  throw: [
    (held) => {
      held.acquire();
      throw new Error('thrown');
    },
    {},
  ],
  memory: [
    (held) => {
      held.acquire();
      const all = [];
      for (;;) all.push(new Array(1000).fill(Math.random()));
    },
    { resourceLimits: { maxOldGenerationSizeMb: 20 } },
  ],
  limit: [() => undefined, { resourceLimits: { maxOldGenerationSizeMb: 3 } }],
  terminate: [
    (held) => {
      held.acquire();
      for (;;);
    },
    {},
  ],
};
const way = process.argv[2] ?? '';
const [target, options] = ways[way] ?? [() => undefined, {}];
const thread = new Thread({ name: 'victim', target, args: [lock], ...options });
thread.start();
if (way === 'terminate') {
  while (!lock.locked()) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
  thread.terminate();
}
const before = performance.now();
console.log('joined', thread.join({ timeout: 20_000 }), thread.isAlive());
console.log('in time', performance.now() - before < 10_000);
try {
  console.log('result', thread.result());
} catch (error) {
  if (error instanceof Error) console.log(error.name, error.message);
}
try {
  lock.acquire({ timeout: 2000 });
  console.log('acquired');
} catch (error) {
  if (error instanceof Error) console.log(error.name);
  lock.recover();
  lock.release();
}
