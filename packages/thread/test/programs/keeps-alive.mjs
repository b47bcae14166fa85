// What keeps the process alive, by argument.
import { Lock } from '@x/lock';
import { targetsFrom, Thread } from '@x/thread';

/** @type {Thread[]} */
const kept = [];

/** @type {Record<string, () => void>} */
const actions = {
  // A pending async acquire in a thread whose target has returned.
  'acquire-in-thread'() {
    const lock = new Lock();
    lock.acquire();
    const thread = new Thread({
      /** @param {Lock} shared */
      target: (shared) => {
        void shared.acquireAsync().then(() => {
          console.log('acquired');
          shared.release();
        });
      },
      args: [lock],
    });
    thread.start();
    setTimeout(() => lock.release(), 200);
  },
  // A thread object that nobody keeps.
  forgotten() {
    new Thread({
      target: async () => {
        await new Promise((resolve) => setTimeout(resolve, 200));
        console.log('ran');
      },
    }).start();
  },
  daemon() {
    new Thread({ daemon: true, target: () => new Promise((resolve) => setTimeout(resolve, 20_000)) }).start();
  },
  'daemon-loop'() {
    new Thread({
      daemon: true,
      target: () => {
        for (;;);
      },
    }).start();
  },
  'daemon-never-loaded'() {
    const module =
      'data:text/javascript,setInterval(() => {}, 1000); await new Promise(() => {}); export const work = () => {};';
    const { work } = /** @type {{ work: () => void }} */ (targetsFrom(new URL(module)));
    new Thread({ daemon: true, target: work }).start();
  },
  'never-started'() {
    kept.push(new Thread({ target: () => undefined }));
  },
  // Timers that a finished thread leaves behind do not keep it.
  'left-timer'() {
    new Thread({
      target: () => {
        setTimeout(() => console.log('never'), 20_000);
      },
    }).start();
  },
};
actions[process.argv[2] ?? '']?.();
