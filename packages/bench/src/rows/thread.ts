/** Threads: how soon they run, how long until they are joined, what they weigh. */
import { Worker } from 'node:worker_threads';
import { setSpareThreads, targetsFrom, Thread } from '@x/thread';
import type { Contestant, Row } from '../harness/row.js';

const BARE = 'bare new Worker';
const jobs = targetsFrom<typeof import('../workers/thread-jobs.js')>(
  new URL('../workers/thread-jobs.js', import.meta.url),
);

function freshWords(): Int32Array<SharedArrayBuffer> {
  return new Int32Array(new SharedArrayBuffer(8));
}

/** Blocks until so many have said hello: both kinds of thread start while their parent is blocked. */
function awaitHellos(words: Int32Array, count: number): void {
  for (let n = Atomics.load(words, 0); n < count; n = Atomics.load(words, 0)) Atomics.wait(words, 0, n);
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** From the call that starts a thread to its first instruction. */
function starters(settleMs: number): Contestant[] {
  return [
    {
      name: '@x/thread',
      role: 'ours',
      prepare: () => ({
        async slice() {
          await pause(settleMs);
          const words = freshWords();
          const began = performance.now();
          const thread = new Thread({ target: jobs.sayHello, args: [words] });
          thread.start();
          awaitHellos(words, 1);
          const took = performance.now() - began;
          thread.join();
          return took;
        },
      }),
    },
    {
      name: BARE,
      role: 'baseline',
      prepare: () => ({
        async slice() {
          await pause(settleMs);
          const words = freshWords();
          const began = performance.now();
          const worker = new Worker(new URL('../workers/first.js', import.meta.url), { workerData: words });
          awaitHellos(words, 1);
          const took = performance.now() - began;
          await new Promise((resolve) => worker.once('exit', resolve));
          return took;
        },
      }),
    },
  ];
}

const startCold: Row = {
  id: 'thread/start-first',
  what: 'Thread: start to first instruction, the first of a process (no spare)',
  category: 'start-up',
  unit: 'ms',
  better: 'lower',
  warmUp: 0,
  slices: 1,
  contestants: starters(0),
  targets: [{ against: BARE, atMost: 1.05 }],
};

const startWarm: Row = {
  id: 'thread/start-spare',
  what: 'Thread: start to first instruction, after a rest (a spare may be ready)',
  category: 'start-up',
  unit: 'ms',
  better: 'lower',
  warmUp: 3,
  slices: 7,
  contestants: starters(150),
  targets: [{ against: BARE, atMost: 0.1 }],
};

const join: Row = {
  id: 'thread/start-join',
  what: 'Thread: start and join, one after the other',
  category: 'start-up',
  unit: 'ms',
  better: 'lower',
  slices: 15,
  contestants: [
    {
      name: '@x/thread',
      role: 'ours',
      prepare: () => ({
        slice() {
          const began = performance.now();
          const thread = new Thread({ target: jobs.sayHello, args: [freshWords()] });
          thread.start();
          thread.join();
          return performance.now() - began;
        },
      }),
    },
    {
      name: BARE,
      role: 'baseline',
      prepare: () => ({
        async slice() {
          const began = performance.now();
          const url = new URL('../workers/first.js', import.meta.url);
          const worker = new Worker(url, { workerData: freshWords() });
          await new Promise((resolve) => worker.once('exit', resolve));
          return performance.now() - began;
        },
      }),
    },
  ],
  targets: [{ against: BARE, atMost: 1.05 }],
};

const FEW = 4;
const MANY = 16;

/** Megabytes per thread, from the growth between few and many, so that what a process holds once does not count. */
async function megabytesEach(start: (words: Int32Array) => unknown): Promise<number> {
  const words = freshWords();
  const rss = async (count: number): Promise<number> => {
    for (let n = Atomics.load(words, 0); n < count; n++) start(words);
    awaitHellos(words, count);
    await pause(200);
    globalThis.gc?.();
    return process.memoryUsage.rss();
  };
  const few = await rss(FEW);
  const many = await rss(MANY);
  return (many - few) / (MANY - FEW) / 2 ** 20;
}

const memory: Row = {
  id: 'thread/memory',
  what: 'Thread: memory of an idle one',
  category: 'footprint',
  unit: 'MB',
  better: 'lower',
  warmUp: 0,
  slices: 1,
  contestants: [
    {
      name: '@x/thread',
      role: 'ours',
      prepare() {
        // A spare is no thread, and there is one however many threads there are.
        setSpareThreads(0);
        return {
          slice: () =>
            megabytesEach((words) => {
              new Thread({ target: jobs.beIdle, args: [words], daemon: true }).start();
            }),
        };
      },
    },
    {
      name: BARE,
      role: 'baseline',
      prepare: () => ({
        slice: () =>
          megabytesEach(
            (words) => new Worker(new URL('../workers/idle.js', import.meta.url), { workerData: words }),
          ),
      }),
    },
  ],
  targets: [{ against: BARE, atMost: 1.05 }],
};

/** The rows of this subject. */
export const threadRows: readonly Row[] = [startCold, startWarm, join, memory];
