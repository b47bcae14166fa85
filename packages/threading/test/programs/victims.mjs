/**
 * The threads of death.mjs that die: each takes something, says that it is ready, and dies when it is told to.
 *
 * @typedef {object} Orders
 * @property {string} way
 * @property {Int32Array} words READY: 1 once the victim has what it is to take · GO: 1 once it is to die ·
 * KILL: 1 once a sibling is to kill it · NEVER · HELPED: 1 once the one behind it waits
 *
 * @typedef {import('@x/threading')} Threading
 */
const READY = 0;
const GO = 1;
const KILL = 2;
const NEVER = 3;
const HELPED = 4;

/** Main has been told to block before this has passed. */
const HEAD_START_MS = 40;

/** @param {Int32Array} words @param {number} index */
function raise(words, index) {
  Atomics.store(words, index, 1);
  Atomics.notify(words, index);
}

/** Says that it is ready, waits until it is told to die, and dies. @param {Orders} orders @returns {never} */
function die({ way, words }) {
  raise(words, READY);
  Atomics.wait(words, GO, 0);
  Atomics.wait(words, NEVER, 0, HEAD_START_MS);
  if (way === 'exit') process.exit(3);
  if (way === 'error') throw new RangeError('as planned');
  if (way.startsWith('memory')) for (const all = []; ;) all.push(new Array(1000).fill(Math.random()));
  // What is left if nothing of the thread's own runs any more: no handler, no last message.
  if (way === 'crash') /** @type {any} */ (process).reallyExit(9);
  raise(words, KILL);
  for (;;) Atomics.wait(words, NEVER, 0);
}

/** What it takes in a way of its own is there once the loop has turned. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Has nothing. @param {Orders} orders */
export function bare(orders) {
  die(orders);
}

/** A task, whose own error would be no death of its worker. @param {Orders} orders */
export function task(orders) {
  if (orders.way !== 'error') die(orders);
  setTimeout(() => die(orders));
  return new Promise(() => undefined);
}

/** @param {Orders} orders @param {{ acquire(): boolean }} lock */
export function holder(orders, lock) {
  lock.acquire();
  die(orders);
}

/** @param {Orders} orders @param {{ write: { acquire(): boolean } }} lock */
export function writer(orders, lock) {
  lock.write.acquire();
  die(orders);
}

/** @param {Orders} orders @param {{ read: { acquire(): boolean } }} lock */
export function reader(orders, lock) {
  lock.read.acquire();
  die(orders);
}

/** @param {Orders} orders @param {InstanceType<Threading['Semaphore']>} semaphore */
export function guarded(orders, semaphore) {
  semaphore.hold({ permits: 2 });
  die(orders);
}

/** Gets the lock of the condition when main waits. @param {Orders} orders @param {InstanceType<Threading['Condition']>} condition */
export function lockOfCondition(orders, condition) {
  raise(orders.words, READY);
  condition.acquire();
  die(orders);
}

/** @param {Orders} orders @param {InstanceType<Threading['Condition']>} condition */
export async function notified(orders, condition) {
  await condition.acquireAsync();
  void condition.waitAsync();
  await turn();
  die(orders);
}

/** Waits behind the victim. @param {Int32Array} words @param {InstanceType<Threading['Condition']>} condition */
export function second(words, condition) {
  condition.acquire();
  raise(words, HELPED);
  const told = condition.wait({ timeout: 4000 });
  condition.release();
  return told;
}

/** @param {Orders} orders @param {InstanceType<Threading['Barrier']>} barrier */
export async function party(orders, barrier) {
  void barrier.waitAsync().catch(() => undefined);
  await turn();
  die(orders);
}

/** A party that sleeps, so that it can only be killed from outside. @param {Orders} orders @param {InstanceType<Threading['Barrier']>} barrier */
export function sleepingParty(orders, barrier) {
  raise(orders.words, READY);
  barrier.wait();
}

/** @param {Orders} orders @param {InstanceType<Threading['Queue']>} queue */
export async function getter(orders, queue) {
  void queue.getAsync();
  await turn();
  die(orders);
}

/** @param {Orders} orders @param {InstanceType<Threading['Queue']>} queue */
export async function putter(orders, queue) {
  void queue.putAsync('of the dead');
  await turn();
  die(orders);
}

/** @param {Orders} orders @param {InstanceType<Threading['Queue']>} queue */
export function worker(orders, queue) {
  queue.get();
  die(orders);
}

/** @param {Orders} orders @param {InstanceType<Threading['SharedValue']>} value */
export function updater(orders, value) {
  value.update(() => die(orders));
}

/** @param {InstanceType<Threading['ThreadHandle']>} thread */
export function joiner(thread) {
  return thread.join({ timeout: 4000 });
}

/** Kills each victim when it asks for it. @param {[Int32Array, InstanceType<Threading['ThreadHandle']>][]} victims */
export async function executioner(victims) {
  await Promise.all(
    victims.map(async ([words, thread]) => {
      const asked = Atomics.waitAsync(words, KILL, 0);
      // A timer, unlike a pending waitAsync, keeps the thread.
      const timer = setInterval(() => undefined, 1000);
      if (asked.async) await asked.value;
      clearInterval(timer);
      // Main blocks by then.
      await new Promise((resolve) => setTimeout(resolve, 20));
      thread.terminate();
    }),
  );
}
