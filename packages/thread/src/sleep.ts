/** Sleeping, with and without blocking. */
import {
  agent,
  BlockingWait,
  checkTimeout,
  deadlineAfter,
  describe,
  home,
  onAbort,
  ROOM_WORD,
  remaining,
  signalOf,
  Woke,
} from '@x/core';
import { SLEEP_KIND } from './kinds.js';

/** The longest delay that a timer takes; a longer one would fire at once. */
const TIMER_MAX_MS = 2 ** 31 - 1;

/** Options of `sleepAsync`. */
export interface SleepOptions {
  /** Ends the sleep: the promise rejects with `signal.reason`. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Blocks this thread for a while.
 * Python: [`time.sleep`](https://docs.python.org/3/library/time.html#time.sleep), with seconds there. In a thread that was
 * created with a `signal` it ends when that fires.
 *
 * @param ms milliseconds, from 0; `Infinity` sleeps until the thread's signal fires
 * @throws RangeError, TypeError for a wrong time; the reason of the thread's signal when it fires;
 * BlockingNotAllowedError on a thread that may not block
 * @example
 * ```ts
 * import { sleep } from '@x/thread';
 *
 * const before = performance.now();
 * sleep(20);
 * console.log(performance.now() - before >= 19);   // true
 * ```
 */
export function sleep(ms: number): void {
  const time = checkTime(ms);
  const member = home();
  const { words } = member.realm;
  const room = member.realm.base(member.id) + ROOM_WORD;
  const wait = new BlockingWait(member, words, time, false, true, { uid: -member.id, kind: SLEEP_KIND });
  try {
    for (;;) {
      const woke = wait.sleep(room, Atomics.load(words, room), 0);
      if (woke === Woke.INTERRUPTED) throw wait.reason();
      if (woke === Woke.EXPIRED) return;
    }
  } finally {
    wait.end();
  }
}

/**
 * Resolves after a while, without blocking this thread. Keeps the process alive until then.
 * Python: [`asyncio.sleep`](https://docs.python.org/3/library/asyncio-task.html#asyncio.sleep).
 *
 * @param ms milliseconds, from 0
 * @throws (rejects) RangeError, TypeError for a wrong time; the signal's reason if it fires
 * @example
 * ```ts
 * import { sleepAsync } from '@x/thread';
 *
 * const before = performance.now();
 * await sleepAsync(20);
 * console.log(performance.now() - before >= 19);   // true
 * ```
 */
export async function sleepAsync(ms: number, options?: SleepOptions): Promise<void> {
  const time = checkTime(ms);
  const signal = signalOf(options);
  const { keepAlive } = agent();
  keepAlive.add();
  await new Promise<void>((resolve, reject) => {
    const deadline = deadlineAfter(time);
    let timer: NodeJS.Timeout;
    let unlisten: (() => void) | undefined;
    const end = (settle: () => void): void => {
      clearTimeout(timer);
      unlisten?.();
      keepAlive.remove();
      settle();
    };
    const arm = (): void => {
      const left = remaining(deadline);
      const step = Math.min(left, TIMER_MAX_MS);
      timer = setTimeout(left > step ? arm : () => end(resolve), step);
    };
    if (signal) {
      unlisten = onAbort(signal, () => {
        end(() => {
          reject(signal.reason as Error);
        });
      });
    }
    arm();
  });
}

function checkTime(ms: number): number {
  if (typeof ms !== 'number')
    throw new TypeError(`the time must be a number of milliseconds, got ${describe(ms)}`);
  return checkTimeout(ms);
}
