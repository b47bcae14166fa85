/** Pools: how many small tasks a second, how long for one, what values cost, and how close real work comes to the ideal. */
import { Worker } from 'node:worker_threads';
import { missingPython, runPython } from '../harness/native.js';
import { scaled, type Contestant, type Context, type Row } from '../harness/row.js';
import { keepInFlight } from '../harness/window.js';
import { bareRing } from '../peers/bare-ring.js';
import { ours, oursWithoutSpin } from '../peers/ours.js';
import { stopSpinning } from '../workers/jobs.js';
import { poolMakers, type Pool, type PoolMaker, type PoolOptions } from '../peers/pools.js';

const WORKERS = 2;
const IN_FLIGHT = 1000;
const PYTHON = "CPython's ThreadPoolExecutor";

const baselines: ReadonlySet<PoolMaker> = new Set([oursWithoutSpin, bareRing]);

/** A contestant for each pool; `measure` makes the slice. */
export function pools(
  options: Omit<PoolOptions, 'workers'> & { workers?: number },
  measure: (pool: Pool, context: Context) => () => number | Promise<number>,
  makers: readonly PoolMaker[] = poolMakers,
): Contestant[] {
  return [ours, ...makers].map((maker) => ({
    name: maker.name,
    role: maker === ours ? 'ours' : baselines.has(maker) ? 'baseline' : 'peer',
    async prepare(context) {
      const pool = await maker.open({ workers: WORKERS, ...options });
      // Every worker is there before anything is measured.
      const argument = options.job === 'work' ? 1 : { a: 1, b: 2 };
      if (options.job !== 'move') await keepInFlight(200, 50, () => pool.run(argument));
      return { slice: measure(pool, context), close: () => pool.close() };
    },
  }));
}

function python(what: string, ...parameters: number[]): Contestant {
  return {
    name: PYTHON,
    role: 'baseline',
    missing: missingPython,
    prepare: (context) => ({
      slice: () => runPython('executor', [what, scaled(context, parameters[0]!), ...parameters.slice(1)]),
    }),
  };
}

/** Tasks a second with many in flight. */
export function throughput(pool: Pool, total: number, argument: () => unknown): () => Promise<number> {
  return async () => {
    const began = performance.now();
    await keepInFlight(total, IN_FLIGHT, () => pool.run(argument()));
    return total / ((performance.now() - began) / 1000);
  };
}

const small: Row = {
  id: 'executor/small-tasks',
  what: 'Executor: small tasks, 1000 in flight, 2 workers',
  category: 'throughput',
  unit: 'tasks/s',
  better: 'higher',
  // Some 400 000 tasks, until the engine has optimised what runs with each.
  warmUp: 20,
  slices: 15,
  contestants: [
    ...pools(
      { job: 'add', atOnce: IN_FLIGHT },
      (pool, context) => {
        const total = scaled(context, 20_000);
        let n = 0;
        return throughput(pool, total, () => ({ a: n++, b: 1 }));
      },
      [...poolMakers, oursWithoutSpin, bareRing],
    ),
    python('throughput', 20_000, IN_FLIGHT),
  ],
  targets: [{ against: 'best peer', atLeast: 10 }],
};

const latency: Row = {
  id: 'executor/latency-awaited',
  what: 'Executor: one small task, awaited',
  category: 'empty round trip',
  unit: 'µs',
  better: 'lower',
  warmUpMs: 1500,
  contestants: pools(
    { job: 'add', atOnce: 1 },
    (pool, context) => async () => {
      const total = scaled(context, 2000);
      const began = performance.now();
      for (let n = 0; n < total; n++) await pool.run({ a: n, b: 1 });
      return ((performance.now() - began) * 1000) / total;
    },
    [...poolMakers, oursWithoutSpin],
  ),
  targets: [{ against: 'best peer', atMost: 0.5 }],
};

