/** How a thread that submits gets an area of the pool's memory for its tasks. */
import { Atomics } from '@x/core/seam';
import {
  AREA_THREAD_WORD,
  areaBase,
  AREAS_WORD,
  CODE_MASK,
  HEAD_WORD,
  OVERFLOW_WORD,
  slotBase,
  SlotState,
  slotsOf,
  TAIL_WORD,
  WAITING_WORD,
} from './layout.js';
import { isHeldByWorker, type Pool } from './pool.js';
import { MAX_AREAS } from './sizes.js';

/**
 * Takes an area for this thread. One that belonged to a thread which has ended is taken again once
 * nothing of it is left to do; its slots keep their generations.
 */
export function claimArea(pool: Pool): number | undefined {
  const { words, member, realm } = pool;
  const first = member.id === pool.owner ? 0 : 1;
  const last = first === 0 ? 1 : MAX_AREAS;
  for (let area = first; area < last; area++) {
    const index = areaBase(area) + AREA_THREAD_WORD;
    const before = Atomics.load(words, index);
    if (before !== 0 && !(realm.hasEnded(before) && isQuiet(words, area))) continue;
    if (Atomics.compareExchange(words, index, before, member.id) !== before) continue;
    if (before !== 0 && !clear(words, area)) {
      Atomics.store(words, index, before);
      continue;
    }
    for (
      let areas = Atomics.load(words, AREAS_WORD);
      areas <= area;
      areas = Atomics.load(words, AREAS_WORD)
    ) {
      Atomics.compareExchange(words, AREAS_WORD, areas, area + 1);
    }
    Atomics.store(words, areaBase(area) + OVERFLOW_WORD, 0);
    Atomics.store(words, areaBase(area) + WAITING_WORD, 0);
    return area;
  }
  return undefined;
}

/**
 * Takes back what a dead thread has submitted. False if a worker is at it: one that took the last cell before the area was
 * claimed may claim the task afterwards.
 */
function clear(words: Int32Array, area: number): boolean {
  for (let slot = 0; slot < slotsOf(area); slot++) {
    const index = slotBase(area, slot);
    const state = Atomics.load(words, index);
    const code = state & CODE_MASK;
    if (isHeldByWorker(code)) return false;
    if (code !== SlotState.PENDING) continue;
    if (Atomics.compareExchange(words, index, state, state & ~CODE_MASK) !== state) return false;
  }
  return true;
}

/** Whether no worker has anything to do with the area. */
function isQuiet(words: Int32Array, area: number): boolean {
  const base = areaBase(area);
  if (Atomics.load(words, base + TAIL_WORD) !== Atomics.load(words, base + HEAD_WORD)) return false;
  for (let slot = 0; slot < slotsOf(area); slot++) {
    const code = Atomics.load(words, slotBase(area, slot)) & CODE_MASK;
    if (isHeldByWorker(code)) return false;
  }
  return true;
}
