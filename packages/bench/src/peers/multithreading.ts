/**
 * multithreading, used as its README says: `spawn` with `move`, and its blocking forms, which are what
 * compares with ours. One worker for each task that has to run at the same time.
 *
 * Functions given to `spawn` are self-contained, so each of them begins with the same lines: it waits until all
 * are there, and it takes the time by the clock that all threads share.
 *
 * Node 20 lacks two things that the package takes for granted; see preload.ts.
 */
import {
  initRuntime,
  move,
  shutdown,
  spawn,
  type JoinHandle,
  type Mutex,
  type Receiver,
  type Result,
  type Semaphore,
  type Sender,
} from 'multithreading';

/** When a thread began and ended its part, in nanoseconds. */
export interface Lap {
  readonly began: number;
  readonly ended: number;
}

/** What all threads of a round see. Inside an object, because `move` warns of bare shared memory. */
export interface Floor {
  readonly words: Int32Array;
  readonly threads: number;
  readonly iterations: number;
}

/** Words of `Floor`. The functions below write the numbers, as they may not refer to anything outside. */
const COUNTER = 1;

/** The value of a result, or its error thrown. */
export function unwrap<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  throw result.error;
}

/** Starts the pool; every thread of the crowd needs a worker of its own. */
export function startThreads(maxWorkers: number): void {
  initRuntime({ maxWorkers });
}

/** Ends the pool. */
export function stopThreads(): void {
  shutdown();
}

/** Common ground for one round. */
export function floorFor(threads: number, iterations: number): Floor {
  return { words: new Int32Array(new SharedArrayBuffer(16)), threads, iterations };
}

/** Waits for all threads; nanoseconds from the first one's begin to the last one's end. */
export async function lapsOf(tasks: readonly JoinHandle<Lap>[]): Promise<number> {
  const laps = (await Promise.all(tasks.map((task) => task.join()))).map(unwrap);
  return Math.max(...laps.map(({ ended }) => ended)) - Math.min(...laps.map(({ began }) => began));
}

/** One round of contention for a `Mutex`: nanoseconds per pair. */
export async function mutexRound(mutex: Mutex, threads: number, iterations: number): Promise<number> {
  const floor = floorFor(threads, iterations);
  const tasks = Array.from({ length: threads }, () =>
    spawn(move(mutex, floor), (lock, { words, threads: all, iterations: count }): Lap => {
      if (Atomics.add(words, 0, 1) + 1 === all) Atomics.notify(words, 0);
      for (let n = Atomics.load(words, 0); n < all; n = Atomics.load(words, 0)) Atomics.wait(words, 0, n);
      const began = Number(process.hrtime.bigint());
      for (let i = 0; i < count; i++) {
        const guard = lock.blockingLock();
        words[1] = words[1]! + 1;
        guard.dispose();
      }
      return { began, ended: Number(process.hrtime.bigint()) };
    }),
  );
  const took = await lapsOf(tasks);
  if (floor.words[COUNTER] !== threads * iterations) throw new Error('an increment was lost');
  return took / (threads * iterations);
}

/** One round of contention for a `Semaphore`: nanoseconds per pair. */
export async function semaphoreRound(
  semaphore: Semaphore,
  threads: number,
  iterations: number,
): Promise<number> {
  const floor = floorFor(threads, iterations);
  const tasks = Array.from({ length: threads }, () =>
    spawn(move(semaphore, floor), (permits, { words, threads: all, iterations: count }): Lap => {
      if (Atomics.add(words, 0, 1) + 1 === all) Atomics.notify(words, 0);
      for (let n = Atomics.load(words, 0); n < all; n = Atomics.load(words, 0)) Atomics.wait(words, 0, n);
      const began = Number(process.hrtime.bigint());
      for (let i = 0; i < count; i++) {
        permits.blockingAcquire().dispose();
      }
      return { began, ended: Number(process.hrtime.bigint()) };
    }),
  );
  return (await lapsOf(tasks)) / (threads * iterations);
}

/**
 * One round of a channel: `pairs` producers and as many consumers, each with `iterations` values. Nanoseconds for each
 * value. Handles are cloned, since a moved one is gone.
 */
export async function channelRound(
  [sender, receiver]: readonly [Sender<unknown>, Receiver<unknown>],
  value: unknown,
  pairs: number,
  iterations: number,
): Promise<number> {
  const floor = floorFor(pairs * 2, iterations);
  const producers = Array.from({ length: pairs }, () =>
    spawn(
      move(sender.clone(), floor, value),
      (channel, { words, threads: all, iterations: count }, item): Lap => {
        if (Atomics.add(words, 0, 1) + 1 === all) Atomics.notify(words, 0);
        for (let n = Atomics.load(words, 0); n < all; n = Atomics.load(words, 0)) Atomics.wait(words, 0, n);
        const began = Number(process.hrtime.bigint());
        for (let i = 0; i < count; i++) channel.blockingSend(item);
        return { began, ended: Number(process.hrtime.bigint()) };
      },
    ),
  );
  const consumers = Array.from({ length: pairs }, () =>
    spawn(move(receiver.clone(), floor), (channel, { words, threads: all, iterations: count }): Lap => {
      if (Atomics.add(words, 0, 1) + 1 === all) Atomics.notify(words, 0);
      for (let n = Atomics.load(words, 0); n < all; n = Atomics.load(words, 0)) Atomics.wait(words, 0, n);
      const began = Number(process.hrtime.bigint());
      for (let i = 0; i < count; i++) {
        const got = channel.blockingRecv();
        if (!got.ok) throw got.error;
      }
      return { began, ended: Number(process.hrtime.bigint()) };
    }),
  );
  return (await lapsOf([...producers, ...consumers])) / (pairs * iterations);
}

/** Answers every value from one channel on another one, until it is told to stop. */
export function startEcho(from: Receiver<number>, to: Sender<number>): JoinHandle<void> {
  return spawn(move(from, to), (incoming, outgoing) => {
    for (;;) {
      const got = incoming.blockingRecv();
      if (!got.ok || got.value < 0) return;
      outgoing.blockingSend(got.value);
    }
  });
}
