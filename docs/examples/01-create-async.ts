/** A thread runs beside the main program; its target may be an async function. */
import { Thread } from '@x/thread';

async function numGen(num: number): Promise<void> {
  const { sleepAsync } = await import('@x/thread');
  for (let n = 0; n < num; n++) {
    console.log('Thread: ', n);
    await sleepAsync(1);
  }
}

console.log('Statement: Creating and Starting a Thread.');
const thread = new Thread({ target: numGen, args: [3] });
thread.start();
console.log('Statement: Thread Execution Finished.');
