/** Our own executor behind the same face as the others. */
import type { PoolMaker } from './pools.js';
import type * as jobs from '../workers/jobs.js';

export const ours: PoolMaker = {
  name: '@x/executor',
  moves: true,
  async open({ job, workers }) {
    const { ThreadPoolExecutor, targetsFrom } = await import('@x/executor');
    const targets = targetsFrom<typeof jobs>(new URL('../workers/jobs.js', import.meta.url));
    // What a row passes fits its job.
    const target = targets[job] as unknown as (argument: unknown) => unknown;
    const pool = new ThreadPoolExecutor({ maxWorkers: workers });
    return {
      run: (argument, transfer) =>
        transfer ? pool.submit({ target, args: [argument], transfer }) : pool.submit(target, argument),
      close: () => pool.shutdownAsync(),
    };
  },
};
