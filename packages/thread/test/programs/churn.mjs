// Two thousand threads in batches: no handles, no warnings, no growth.
import { Thread } from '@x/thread';

process.on('warning', (warning) => {
  console.log('warning', warning.message);
});
const total = Number(process.argv[2]);
const batch = 10;

async function run() {
  const threads = Array.from({ length: batch }, () => new Thread({ target: () => 1 }));
  for (const thread of threads) thread.start();
  for (const thread of threads) if ((await thread.resultAsync()) !== 1) console.log('wrong result');
}
/** Once the threads' workers are gone, too. */
async function used() {
  while (process.getActiveResourcesInfo().some((name) => name === 'Worker' || name === 'MessagePort')) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}
for (let i = 0; i < total / 4; i += batch) await run();
const before = await used();
for (let i = 0; i < (3 * total) / 4; i += batch) await run();
const after = await used();
console.log(
  'resources',
  process.getActiveResourcesInfo().filter((name) => !/Wrap|Pipe|TTY/.test(name)).length,
);
console.log('grown by less than a megabyte', after - before < 1_000_000);
