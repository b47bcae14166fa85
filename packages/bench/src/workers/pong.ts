/** The other side of a ping-pong: waits for one thing, then does another. */
import { workerData } from 'node:worker_threads';
import { fromShared, type Event } from '@x/event';

const { kind, shared } = workerData as { kind: 'event' | 'atomics'; shared: unknown };

if (kind === 'event') {
  const [ping, pong] = fromShared<[Event, Event]>(shared);
  for (;;) {
    ping.wait();
    ping.clear();
    pong.set();
  }
} else {
  const words = shared as Int32Array;
  for (let n = 1; ; n++) {
    while (Atomics.load(words, 0) < n) Atomics.wait(words, 0, n - 1);
    Atomics.store(words, 16, n);
    Atomics.notify(words, 16, 1);
  }
}
