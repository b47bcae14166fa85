/** `joinAsync` waits for the thread while the event loop goes on. */
import { Thread } from '@x/thread';

function numGen(num: number): void {
  for (let n = 0; n < num; n++) console.log('Thread: ', n);
}

console.log('Statement: Creating and Starting a Thread.');
const thread = new Thread({ target: numGen, args: [3] });
thread.start();
await thread.joinAsync();
console.log('Statement: Thread Execution Finished.');
