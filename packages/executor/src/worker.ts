/** What a worker's thread begins with. */
import { agent, decode, explainError, resolveTarget, runtime, workers } from '@x/core';
import { Atomics } from '@x/core/seam';
import type { WorkerOrder } from './crew.js';
import { EXIT_WORD, MODE_WORD, recordBase, THREAD_WORD, WorkerMode } from './layout.js';
import { poolOf, type ThreadPoolExecutor } from './executor.js';
import { breakPool } from './reasons.js';
import { becomeWorker } from './roles.js';
import { Runner } from './runner.js';

/** Runs the tasks of a pool, until the pool needs this worker no longer. */
export async function runWorker(order: WorkerOrder): Promise<void> {
  await Promise.allSettled(order.modules.map((module) => import(/* @vite-ignore */ module)));
  const executor = decode(order.executor) as ThreadPoolExecutor;
  const pool = poolOf(executor);
  const runner = new Runner(pool, order.record, workers!.port(order.port));
  becomeWorker(pool, order.record, () => runner.isLoopIdle());
  const base = recordBase(order.record);
  // As the owner does, who may come to it later.
  Atomics.store(pool.words, base + THREAD_WORD, pool.member.id);
  workers!.onExit((code) => {
    Atomics.store(pool.words, base + EXIT_WORD, code + 1);
  });
  // Between tasks nothing else may keep this thread alive.
  const letGo = runtime.keepAlive();
  if (order.initializer) {
    try {
      const initialize = await resolveTarget(order.initializer);
      await initialize(...(decode(order.initargs) as unknown[]));
    } catch (error) {
      letGo();
      breakPool(pool, 'initializer', explainError(error, order.initializer));
      Atomics.store(pool.words, base + MODE_WORD, WorkerMode.LEAVING);
      pool.askOwner();
      return;
    }
  }
  await runner.run();
  letGo();
  await agent().keepAlive.idle();
}
