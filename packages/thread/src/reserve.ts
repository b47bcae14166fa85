/**
 * The reserve: workers that are started ahead, so that a thread has one at once.
 *
 * Invariants:
 * - V1. A spare is taken by the thread that made it, and by no other; so there is nothing to compete for.
 * - V2. The port that a spare holds from its first instruction on becomes the thread's port. If the
 *   spare dies, at whatever moment, that port has lost its other end, which a joiner that blocks finds
 *   (`Port.isOrphaned`); so no thread hangs because its spare died before it could begin.
 * - V3. A spare keeps nothing alive, has no thread record, and runs nothing of the user's.
 *
 * Spares are made one at a time, when the event loop has been left alone for a while; so a program that
 * starts its threads all at once, or blocks until they have ended, never pays for one. By default
 * the first is made only after threads were started, then none for a while, and then some again: a spare
 * takes as much memory as a thread, which a program that starts one thread should not pay twice.
 */
import { codecModule, describe, home, type Port, type WorkerHandle } from '@x/core';
import { launch } from './launch.js';
import { BOOT_VERSION, READY, type SpareBoot } from './messages.js';
import { platform } from './platform.js';

/** A worker for a thread, and the port that leads to it. */
export interface Spare {
  readonly worker: WorkerHandle;
  readonly port: Port;
  /** The environment variables that it was made with. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

interface Kept extends Spare {
  readonly ready: Int32Array;
}

/** How long no thread may have been started before a spare is made. */
const REST_MS = 20;
const DEFAULT_SPARES = 1;
/** As many as there can be threads. */
const MOST_SPARES = 1024;

let wanted = DEFAULT_SPARES;
const spares = new Set<Kept>();
let timer: ReturnType<typeof setTimeout> | undefined;
/** Whether no thread was started for a while after others were. */
let rested = false;
/** Whether this thread has started threads again after that, or has been told what it wants. */
let repeats = false;

/**
 * Sets how many workers this thread keeps ready, started and loaded, for threads that it will start. A thread that gets one
 * runs within a millisecond or so; otherwise its start takes tens of them. Does not block: spares
 * are made one after the other, while this thread's event loop has nothing else to do. Those that are
 * too many are ended.
 *
 * Without a call there is one, from the second time on that this thread starts threads, with a rest in between. A
 * spare takes as much memory as an idle thread (some 8 MB), no processor time, and does not keep
 * the process alive; `enumerate()` of `@x/introspect` does not show it. Threads with
 * `resourceLimits`, with another `stdio` than `inherit`, or in workers of your own never use one. To a thread that
 * does, `setEnvironmentData` of `node:worker_threads` after the spare was made has no effect; what `node --import`
 * loads was loaded then; and a debugger shows it as `spare thread`.
 *
 * Python has no counterpart.
 *
 * @param count 0 switches the reserve off; each thread has a reserve of its own
 * @throws TypeError, RangeError for anything but an integer from 0 to 1024
 * @example
 * ```ts
 * import { setSpareThreads, sleepAsync, Thread } from '@x/thread';
 *
 * setSpareThreads(2);
 * await sleepAsync(200); // while the program waits for something, say
 * const thread = new Thread({ target: () => 6 * 7 });
 * thread.start();
 * console.log(thread.result());   // 42
 * setSpareThreads(0);
 * ```
 */
export function setSpareThreads(count: number): void {
  if (typeof count !== 'number')
    throw new TypeError(`the number of spare threads must be a number, got ${describe(count)}`);
  if (!Number.isInteger(count) || count < 0 || count > MOST_SPARES)
    throw new RangeError(
      `the number of spare threads must be an integer from 0 to ${MOST_SPARES}, got ${count}`,
    );
  wanted = count;
  repeats = true;
  for (const spare of spares) {
    if (spares.size <= wanted) break;
    drop(spare);
  }
  restLater();
}

/** A worker that waits for a thread, if there is one. Its `Assignment` has to be sent to it over the port. */
export function takeSpare(): Spare | undefined {
  for (const spare of spares) {
    if (Atomics.load(spare.ready, 0) !== READY) continue;
    spares.delete(spare);
    // Receiving takes note of an end that has been closed; a spare sends nothing.
    spare.port.receiveNow();
    if (!spare.port.isOrphaned()) return spare;
    spare.port.close();
  }
  return undefined;
}

/** Called when a thread has been started: the reserve is filled when there is time for it. */
export function noteStart(): void {
  if (rested) repeats = true;
  restLater();
}

function restLater(): void {
  clearTimeout(timer);
  if (wanted === 0 || (repeats && spares.size >= wanted)) return;
  timer = setTimeout(rest, REST_MS);
  timer.unref();
}

function rest(): void {
  rested = true;
  if (!repeats || spares.size >= wanted) return;
  try {
    make();
  } catch {
    // There is no room for a worker now. Whoever starts a thread is told, if it lasts.
    return;
  }
  restLater();
}

function make(): void {
  const system = platform();
  // A worker inherits the realm only if it is there before the worker is.
  const { realm } = home();
  const { environment } = system;
  const [port, theirs] = system.channel();
  const ready = new Int32Array(new SharedArrayBuffer(4));
  const data: SpareBoot = {
    '@x/thread:spare': BOOT_VERSION,
    port: theirs.transferable,
    realm: realm.buffer,
    codec: codecModule(),
    columns: system.columns,
    rehearsal: new URL('./rehearsal.js', import.meta.url).href,
    ready: ready.buffer,
  };
  const worker = launch({
    data,
    transfer: [theirs.transferable],
    name: 'spare thread',
    resourceLimits: undefined,
    pipe: false,
  });
  const spare: Kept = { worker, port, environment, ready };
  spares.add(spare);
  worker.onEnd(() => {
    // One that was taken has somebody else to look after it.
    if (spares.delete(spare)) port.close();
  });
}

function drop(spare: Kept): void {
  spares.delete(spare);
  spare.port.close();
  spare.worker.terminate();
}
