/** `join` blocks the main program until the thread has finished; what the thread printed is out by then. */
import { Thread } from '@x/thread';

function numGen(num: number): void {
  for (let n = 0; n < num; n++) console.log('Thread: ', n);
}

console.log('Statement: Creating and Starting a Thread.');
const thread = new Thread({ target: numGen, args: [3] });
thread.start();
thread.join();
console.log('Statement: Thread Execution Finished.');
