// Prints ten megabytes in lines from each of two threads; main blocks in join(), then prints the last line.
import { Thread } from '@x/thread';

/**
 * @param {string} name
 * @param {number} lines
 */
function print(name, lines) {
  const filler = 'x'.repeat(90);
  for (let i = 0; i < lines; i++) console.log(`${name} ${String(i).padStart(6, '0')} ${filler}`);
}
const threads = ['a', 'b'].map((name) => new Thread({ target: print, args: [name, 50_000] }));
for (const thread of threads) thread.start();
for (const thread of threads) thread.join();
console.log('last');
