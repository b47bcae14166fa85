/** A thread runs beside the main program; the process ends when both have finished. */
import { Thread } from '@x/thread';

function numGen(num: number): void {
  for (let n = 0; n < num; n++) console.log('Thread: ', n);
}

console.log('Statement: Creating and Starting a Thread.');
const thread = new Thread({ target: numGen, args: [3] });
thread.start();
console.log('Statement: Thread Execution Finished.');