function blockingContestant(name: string, role: Contestant['role'], spinning: boolean): Contestant {
  return {
    name,
    role,
    async prepare(context) {
      const { ThreadPoolExecutor, targetsFrom } = await import('@x/executor');
      const { add, stopSpinning: initializer } = targetsFrom<typeof import('../workers/jobs.js')>(
        new URL('../workers/jobs.js', import.meta.url),
      );
      if (!spinning) stopSpinning();
      const pool = new ThreadPoolExecutor({ maxWorkers: WORKERS, ...(spinning ? {} : { initializer }) });
      return {
        slice: () => {
          const total = scaled(context, 5000);
          const began = performance.now();
          for (let n = 0; n < total; n++) {
            if (pool.submit(add, { a: n, b: 1 }).result() !== n + 1) throw new Error('wrong result');
          }
          return ((performance.now() - began) * 1000) / total;
        },
        close: () => pool.shutdownAsync(),
      };
    },
  };
}

const blocking: Row = {
  id: 'executor/latency-blocking',
  what: 'Executor: submit(…).result() on a blocked thread',
  category: 'empty round trip',
  unit: 'µs',
  better: 'lower',
  warmUpMs: 1500,
  contestants: [
    blockingContestant(ours.name, 'ours', true),
    blockingContestant(oursWithoutSpin.name, 'baseline', false),
    python('latency', 5000),
  ],
  targets: [{ against: PYTHON, atMost: 1 }],
};

/** About a kilobyte as JSON, of the kind that goes through services: a record with a few nested parts. */
function record(id: number): unknown {
  return {
    id,
    name: 'Ada Lovelace',
    email: 'ada@example.org',
    active: true,
    balance: 1234.5,
    address: { street: '12 St James’s Square', city: 'London', zip: 'SW1Y 4JH', country: 'GB' },
    tags: ['mathematics', 'engines', 'notes', 'poetry'],
    orders: Array.from({ length: 8 }, (_, order) => ({
      number: 100_000 + order,
      item: `part ${order} of the engine`,
      count: order,
      price: order * 9.75,
      shipped: order % 2 === 0,
    })),
  };
}

const kilobyte: Row = {
  id: 'executor/object-1kb',
  what: 'Executor: 1 kB JSON-like object in and out, 1000 in flight',
  category: 'throughput',
  unit: 'tasks/s',
  better: 'higher',
  warmUpMs: 1500,
  contestants: pools({ job: 'echo', atOnce: IN_FLIGHT }, (pool, context) => {
    let n = 0;
    return throughput(pool, scaled(context, 5000), () => record(n++));
  }),
  targets: [{ against: 'best peer', atLeast: 3 }],
};

const MEGABYTE = 2 ** 20;

/** A few in flight: enough to keep both workers busy, not enough to fill the memory. */
async function bytesPerSecond(total: number, run: () => PromiseLike<unknown>): Promise<number> {
  const began = performance.now();
  await keepInFlight(total, 4, run);
  return (total * MEGABYTE) / 1e6 / ((performance.now() - began) / 1000);
}

const copied: Row = {
  id: 'executor/bytes-copied',
  what: 'Executor: 1 MB Uint8Array in and out, copied',
  category: 'throughput',
  unit: 'MB/s',
  better: 'higher',
  // In an object, because multithreading transfers a bare array whether one wants it or not.
  contestants: pools({ job: 'echo', atOnce: 4 }, (pool, context) => {
    const bytes = new Uint8Array(MEGABYTE).fill(7);
    return () => bytesPerSecond(scaled(context, 200), () => pool.run({ bytes }));
  }),
  targets: [{ against: 'best peer', atLeast: 1 }],
};

const moved: Row = {
  id: 'executor/bytes-transferred',
  what: 'Executor: 1 MB Uint8Array in and out, transferred',
  category: 'throughput',
  unit: 'MB/s',
  better: 'higher',
  contestants: pools(
    { job: 'move', atOnce: 4 },
    (pool, context) => () => {
      // What came back goes in again, as an array that was transferred is gone here.
      const idle = Array.from({ length: 4 }, () => new Uint8Array(MEGABYTE).fill(7));
      return bytesPerSecond(scaled(context, 1000), async () => {
        const bytes = idle.pop()!;
        idle.push((await pool.run(bytes, [bytes.buffer])) as Uint8Array<ArrayBuffer>);
      });
    },
    poolMakers.filter(({ moves }) => moves),
  ),
  targets: [{ against: 'best peer', atLeast: 1 }],
};

