/** What threads and bare workers run alike. */

/** Says that the thread runs: its first instruction. */
export function sayHello(words: Int32Array): void {
  Atomics.add(words, 0, 1);
  Atomics.notify(words, 0);
}

/** Says that the thread runs, then sleeps until the process ends. */
export function beIdle(words: Int32Array): void {
  sayHello(words);
  Atomics.wait(words, 1, 0);
}
