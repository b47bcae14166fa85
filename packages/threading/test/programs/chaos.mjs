/**
 * One actor of the chaos test: does random things to everything, in every form, and may be killed at any
 * instruction. What it checks inside holds also if others were killed: data is repaired by whoever recovers its lock.
 */
import { sleepAsync } from '@x/threading';

/**
 * What all actors share.
 * @typedef {object} World
 * @property {import('@x/threading').Lock} lock guards COUNT and COUNT_AGAIN
 * @property {import('@x/threading').RLock} rlock guards NESTED and NESTED_AGAIN
 * @property {import('@x/threading').RWLock} rwlock guards WRITTEN and WRITTEN_AGAIN
 * @property {import('@x/threading').Condition} condition guards TOKENS
 * @property {import('@x/threading').Semaphore} semaphore
 * @property {import('@x/threading').Event} event
 * @property {import('@x/threading').Barrier} barrier
 * @property {import('@x/threading').Queue<[number, string]>} queue
 * @property {import('@x/threading').PriorityQueue<[number, string]>} heap
 * @property {import('@x/threading').SharedValue<{ a: number, b: number, text: string }>} value
 * @property {import('@x/threading').AtomicInt32} updates to the value that were finished
 * @property {Int32Array} words
 * @property {Int32Array} fates of items, by number
 */

export const Word = {
  STOP: 0,
  COUNT: 1,
  COUNT_AGAIN: 2,
  NESTED: 3,
  NESTED_AGAIN: 4,
  WRITTEN: 5,
  WRITTEN_AGAIN: 6,
  TOKENS: 7,
  /** Items that were made. */
  ITEMS: 8,
  /** Operations that went through. */
  OPERATIONS: 9,
  /** Actors that have ended themselves. */
  SUICIDES: 10,
  /** Operations of each kind from here on. */
  KINDS: 16,
};

export const Fate = { UNKNOWN: 0, TAKEN: 1, NOT_PUT: 2 };

/** Errors that are right whatever the others do. */
const EXPECTED = new Set([
  'TimeoutError',
  'QueueEmptyError',
  'QueueFullError',
  'BrokenBarrierError',
  'AbandonedError',
]);

const LETTERS = 'abcdefghij';
/** An item's text can be told from its number. @param {number} n */
const textOf = (n) => LETTERS[n % 10]?.repeat((n * 37) % 300) ?? '';

/** @param {string} what @returns {never} */
function violation(what) {
  throw new Error(`violation: ${what}`);
}

/**
 * @param {World} world
 * @param {number} seed
 * @param {boolean} isMain the main thread neither blocks for long nor dies
 */
