/** A party of a deadlock. */

const ARRIVED = 0;

/** @param {readonly [object, string] | undefined} place @returns {any} */
function sideOf(place) {
  const [it, side] = /** @type {[any, string]} */ (place);
  return side === '' ? it : it[side];
}

/**
 * Takes what it is to hold, waits until everybody has, and then waits for something else.
 *
 * @param {Int32Array} words
 * @param {number} parties
 * @param {readonly [object, string] | undefined} holds a lock, and its side or ''
 * @param {readonly [object, string]} waits a lock likewise, or a thread and 'join'
 */
export function holdAndWait(words, parties, holds, waits) {
  const held = holds && sideOf(holds);
  held?.acquire();
  const arrived = Atomics.add(words, ARRIVED, 1) + 1;
  Atomics.notify(words, ARRIVED);
  for (let seen = arrived; seen < parties; seen = Atomics.load(words, ARRIVED)) {
    Atomics.wait(words, ARRIVED, seen, 1000);
  }
  try {
    const [it, side] = /** @type {[any, string]} */ (/** @type {unknown} */ (waits));
    if (side === 'join') it.join();
    else {
      const waited = sideOf(waits);
      waited.acquire();
      waited.release();
    }
    return 'went on';
  } catch (error) {
    return String(error);
  } finally {
    held?.release();
  }
}
