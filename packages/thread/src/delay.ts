/** The pause of a `Timer` before it runs its target. */
import { BlockingWait, Woke, type Member } from '@x/core';
import { SLEEP_KIND } from './kinds.js';
import type { Delay } from './messages.js';

/** How often a waiting timer looks whether it is still wanted. */
const LOOK_MS = 250;

/** Blocks until the time has come: true, or until the timer is cancelled: false. */
export function awaitDelay(member: Member, delay: Delay): boolean {
  const words = new Int32Array(delay.cancelled);
  const wait = new BlockingWait(member, words, delay.ms, false, true, { uid: -member.id, kind: SLEEP_KIND });
  try {
    for (;;) {
      if (Atomics.load(words, 0) !== 0) return false;
      const woke = wait.sleep(0, 0, 0, LOOK_MS);
      if (woke === Woke.INTERRUPTED) throw wait.reason();
      if (woke === Woke.EXPIRED) return Atomics.load(words, 0) === 0;
    }
  } finally {
    wait.end();
  }
}
