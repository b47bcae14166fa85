/** Each thread has an id of its own. They sleep at the same time, so all five take one second. */
import { Thread } from '@x/thread';

async function task(): Promise<void> {
  const { getIdent } = await import('@x/introspect');
  const { sleepAsync } = await import('@x/thread');
  console.log(`Thread ${getIdent()} is running.`);
  await sleepAsync(1000);
  console.log(`Thread ${getIdent()} is terminated.`);
}

const threads = Array.from({ length: 5 }, () => new Thread({ target: task }));
for (const thread of threads) thread.start();
await Promise.all(threads.map((thread) => thread.joinAsync()));
console.log('All threads are terminated.');