const TASKS = 1000;
const IDEAL = 'the same work split beforehand over 2 bare workers';

const work: Row = {
  id: 'executor/real-work',
  what: 'Executor: 1000 tasks of about 1 ms, 2 workers',
  category: 'real work',
  unit: 'ms',
  better: 'lower',
  warmUp: 3,
  slices: 3,
  contestants: [
    ...pools({ job: 'work', atOnce: 1 }, (pool, context) => async () => {
      const tasks = scaled(context, TASKS);
      const began = performance.now();
      await Promise.all(Array.from({ length: tasks }, () => pool.run(context.spinsPerMs)));
      return (performance.now() - began) * (TASKS / tasks);
    }),
    {
      name: IDEAL,
      role: 'baseline',
      prepare(context) {
        const tasks = scaled(context, TASKS);
        const go = new Int32Array(new SharedArrayBuffer(8));
        const workers = Array.from(
          { length: WORKERS },
          () =>
            new Worker(new URL('../workers/split.js', import.meta.url), {
              workerData: { go, tasks: tasks / WORKERS, rounds: context.spinsPerMs },
            }),
        );
        return {
          slice: () => {
            const began = performance.now();
            Atomics.store(go, 1, 0);
            Atomics.add(go, 0, 1);
            Atomics.notify(go, 0);
            for (let n = 0; n < WORKERS; n = Atomics.load(go, 1)) Atomics.wait(go, 1, n);
            return (performance.now() - began) * (TASKS / tasks);
          },
          close: () => Promise.all(workers.map((worker) => worker.terminate())),
        };
      },
    },
  ],
  targets: [
    { against: IDEAL, atMost: 1.03 },
    { against: 'best peer', atMost: 1 },
  ],
};

/** Cost per task when so many are queued before the first is awaited. */
function queued(role: Contestant['role'], name: string, count: number): Contestant {
  return {
    name,
    role,
    async prepare() {
      const pool = await ours.open({ job: 'add', workers: WORKERS, atOnce: IN_FLIGHT });
      await keepInFlight(200, 50, () => pool.run({ a: 1, b: 2 }));
      return {
        slice: async () => {
          // As many tasks in both cases, in batches of different sizes.
          const batches = 100_000 / count;
          const began = performance.now();
          for (let batch = 0; batch < batches; batch++) {
            await Promise.all(Array.from({ length: count }, (_, n) => pool.run({ a: n, b: 1 })));
          }
          return ((performance.now() - began) * 1000) / 100_000;
        },
        close: () => pool.close(),
      };
    },
  };
}

const HUNDRED = '100 queued';

const deep: Row = {
  id: 'executor/queued',
  what: 'Executor: 100 000 small tasks queued at once',
  category: 'throughput',
  unit: 'µs/task',
  better: 'lower',
  warmUp: 1,
  slices: 3,
  contestants: [
    queued('ours', ours.name, 100_000),
    queued('baseline', HUNDRED, 100),
    python('queued', 100_000),
  ],
  targets: [{ against: HUNDRED, atMost: 1.1 }],
};

const idle: Row = {
  id: 'executor/idle',
  what: 'Executor: CPU time of an idle pool of 2, in a second',
  category: 'footprint',
  unit: 'ms/s',
  better: 'lower',
  warmUp: 1,
  slices: 2,
  contestants: pools({ job: 'add', atOnce: 1 }, (pool) => async () => {
    for (let n = 0; n < 1000; n++) await pool.run({ a: n, b: 1 });
    // Whatever still spins or tidies up after the last task has stopped by then.
    await new Promise((resolve) => setTimeout(resolve, 100));
    const before = process.cpuUsage();
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  }),
  targets: [{ against: 'nothing', atMost: 5 }],
};

/** The rows of this subject. */
export const executorRows: readonly Row[] = [
  latency,
  blocking,
  small,
  kilobyte,
  copied,
  moved,
  deep,
  work,
  idle,
];
