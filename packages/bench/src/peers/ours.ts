/** Our own executor behind the same face as the others; also with spinning switched off, to show what it brings. */
import { stopSpinning } from '../workers/jobs.js';
import type * as jobs from '../workers/executor.js';
import type { PoolMaker } from './pools.js';

function executor(name: string, spinning: boolean): PoolMaker {
  return {
    name,
    moves: true,
    async open({ job, workers }) {
      const { ThreadPoolExecutor, targetsFrom } = await import('@x/executor');
      const targets = targetsFrom<typeof jobs>(new URL('../workers/executor.js', import.meta.url));
      // What a row passes fits its job.
      const target = targets[job] as unknown as (argument: unknown) => unknown;
      if (!spinning) stopSpinning();
      const pool = new ThreadPoolExecutor({
        maxWorkers: workers,
        ...(spinning ? {} : { initializer: targets.stopSpinning }),
      });
      return {
        run: (argument, transfer) =>
          transfer ? pool.submit({ target, args: [argument], transfer }) : pool.submit(target, argument),
        close: () => pool.shutdownAsync(),
      };
    },
  };
}

export const ours = executor('@x/executor', true);
export const oursWithoutSpin = executor('@x/executor without spinning', false);
