/** Threads that are terminated at random moments, from their start to their end: nobody who waits for one hangs. */
import { Lock } from '@x/lock';
import { sleep, Thread } from '@x/thread';
import { random } from '../../testkit/src/random.js';
import { describe, expect, it } from 'vitest';

const THREADS = process.env['TEST_LONG'] ? 500 : 40;
/** Nothing waits longer to learn of a death; on a busy machine a start alone takes a good part of it. */
const LEARNS_MS = 5000;

/** Takes and gives back the lock again and again; the counter is torn only if two are inside at once. */
function hammer(lock: Lock, words: Int32Array): void {
  for (;;) {
    try {
      lock.acquire();
    } catch {
      lock.recover();
      words[1] = words[0]!;
    }
    words[0]!++;
    if (words[0] !== words[1]! + 1) words[2] = 1;
    words[1]!++;
    lock.release();
  }
}

describe('threads terminated at random moments', () => {
  it('are joined in time, by blocking and async joiners, and leave a lock that can be recovered', async () => {
    const numbers = random();
    const { seed } = numbers;
    const lock = new Lock();
    const words = new Int32Array(new SharedArrayBuffer(12));
    for (let i = 0; i < THREADS; i++) {
      const thread = new Thread({ target: hammer, args: [lock, words] });
      thread.start();
      if (numbers.chance(0.7)) sleep(numbers.int(0, 80));
      thread.terminate();
      const options = { timeout: LEARNS_MS };
      const ended = numbers.chance(0.5) ? thread.join(options) : await thread.joinAsync(options);
      expect({ seed, i, ended }).toEqual({ seed, i, ended: true });
      expect(() => thread.result({ timeout: 0 })).toThrow(/was terminated/);
    }
    expect(words[2]).toBe(0);
    try {
      lock.acquire({ timeout: LEARNS_MS });
    } catch {
      lock.recover();
    }
    lock.release();
    expect(lock.locked()).toBe(false);
  }, 120_000);
});
