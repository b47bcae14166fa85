/**
 * A thread dies while the main thread waits for something that it has: once for each kind of wait.
 * Prints a line of JSON for each: name, what came of the wait, and after how many milliseconds.
 *
 * Arguments: the way in which the threads die; `blocked` or `loop`, how the main thread waits.
 */
import {
  Barrier,
  Condition,
  enumerate,
  Lock,
  Queue,
  RLock,
  RWLock,
  Semaphore,
  setExcepthook,
  SharedValue,
  targetsFrom,
  Thread,
  ThreadPoolExecutor,
} from '@x/threading';

const [way = '', mode = ''] = process.argv.slice(2);
const blocked = mode === 'blocked';
/** Far more than anybody may have to wait to learn of a death. */
const timeout = 4000;
const READY = 0;
const GO = 1;
const KILL = 2;
const HELPED = 4;

/** @type {any} */
const victims = targetsFrom(new URL('./victims.mjs', import.meta.url));
setExcepthook(() => undefined);

// Each waits as this run is told to: by blocking, or in the event loop.
/** @param {any} lock */
const acquire = (lock, options = {}) =>
  blocked ? lock.acquire({ timeout, ...options }) : lock.acquireAsync({ timeout, ...options });
/** @param {any} one */
const wait = (one) => (blocked ? one.wait({ timeout }) : one.waitAsync({ timeout }));
/** @param {any} one */
const join = (one) => (blocked ? one.join({ timeout }) : one.joinAsync({ timeout }));
/** @param {any} thread */
const result = (thread) => (blocked ? thread.result({ timeout }) : thread.resultAsync({ timeout }));

/** @param {any} lock */
const abandoned = async (lock) => {
  try {
    return String(await acquire(lock));
  } catch (error) {
    lock.recover();
    lock.release();
    return `${nameOf(error)}, recovered: ${lock.tryAcquire()}`;
  }
};

/** @param {any} error */
const nameOf = (error) => error.name;

/** What a case has: its primitive, its victim, and what helps. @typedef {{ it: any, thread: any, words: Int32Array, helper?: any }} Scene */

/**
 * @typedef {object} Case
 * @property {() => unknown} [make] what the victim gets
 * @property {any} victim
 * @property {(scene: Scene) => unknown} [before] once the victim is ready
 * @property {(scene: Scene) => unknown} wait begins to wait at once; the victim dies meanwhile
 * @property {readonly string[]} [ways] if only in these
 */

const BY_TERMINATE = ['terminate', 'terminate by a sibling'];