export async function act(world, seed, isMain = false) {
  const { lock, rlock, rwlock, condition, semaphore, event, barrier, value, words, fates } = world;
  let state = seed | 0;
  /** A number from 0 up to, not including, n. @param {number} n */
  const roll = (n) => {
    state = (Math.imul(state, 1103515245) + 12345) | 0;
    return (state >>> 8) % n;
  };

  /** Some end in the middle of what they do. */
  const perhapsDie = () => {
    if (isMain || roll(600) !== 0) return;
    Atomics.add(words, Word.SUICIDES, 1);
    const way = roll(3);
    if (way === 0) process.exit(1);
    if (way === 1) throw new Error('planned');
    /** @type {any} */ (process).reallyExit(9);
  };

  const options = () => (isMain || roll(2) === 0 ? { timeout: roll(20) } : {});
  const asyncOptions = () => {
    if (roll(3) !== 0) return options();
    const controller = new AbortController();
    setTimeout(() => controller.abort(new DOMException('as planned', 'TimeoutError')), roll(5));
    return { ...options(), signal: controller.signal };
  };
  const isAsync = () => isMain || roll(2) === 0;

  /**
   * Runs the body with the lock held, and repairs the data first if the last holder has died.
   * @param {any} side
   * @param {() => unknown} body
   * @param {() => void} repair
   * @param {any} recoverable
   */
  const locked = async (side, body, repair, recoverable = side) => {
    let holder = side;
    try {
      const got = isAsync() ? await side.acquireAsync(asyncOptions()) : side.acquire(options());
      if (!got) return;
    } catch (error) {
      if (nameOf(error) !== 'AbandonedError') throw error;
      try {
        recoverable.recover();
      } catch {
        // Somebody else was quicker.
        return;
      }
      repair();
      holder = recoverable;
    }
    try {
      await body();
    } catch (error) {
      // Not held only if a condition could not have its lock back. One that dies releases nothing.
      if (EXPECTED.has(nameOf(error)) && nameOf(error) !== 'AbandonedError') holder.release();
      throw error;
    }
    holder.release();
  };

  /** @param {number} index */
  const increment = (index) => {
    words[index] = (words[index] ?? 0) + 1;
  };

  /** Two words that differ only while somebody is inside. @param {number} first @param {number} again @param {string} what */
  const tear = (first, again, what) => {
    if (words[first] !== words[again]) violation(`two are inside ${what}`);
    increment(first);
    perhapsDie();
    for (let i = roll(200); i > 0; i--);
    increment(again);
    if (words[first] !== words[again]) violation(`two are inside ${what}`);
  };
  /** @param {number} first @param {number} again */
  const repair = (first, again) => () => {
    words[again] = words[first] ?? 0;
  };

  const take = async (/** @type {World['queue' | 'heap']} */ queue) => {
    const [n, text] = isAsync() ? await queue.getAsync(shortly()) : queue.get(shortly());
    if (text !== textOf(n)) violation(`item ${n} is damaged`);
    if (Atomics.exchange(fates, n, Fate.TAKEN) !== Fate.UNKNOWN) violation(`item ${n} came twice`);
    perhapsDie();
    queue.taskDone();
  };
  const put = async (/** @type {World['queue' | 'heap']} */ queue) => {
    const n = Atomics.add(words, Word.ITEMS, 1);
    if (n >= fates.length) return;
    /** @type {[number, string]} */
    const item = [n, textOf(n)];
    try {
      if (isAsync()) await queue.putAsync(item, shortly());
      else queue.put(item, shortly());
    } catch (error) {
      Atomics.store(fates, n, Fate.NOT_PUT);
      throw error;
    }
  };
  /** Nobody promises that there will be something. */
  const shortly = () => ({ timeout: roll(3) });

  const operations = [
    () =>
      locked(
        lock,
        () => tear(Word.COUNT, Word.COUNT_AGAIN, 'the lock'),
        repair(Word.COUNT, Word.COUNT_AGAIN),
      ),
    () =>
      locked(
        rlock,
        () => {
          // An async acquire is an ownership of its own, which is not entered again.
          const again = rlock.tryAcquire();
          tear(Word.NESTED, Word.NESTED_AGAIN, 'the re-entrant lock');
          if (again) rlock.release();
        },
        repair(Word.NESTED, Word.NESTED_AGAIN),
      ),
    () =>
      locked(
        rwlock.write,
        () => tear(Word.WRITTEN, Word.WRITTEN_AGAIN, 'as writers'),
        repair(Word.WRITTEN, Word.WRITTEN_AGAIN),
      ),
    () =>
      locked(
        rwlock.read,
        () => {
          if (words[Word.WRITTEN] !== words[Word.WRITTEN_AGAIN]) violation('a reader beside a writer');
          perhapsDie();
        },
        repair(Word.WRITTEN, Word.WRITTEN_AGAIN),
        rwlock.write,
      ),
    // Several, always in one order.
    () =>
      locked(
        lock,
        () =>
          locked(
            rwlock.write,
            () => tear(Word.WRITTEN, Word.WRITTEN_AGAIN, 'as writers'),
            repair(Word.WRITTEN, Word.WRITTEN_AGAIN),
          ),
        repair(Word.COUNT, Word.COUNT_AGAIN),
      ),
    () =>
      locked(
        condition,
        () => {
          increment(Word.TOKENS);
          condition.notify(1 + roll(3));
        },
        () => undefined,
      ),
    async () => {
      await locked(
        condition,
        async () => {
          const hasToken = () => (words[Word.TOKENS] ?? 0) > 0;
          if (
            isAsync()
              ? await condition.waitForAsync(hasToken, shortly())
              : condition.waitFor(hasToken, shortly())
          ) {
            words[Word.TOKENS] = (words[Word.TOKENS] ?? 0) - 1;
            if ((words[Word.TOKENS] ?? 0) < 0) violation('two have taken one token');
          }
        },
        () => undefined,
      );
    },
    async () => {
      const permits = 1 + roll(4);
      const guard = isAsync()
        ? await semaphore.holdAsync({ permits, ...options() })
        : semaphore.hold({ permits, ...options() });
      if (semaphore.value > 4 - permits) violation('more permits than there are');
      perhapsDie();
      guard[Symbol.dispose]();
    },
    () => (roll(2) === 0 ? event.set() : event.clear()),
    async () => (isAsync() ? event.waitAsync(shortly()) : event.wait(shortly())),
    async () => {
      try {
        await (isAsync() ? barrier.waitAsync(shortly()) : barrier.wait(shortly()));
      } catch (error) {
        barrier.reset();
        throw error;
      }
    },
    () => put(world.queue),
    () => take(world.queue),
    () => put(world.heap),
    () => take(world.heap),
    async () => {
      /** @param {{ a: number }} old */
      const change = ({ a }) => {
        perhapsDie();
        return { a: a + 1, b: a + 1, text: textOf(a + 1) };
      };
      const done = isAsync() ? await value.updateAsync(change, options()) : value.update(change);
      if (done) world.updates.add(1);
    },
    () => {
      const { a, b, text } = value.get();
      if (a !== b || text !== textOf(a)) violation('half of a value');
    },
    () => sleepAsync(roll(2)),
  ];

  while (Atomics.load(words, Word.STOP) === 0) {
    const kind = roll(operations.length);
    try {
      await Promise.resolve(operations[kind]?.());
      Atomics.add(words, Word.OPERATIONS, 1);
      Atomics.add(words, Word.KINDS + kind, 1);
    } catch (error) {
      if (!EXPECTED.has(nameOf(error))) throw error;
    }
    // So that signals and timers have their turn.
    if (isMain || roll(20) === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  return operations.length;
}

/** @param {unknown} error */
const nameOf = (error) => (error instanceof Error ? error.name : String(error));
