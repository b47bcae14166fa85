/** What happens to the ring when a worker dies between taking a cell and claiming its task: here its HEAD is moved by hand. */
import type { ThreadPoolExecutor } from '@x/executor';
import { expect, it } from 'vitest';
import * as layout from '../src/layout.js';
import { occupy, pool } from './pool.js';

/** More than two of the slices after which a submitter looks for lost tasks. */
const LOOKED_MS = 800;

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function tailOf({ memory: { words } }: ThreadPoolExecutor): number {
  return Atomics.load(words, layout.areaBase(0) + layout.TAIL_WORD);
}

/** Takes a cell as a worker does that dies then. */
function loseNext({ memory: { words } }: ThreadPoolExecutor): void {
  Atomics.add(words, layout.areaBase(0) + layout.HEAD_WORD, 1);
}

it('a lost task is put in again, once, though no worker is free for it', async () => {
  const executor = pool(1);
  const release = occupy(executor);
  const lost = executor.submit((n: number) => n, 1);
  loseNext(executor);
  const before = tailOf(executor);
  await pause(LOOKED_MS);
  expect(tailOf(executor)).toBe(before + 1);
  await pause(LOOKED_MS);
  expect(tailOf(executor)).toBe(before + 1);
  release();
  expect(lost.result({ timeout: 5000 })).toBe(1);
});

it('the cell of a lost task that was cancelled does not stand for the next one in its slot', async () => {
  const executor = pool(1);
  const release = occupy(executor);
  const lost = executor.submit((n: number) => n, 1);
  loseNext(executor);
  await pause(LOOKED_MS);
  expect(lost.cancel()).toBe(true);
  const gates = new Int32Array(new SharedArrayBuffer(4));
  const long = executor.submit((gate: Int32Array) => Atomics.wait(gate, 0, 0), gates);
  // Its slot becomes free again meanwhile.
  await pause(20);
  const next = [2, 3].map((value) => executor.submit((n: number) => n, value));
  release();
  await expect.poll(() => long.running(), { timeout: 5000 }).toBe(true);
  const before = tailOf(executor);
  await pause(2 * LOOKED_MS);
  expect(tailOf(executor)).toBe(before);
  Atomics.store(gates, 0, 1);
  Atomics.notify(gates, 0);
  expect(next.map((future) => future.result({ timeout: 5000 }))).toEqual([2, 3]);
});
