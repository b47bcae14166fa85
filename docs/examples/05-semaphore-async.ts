/** Three threads, but only two at a time are in the middle; a third awaits its turn. */
import { Semaphore } from '@x/semaphore';
import { Thread } from '@x/thread';

async function task(semaphore: Semaphore, n: number): Promise<void> {
  console.log(`Thread ${n}: Waiting`);
  await semaphore.acquireAsync();
  console.log(`Thread ${n}: Acquired the semaphore`);
  for (let i = 0; i < 5; i++) console.log(`Thread ${n}: In process`);
  semaphore.release();
  console.log(`Thread ${n}: Released the semaphore.`);
}

const semaphore = new Semaphore(2);
const threads = [1, 2, 3].map((n) => new Thread({ target: task, args: [semaphore, n] }));
for (const thread of threads) thread.start();
await Promise.all(threads.map((thread) => thread.joinAsync()));
console.log('All threads have finished.');
