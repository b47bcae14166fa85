/** A daemon thread does not keep the process alive, nor does what it awaits. */
import { Thread } from '@x/thread';

async function daemonTask(): Promise<void> {
  const { sleepAsync } = await import('@x/thread');
  for (;;) {
    console.log('Daemon thread is running.');
    await sleepAsync(1000);
    console.log('Daemon thread finished executing.');
  }
}

const thread = new Thread({ target: daemonTask, daemon: true });
thread.start();
console.log('Main program exiting.');
