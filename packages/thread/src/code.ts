/** Which thread makes the code of the script; see launch.ts. */

/** The word as long as the code is wanted, and nobody has begun to make it. */
export const WANTED = 1;

/** Whether the current thread is the one that makes it; asked once, at its end. */
export function makesCode(word: SharedArrayBuffer | undefined): boolean {
  return word !== undefined && Atomics.compareExchange(new Int32Array(word), 0, WANTED, 0) === WANTED;
}
