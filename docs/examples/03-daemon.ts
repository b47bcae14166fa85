/** A daemon thread does not keep the process alive: it is cut off in the middle of its sleep. */
import { Thread } from '@x/thread';

async function daemonTask(): Promise<void> {
  for (;;) {
    console.log('Daemon thread is running.');
    // Afterwards: the process may end as soon as the daemon has begun.
    const { sleep } = await import('@x/thread');
    sleep(1000);
    console.log('Daemon thread finished executing.');
  }
}

const thread = new Thread({ target: daemonTask, daemon: true });
thread.start();
console.log('Main program exiting.');