/** @type {Record<string, Case>} */
const cases = {
  'Thread.join': { victim: victims.bare, wait: ({ thread }) => join(thread) },
  'Thread.result': { victim: victims.bare, wait: ({ thread }) => result(thread) },
  'ThreadHandle.join by a sibling': {
    victim: victims.bare,
    before: (scene) => {
      scene.helper = new Thread({ target: victims.joiner, args: [scene.thread] });
      scene.helper.start();
    },
    wait: ({ helper }) => result(helper),
  },
  'Lock.acquire': { make: () => new Lock(), victim: victims.holder, wait: ({ it }) => abandoned(it) },
  'RLock.acquire': { make: () => new RLock(), victim: victims.holder, wait: ({ it }) => abandoned(it) },
  'RWLock.read.acquire': {
    make: () => new RWLock(),
    victim: victims.writer,
    wait: ({ it }) => acquire(it.read),
  },
  'RWLock.write.acquire, a writer dies': {
    make: () => new RWLock(),
    victim: victims.writer,
    wait: ({ it }) => abandoned(it.write),
  },
  'RWLock.write.acquire, a reader dies': {
    make: () => new RWLock(),
    victim: victims.reader,
    wait: ({ it }) => acquire(it.write),
  },
  'Semaphore.acquire': {
    make: () => new Semaphore(2),
    victim: victims.guarded,
    wait: ({ it }) => acquire(it, { permits: 2 }),
  },
  'Condition.wait, the holder dies': {
    make: () => {
      const condition = new Condition();
      condition.acquire();
      return condition;
    },
    victim: victims.lockOfCondition,
    // The starting thread, when it blocks, cannot kill a thread that gets the lock by that.
    ways: ['terminate by a sibling', 'exit', 'error', 'memory', 'crash'],
    wait: ({ it }) => wait(it),
  },
  'Condition.notify, a waiter dies': {
    make: () => new Condition(),
    victim: victims.notified,
    before: async (scene) => {
      scene.helper = new Thread({ target: victims.second, args: [scene.words, scene.it] });
      scene.helper.start();
      while (Atomics.load(scene.words, HELPED) === 0) await pause(2);
    },
    wait: ({ it, helper }) => {
      it.with(() => it.notify());
      return result(helper);
    },
  },
  'Barrier.wait': {
    make: () => new Barrier(3),
    victim: victims.party,
    wait: ({ it }) => wait(it),
  },
  'Barrier.wait, the dead one slept': {
    make: () => new Barrier(3),
    victim: victims.sleepingParty,
    ways: BY_TERMINATE,
    before: async ({ it, words }) => {
      while (it.nWaiting === 0) await pause(2);
      // It cannot ask for it itself.
      Atomics.store(words, KILL, 1);
      Atomics.notify(words, KILL);
    },
    wait: ({ it }) => wait(it),
  },
  'Queue.get': {
    make: () => new Queue(),
    victim: victims.getter,
    wait: async ({ it, thread }) => {
      await join(thread);
      it.put('item');
      return blocked ? it.get({ timeout }) : it.getAsync({ timeout });
    },
  },
  'Queue.put': {
    make: () => {
      const queue = new Queue(1);
      queue.put('in the way');
      return queue;
    },
    victim: victims.putter,
    wait: async ({ it, thread }) => {
      await join(thread);
      it.get();
      await (blocked ? it.put('of the living', { timeout }) : it.putAsync('of the living', { timeout }));
      return it.get();
    },
  },
  'Queue.join': {
    make: () => {
      const queue = new Queue();
      queue.put('work');
      return queue;
    },
    victim: victims.worker,
    wait: async ({ it }) => {
      try {
        return await join(it);
      } catch (error) {
        it.taskDone();
        return `${nameOf(error)}, done: ${await join(it)}`;
      }
    },
  },
  'SharedValue.update': {
    make: () => new SharedValue(1),
    victim: victims.updater,
    wait: ({ it }) =>
      blocked
        ? it.update((/** @type {number} */ n) => n + 1)
        : it.updateAsync((/** @type {number} */ n) => n + 1, { timeout }),
  },
  'Future.result': {
    make: () => new ThreadPoolExecutor({ maxWorkers: 1, threadNamePrefix: 'pool' }),
    victim: victims.task,
    // It has no limit of its own to run into: see the test.
    ways: ['terminate', 'terminate by a sibling', 'exit', 'error', 'memory of a pool', 'crash'],
    wait: async ({ it, thread: future }) => {
      let outcome;
      try {
        outcome = await (blocked ? future.result({ timeout }) : future);
      } catch (error) {
        outcome = nameOf(error);
      }
      const next = it.submit(() => 'next');
      return `${outcome}, then ${await (blocked ? next.result({ timeout }) : next)}`;
    },
  },
};

/** @param {number} ms */
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const chosen = Object.entries(cases).filter(([name, { ways }]) =>
  way === 'memory of a pool' ? name === 'Future.result' : !ways || ways.includes(way),
);
const resourceLimits = way === 'memory' ? { maxOldGenerationSizeMb: 16 } : undefined;

const scenes = chosen.map(([name, { make, victim }]) => {
  const it = make?.();
  const words = new Int32Array(new SharedArrayBuffer(5 * 4));
  const args = [{ way, words }, it];
  if (it instanceof ThreadPoolExecutor) return { it, words, thread: it.submit(victim, args[0]), name };
  const thread = new Thread({ name, target: victim, args, ...(resourceLimits && { resourceLimits }) });
  thread.start();
  return { it, words, thread, name };
});

for (const { words } of scenes) while (Atomics.load(words, READY) === 0) await pause(2);

/** The thread that dies. @param {Scene} scene */
const dying = ({ it, thread }) =>
  it instanceof ThreadPoolExecutor ? enumerate().find(({ name }) => name.startsWith('pool')) : thread;

if (way === 'terminate by a sibling') {
  const args = [scenes.map((scene) => [scene.words, dying(scene)])];
  new Thread({ target: victims.executioner, args }).start();
}

/** @param {number} i */
async function play(i) {
  const [name, { before, wait }] = /** @type {[string, Case]} */ (chosen[i]);
  const scene = /** @type {Scene} */ (scenes[i]);
  await before?.(scene);
  const began = performance.now();
  Atomics.store(scene.words, GO, 1);
  Atomics.notify(scene.words, GO);
  if (way === 'terminate') dying(scene).terminate();
  let outcome;
  try {
    outcome = String(await wait(scene));
  } catch (error) {
    outcome = nameOf(error);
  }
  console.log(JSON.stringify([name, outcome, Math.round(performance.now() - began)]));
}

// Threads that fill their memory at the same time keep each other from dying.
if (blocked || way === 'memory') for (let i = 0; i < chosen.length; i++) await play(i);
else await Promise.all(chosen.map((_, i) => play(i)));
process.exit(0);
