/** Counting and listing the threads that are alive. */
import { activeCount, enumerate } from '@x/introspect';
import { Thread } from '@x/thread';

async function task(): Promise<void> {
  const { sleep } = await import('@x/thread');
  sleep(50);
}

const threads: Thread[] = [];
for (let i = 0; i < 5; i++) {
  const thread = new Thread({ target: task });
  thread.start();
  threads.push(thread);
  console.log('Active Thread Count:', activeCount());
}
for (const thread of threads) thread.join();
console.log('Active Thread Count:', activeCount());
for (const thread of enumerate()) console.log('Active Thread List:', thread.name);
