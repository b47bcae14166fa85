// A thread starts a thread and ends; the inner one outlives it and keeps the process alive.
import { Thread } from '@x/thread';

/** @param {boolean} daemon */
async function outer(daemon) {
  const { Thread } = await import('@x/thread');
  const inner = new Thread({
    daemon,
    target: async () => {
      await new Promise((resolve) => setTimeout(resolve, 300));
      console.log('inner finished');
    },
  });
  inner.start();
  console.log('outer finished');
  return inner;
}
const thread = new Thread({ target: outer, args: [process.argv[2] === 'daemon'] });
thread.start();
thread.join();
console.log('joined', thread.isAlive());
if (process.argv[2] === 'join') console.log(thread.result().join(), thread.result().isAlive());
