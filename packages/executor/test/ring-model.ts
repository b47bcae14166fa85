/** A pool of which only the ring is used: what workers do before they run a task. */
// First, since it puts the small sizes in place.
import { poolIn, setup, type PoolModel } from './pool-model.js';
import { Atomics } from '@x/core/seam';
import type { Body } from '@x/testkit/explorer';
import * as layout from '../src/layout.js';
import { Taker } from '../src/taker.js';

/** Makes a pool of two workers with two tasks in the owner's ring. */
export function setupFilled(): PoolModel {
  const model = setup({ submitters: 0, ready: 2 })();
  const { words } = poolIn(model);
  for (const slot of [0, 1]) {
    words[layout.slotBase(0, slot)] = layout.SlotState.PENDING | (1 << layout.GENERATION_SHIFT);
    words[layout.ringBase(0) + slot] = (1 << layout.GENERATION_SHIFT) | slot;
  }
  words[layout.areaBase(0) + layout.TAIL_WORD] = 2;
  words[layout.AREAS_WORD] = 1;
  return model;
}

/** Takes what there is, without running it; the numbers of the slots. What was taken once is never put back. */
export const taker =
  (record: number): Body<PoolModel> =>
  (model, thread) => {
    const pool = poolIn(model);
    const own = new Taker(pool, record);
    const slots: number[] = [];
    let head = 0;
    for (let more = true; more;) {
      more = own.take();
      if (more) slots.push(own.slot);
      const now = Atomics.load(pool.words, layout.areaBase(0) + layout.HEAD_WORD);
      thread.check(now >= head, `saw HEAD go back from ${head} to ${now}`);
      head = now;
    }
    return slots;
  };

/** How many positions of the owner's ring were taken. */
export const takenFrom = ({ executor }: PoolModel): number =>
  executor.memory.words[layout.areaBase(0) + layout.HEAD_WORD]!;
