/** Every thread knows itself; the main thread is one, too. */
import { currentThread, mainThread } from '@x/introspect';
import { Thread } from '@x/thread';

async function task(): Promise<void> {
  const { currentThread } = await import('@x/introspect');
  for (let i = 0; i < 2; i++) console.log(`Current Thread: ${currentThread().name} is running.`);
}

console.log(`Main thread   : ${currentThread().name} started.`);
const first = new Thread({ target: task });
const second = new Thread({ target: task });
first.start();
second.start();
first.join();
second.join();
console.log(`Main thread   : ${mainThread().name} finished.`);
