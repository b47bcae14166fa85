/** A daemon thread does not keep the process alive: it is cut off in the middle of its sleep. */
import { Thread } from '@x/thread';

async function daemonTask(): Promise<void> {
  const { sleep } = await import('@x/thread');
  for (;;) {
    console.log('Daemon thread is running.');
    sleep(1000);
    console.log('Daemon thread finished executing.');
  }
}

const thread = new Thread({ target: daemonTask, daemon: true });
thread.start();
console.log('Main program exiting.');
