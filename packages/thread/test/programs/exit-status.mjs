// An error in a thread, one in a stray promise, one in a timer: each ends its thread, none the process.
import { Thread } from '@x/thread';

const threads = [
  new Thread({
    name: 'thrower',
    target: () => {
      throw new RangeError('thrown');
    },
  }),
  new Thread({
    name: 'stray',
    target: async () => {
      void Promise.reject(new Error('stray'));
      await new Promise((resolve) => setTimeout(resolve, 10_000));
    },
  }),
  new Thread({
    name: 'timer',
    target: async () => {
      setTimeout(() => {
        throw new TypeError('late');
      }, 1);
      await new Promise((resolve) => setTimeout(resolve, 10_000));
    },
  }),
  new Thread({
    name: 'non-error',
    target: () => {
      throw { not: 'an error' };
    },
  }),
];
for (const thread of threads) thread.start();
for (const thread of threads) thread.join();
for (const thread of threads) {
  try {
    thread.result();
  } catch (error) {
    console.log(
      thread.name,
      error instanceof Error ? `${error.name}: ${error.message}` : JSON.stringify(error),
    );
  }
}
console.log('main goes on');
