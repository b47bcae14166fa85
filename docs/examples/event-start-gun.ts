/** Runners wait for the start gun; nobody starts before it, and nobody is left standing. */
import { Event } from '@x/event';
import { Semaphore } from '@x/semaphore';
import { AtomicInt32 } from '@x/shared';
import { Thread } from '@x/thread';

function run(gun: Event, ready: Semaphore, started: AtomicInt32): number {
  ready.release();
  gun.wait();
  return started.add(1) + 1; // `add` gives what was there before
}

const RUNNERS = 5;
const gun = new Event({ name: 'gun' });
const ready = new Semaphore(0);
const started = new AtomicInt32(0);

const runners = Array.from(
  { length: RUNNERS },
  () => new Thread({ target: run, args: [gun, ready, started] }),
);
for (const runner of runners) runner.start();

ready.acquire({ permits: RUNNERS });
console.log(`${RUNNERS} runners are ready, ${started.load()} have started.`);
gun.set();
const places = runners.map((runner) => runner.result()).sort();
console.log('Places:', ...places);
