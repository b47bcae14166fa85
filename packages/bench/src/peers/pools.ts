/**
 * The other pools, each as its README recommends and with the fastest options that it documents. All have a fixed
 * number of workers that are there before the measurement begins.
 *
 * Tried, and slower or no faster: workerpool with a function instead of a worker file; poolifier's tasks queue and its
 * ROUND_ROBIN strategy; piscina's default task queue.
 */
import { fileURLToPath } from 'node:url';
import type { Job } from '../workers/jobs.js';

/** A pool that runs one kind of task. */
export interface Pool {
  run: (argument: unknown, transfer?: readonly ArrayBuffer[]) => PromiseLike<unknown>;
  close: () => unknown;
}

/** What a row needs. */
export interface PoolOptions {
  readonly job: Job;
  readonly workers: number;
  /**
   * How many tasks a worker may be sent before it has answered. Pools that have the option default to one, and
   * gain much from more when tasks are tiny; with one, tasks of a millisecond are spread best.
   */
  readonly atOnce: number;
}

/** A library that can open pools. */
export interface PoolMaker {
  readonly name: string;
  /** Whether a result can be transferred. */
  readonly moves: boolean;
  readonly open: (options: PoolOptions) => Promise<Pool>;
}

const file = (name: string): URL => new URL(`../workers/${name}.js`, import.meta.url);

const piscina: PoolMaker = {
  name: 'piscina',
  moves: true,
  async open({ job, workers, atOnce }) {
    const { FixedQueue, Piscina } = await import('piscina');
    const pool = new Piscina({
      filename: file('piscina').href,
      name: job,
      minThreads: workers,
      maxThreads: workers,
      idleTimeout: Infinity,
      // "Synchronous" waiting between tasks, its default, is what its README calls the fast way.
      atomics: 'sync',
      recordTiming: false,
      taskQueue: new FixedQueue(),
      concurrentTasksPerWorker: atOnce,
    });
    return {
      run: (argument, transfer) =>
        transfer ? pool.run(argument, { transferList: [...transfer] }) : pool.run(argument),
      close: () => pool.destroy(),
    };
  },
};

const tinypool: PoolMaker = {
  name: 'tinypool',
  moves: true,
  async open({ job, workers, atOnce }) {
    const { Tinypool } = await import('tinypool');
    const pool = new Tinypool({
      filename: file('tinypool').href,
      name: job,
      minThreads: workers,
      maxThreads: workers,
      idleTimeout: Infinity,
      concurrentTasksPerWorker: atOnce,
    });
    return {
      run: (argument, transfer) =>
        transfer ? pool.run(argument, { transferList: [...transfer] }) : pool.run(argument),
      close: () => pool.destroy(),
    };
  },
};

const workerpool: PoolMaker = {
  name: 'workerpool',
  moves: true,
  async open({ job, workers }) {
    const { default: library } = await import('workerpool');
    // A dedicated worker file: a function given to `exec` would be sent as text with every task.
    const pool = library.pool(fileURLToPath(file('workerpool')), {
      minWorkers: workers,
      maxWorkers: workers,
      workerType: 'thread',
    });
    return {
      run: (argument, transfer) =>
        transfer ? pool.exec(job, [argument], { transfer: [...transfer] }) : pool.exec(job, [argument]),
      close: () => pool.terminate(true),
    };
  },
};

const poolifier: PoolMaker = {
  name: 'poolifier',
  moves: false,
  async open({ job, workers }) {
    const { FixedThreadPool } = await import('poolifier');
    const pool = new FixedThreadPool<unknown, unknown>(workers, fileURLToPath(file('poolifier')), {
      enableEvents: false,
    });
    return {
      run: (argument, transfer) => pool.execute(argument, job, undefined, transfer),
      close: () => pool.destroy(),
    };
  },
};

const multithreading: PoolMaker = {
  name: 'multithreading',
  moves: true,
  async open({ job, workers }) {
    const { initRuntime, move, shutdown, spawn } = await import('multithreading');
    initRuntime({ maxWorkers: workers });
    // Functions travel as text and may not refer to anything outside; views of memory are always transferred.
    const jobs = {
      add: ({ a, b }: { a: number; b: number }) => a + b,
      echo: (value: unknown) => value,
      move: (value: unknown) => value,
      work: (rounds: number) => {
        let x = 1;
        for (let i = 0; i < rounds; i++) x = (Math.imul(x, 1664525) + 1013904223) | 0;
        return x;
      },
    };
    const target = jobs[job] as (argument: unknown) => unknown;
    return {
      run: async (argument) => {
        const result = await spawn(move(argument), target).join();
        if (!result.ok) throw result.error;
        return result.value;
      },
      close: () => {
        shutdown();
      },
    };
  },
};

/** All of them. */
export const poolMakers: readonly PoolMaker[] = [piscina, tinypool, workerpool, poolifier, multithreading];
