/** Workers that contend for one thing. Words: STARTED counts those that are at work, STOP ends them. */
const STARTED = 0;
const STOP = 1;

/** @param {Int32Array} words */
function started(words) {
  Atomics.add(words, STARTED, 1);
  Atomics.notify(words, STARTED);
}

/** @param {any} shared @param {string} side */
const sideOf = (shared, side) => (side === '' ? shared : shared[side]);

/**
 * Takes and gives back without a pause until it is told to stop. Returns how often.
 * @param {Int32Array} words @param {any} shared @param {string} side
 */
export function hammer(words, shared, side) {
  const lock = sideOf(shared, side);
  started(words);
  let rounds = 0;
  while (Atomics.load(words, STOP) === 0) {
    for (let i = 0; i < 100; i++) {
      lock.acquire();
      rounds++;
      lock.release();
    }
  }
  return rounds;
}

/**
 * Takes, again and again, with a little time between. Returns how long it waited for each.
 * @param {Int32Array} words @param {any} shared @param {string} side @param {number} permits of a semaphore
 * @param {number} times at most
 * @param {number} ms at most
 */
export function takeTurns(words, shared, side, permits, times, ms) {
  const lock = sideOf(shared, side);
  started(words);
  /** @type {number[]} */
  const waits = [];
  const end = performance.now() + ms;
  while (waits.length < times && performance.now() < end) {
    const before = performance.now();
    lock.acquire({ permits });
    waits.push(performance.now() - before);
    lock.release(permits);
    Atomics.wait(words, STOP, 0, 2);
  }
  return waits;
}
