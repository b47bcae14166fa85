// Run in a project that has installed @x/thread alone.
import { Thread } from '@x/thread';

const thread = new Thread({ target: (a, b) => a * b, args: [6, 7] });
thread.start();
console.log('6 * 7 =', thread.result({ timeout: 20_000 }));
