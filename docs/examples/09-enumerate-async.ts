/** Counting and listing the threads that are alive, without blocking. */
import { activeCount, enumerate } from '@x/introspect';
import { Thread } from '@x/thread';

async function task(): Promise<void> {
  const { sleepAsync } = await import('@x/thread');
  await sleepAsync(50);
}

const threads: Thread[] = [];
for (let i = 0; i < 5; i++) {
  const thread = new Thread({ target: task });
  thread.start();
  threads.push(thread);
  console.log('Active Thread Count:', activeCount());
}
await Promise.all(threads.map((thread) => thread.joinAsync()));
console.log('Active Thread Count:', activeCount());
for (const thread of enumerate()) console.log('Active Thread List:', thread.name);
