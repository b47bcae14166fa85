// When the process ends, by argument. Each prints what it has to, and nothing keeps it alive afterwards.
import { home } from '@x/core';
import { ThreadPoolExecutor } from '@x/executor';

/** @param {number} ms */
async function slow(ms) {
  console.log('task');
  await new Promise((resolve) => setTimeout(resolve, ms));
}

/** @type {Record<string, () => unknown>} */
const programs = {
  // Pending tasks keep it alive, without anyone waiting.
  pending() {
    const executor = new ThreadPoolExecutor({ maxWorkers: 2 });
    for (let i = 0; i < 3; i++) executor.submit(slow, 50);
  },
  callback() {
    new ThreadPoolExecutor({ maxWorkers: 1 }).submit(slow, 50).addDoneCallback(() => {
      console.log('called');
    });
  },
  // Idle workers do not.
  idle() {
    const executor = new ThreadPoolExecutor({ maxWorkers: 2 });
    console.log(executor.submit(() => 'result').result());
  },
  async awaited() {
    const executor = new ThreadPoolExecutor({ maxWorkers: 2 });
    console.log(await executor.submit(() => 'result'));
  },
  unused() {
    new ThreadPoolExecutor({ maxWorkers: 2 });
  },
  // More than fits into the ring.
  many() {
    const executor = new ThreadPoolExecutor({ maxWorkers: 2 });
    let done = 0;
    for (let i = 0; i < 5000; i++) {
      executor
        .submit(() => 1)
        .addDoneCallback(() => {
          if (++done === 5000) console.log('all');
        });
    }
  },
  failed() {
    const executor = new ThreadPoolExecutor({ maxWorkers: 1 });
    executor.submit(() => {
      throw new Error('nobody looks');
    });
  },
  'top-level-await'() {
    return new ThreadPoolExecutor({ maxWorkers: 1 }).submit(slow, 50).then(() => {
      console.log('after');
    });
  },
  // A timer that a task has left behind does not keep the process alive, as nothing in a daemon does.
  leftover() {
    const executor = new ThreadPoolExecutor({ maxWorkers: 1 });
    executor
      .submit(() => {
        setInterval(() => undefined, 1000);
      })
      .result();
  },
  // Nobody has the executor any more; its workers go.
  async forgotten() {
    const use = () => new ThreadPoolExecutor({ maxWorkers: 1 }).submit(() => 1).result();
    use();
    const { realm } = home();
    console.log(realm.ids().length);
    for (let i = 0; i < 100 && realm.ids().length > 1; i++) {
      globalThis.gc?.();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    console.log(realm.ids().length);
  },
  // Nobody in this thread has the executor any more, but a task has.
  async 'handed-out'() {
    const use = () => {
      const executor = new ThreadPoolExecutor({ maxWorkers: 2 });
      const late = (/** @type {ThreadPoolExecutor} */ own) =>
        new Promise((resolve) => setTimeout(resolve, 300)).then(() => own.submit(() => 5));
      return executor.submit(late, executor);
    };
    const future = use();
    for (let i = 0; i < 10; i++) {
      globalThis.gc?.();
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    console.log(await future);
  },
  // Also in a program that never blocks.
  async 'many-pools'() {
    const use = async () => {
      const executor = new ThreadPoolExecutor({ maxWorkers: 1 });
      await executor.submit(() => 1);
      await executor.shutdownAsync();
    };
    await use();
    globalThis.gc?.();
    const before = process.memoryUsage().arrayBuffers;
    for (let i = 0; i < 10; i++) await use();
    const hasGrown = () => process.memoryUsage().arrayBuffers > before * 4;
    for (let i = 0; i < 50 && hasGrown(); i++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      globalThis.gc?.();
    }
    console.log(!hasGrown());
  },
  scoped() {
    {
      using_(new ThreadPoolExecutor({ maxWorkers: 4 }), (executor) => {
        for (const n of [5, 2, 55, 4]) {
          executor.submit((/** @type {number} */ m) => {
            console.log(`Square of ${m}: ${m * m}.`);
          }, n);
        }
      });
    }
    console.log('after the block');
  },
};

/** What `using` does, for engines without it. @param {ThreadPoolExecutor} executor @param {(executor: ThreadPoolExecutor) => void} body */
function using_(executor, body) {
  try {
    body(executor);
  } finally {
    executor[Symbol.dispose]();
  }
}

await programs[process.argv[2] ?? '']?.();
