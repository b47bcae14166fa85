// How many spares a process makes by itself, counted as the workers that it has besides its threads.
import { Thread } from '@x/thread';

const bursts = process.argv[2] === 'again' ? 2 : 1;
let made = 0;
process.on('worker', () => made++);

let started = 0;
for (let burst = 0; burst < bursts; burst++) {
  const threads = [1, 2].map(() => new Thread({ target: () => undefined }));
  for (const thread of threads) thread.start();
  started += threads.length;
  for (const thread of threads) await thread.resultAsync();
  await new Promise((resolve) => setTimeout(resolve, 500));
}
console.log('made', made - started);
new Thread({ target: () => console.log('last') }).start();
