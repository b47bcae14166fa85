/** Every thread knows itself, also after an `await`. */
import { currentThread, mainThread } from '@x/introspect';
import { Thread } from '@x/thread';

async function task(): Promise<void> {
  const { currentThread } = await import('@x/introspect');
  const { sleepAsync } = await import('@x/thread');
  for (let i = 0; i < 2; i++) {
    console.log(`Current Thread: ${currentThread().name} is running.`);
    await sleepAsync(1);
  }
}

console.log(`Main thread   : ${currentThread().name} started.`);
const threads = [new Thread({ target: task }), new Thread({ target: task })];
for (const thread of threads) thread.start();
await Promise.all(threads.map((thread) => thread.joinAsync()));
console.log(`Main thread   : ${mainThread().name} finished.`);
