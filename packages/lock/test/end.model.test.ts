/** Threads that end in an orderly way with a lock held. */
import { leave } from '@x/core';
import { Atomics } from '@x/core/seam';
import { Lock, RLock } from '@x/lock';
import { explore } from '@x/testkit/explorer';
import { expect, test } from 'vitest';
import {
  awaiting,
  awaitingRecovering,
  blocking,
  modelsOf,
  recovering,
  type MutexBody,
} from './mutex-models.js';

test('a Lock is left to anyone to release, and no waiter is forgotten', async () => {
  const word = (): Int32Array => new Int32Array(new SharedArrayBuffer(4));
  for (const [name, waiter] of [
    ['blocking', blocking],
    ['async', awaiting],
  ] as const) {
    await explore({
      name: `Lock, end of its holder, ${name}`,
      setup: () => ({ lock: new Lock(), inside: word(), ended: word() }),
      words: { lock: { 4: 'STATE', 5: 'SEQ' } },
      threads: {
        A: ({ lock, ended }) => {
          lock.acquire();
          leave();
          Atomics.store(ended, 0, 1);
          Atomics.notify(ended, 0);
        },
        B: ({ lock, ended }) => {
          Atomics.wait(ended, 0, 0);
          lock.release();
        },
        C: waiter,
      },
      realmPoints: true,
      final: ({ lock }) => {
        expect(lock.locked()).toBe(false);
      },
    });
  }
});

test('an RLock is abandoned, and the others recover it', async () => {
  const ending: MutexBody = ({ lock }) => {
    lock.acquire();
    leave();
  };
  const model = modelsOf('RLock', () => new RLock());
  const more = { realmPoints: true, final: () => undefined };
  await model('end of its holder', [ending, recovering, awaitingRecovering], { idleSlices: 2 }, more);
});
