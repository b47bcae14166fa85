/** Starting a worker's thread. */
import { targetsFrom } from '@x/core';
import { Thread } from '@x/thread';
import type { WorkerOrder } from './crew.js';

/** A worker's thread. */
export interface Launched {
  readonly id: number;
  terminate(): void;
  /** Whether it has ended; also finds one that was killed while every event loop is blocked. */
  hasEnded(): boolean;
  /** What ended it, once it has ended, if that is known. */
  reason(): unknown;
}

/** Starts a worker. It is a daemon: pending tasks keep the process alive, not idle workers. */
export function launch(name: string, order: WorkerOrder): Launched {
  const { runWorker } = targetsFrom<typeof import('./worker.js')>(new URL('./worker.js', import.meta.url));
  const thread = new Thread({
    target: runWorker,
    args: [order],
    name,
    daemon: true,
    transfer: [order.port as ArrayBuffer],
  });
  thread.start();
  return {
    id: thread.ident!,
    terminate: () => {
      thread.terminate();
    },
    hasEnded: () => !thread.isAlive(),
    reason() {
      try {
        thread.result({ timeout: 0 });
        return undefined;
      } catch (error) {
        return error;
      }
    },
  };
}
