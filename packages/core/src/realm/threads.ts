/**
 * What else can be known of a thread, and told to it. Functions, and not methods of `Realm`, so that bundles of
 * locks do not carry them.
 */
import { Atomics } from '../seam.js';
import {
  DAEMON_BIT,
  FLAGS_WORD,
  INTERRUPT_WORD,
  KIND_WORD,
  NAME_BYTES_WORD,
  NAME_WORD,
  NATIVE_WORD,
  PARENT_WORD,
  ThreadKind,
  ThreadState,
} from './layout.js';
import { encodeName, type Realm, type ThreadId } from './realm.js';

/**
 * Marks the threads that this one had started, and theirs, as dead: in Node they end with it.
 *
 * @example
 * ```ts
 * import { endChildren, home, ThreadKind } from '@x/core';
 *
 * const { realm, id } = home();
 * const child = realm.register({ kind: ThreadKind.THREAD, name: 'child', parent: id, daemon: false });
 * endChildren(realm, id);
 * console.log(realm.isAlive(child));   // false
 * ```
 */
export function endChildren(realm: Realm, parent: ThreadId): void {
  for (const id of realm.ids()) {
    if (comesFrom(realm, id, parent)) realm.end(id, ThreadState.DEAD);
  }
}

/** Whether the thread, or one that it comes from, was started by this one; some between may have ended by themselves. */
function comesFrom(realm: Realm, id: ThreadId, ancestor: ThreadId): boolean {
  const parent = parentOf(realm, id);
  if (parent === 0 || parent === ancestor) return parent !== 0;
  const found = comesFrom(realm, parent, ancestor);
  if (realm.state(parent) !== undefined) return found;
  // That record serves another thread by now; before it did, this one was given to the parent of the one that had it (R4).
  return parentOf(realm, id) !== parent && comesFrom(realm, id, ancestor);
}

/**
 * Whether threads are alive that keep the process alive: not daemons, not the main thread. Looked up,
 * not counted: a thread that is killed between its end and the counting of it would count for ever.
 *
 * @example
 * ```ts
 * import { home, hasKeepers } from '@x/core';
 *
 * const { realm, id } = home();
 * console.log(hasKeepers(realm));   // false
 * ```
 */
export function hasKeepers(realm: Realm): boolean {
  return realm.ids().some((id) => threadKindOf(realm, id) === ThreadKind.THREAD && !isDaemon(realm, id));
}

/**
 * Renames a thread. A concurrent reader may see a mixture of both names, for a moment.
 *
 * @example
 * ```ts
 * import { home, renameThread } from '@x/core';
 *
 * const { realm, id } = home();
 * renameThread(realm, id, 'Loader');
 * console.log(realm.name(id));   // Loader
 * ```
 */
export function renameThread(realm: Realm, id: ThreadId, name: string): void {
  const bytes = encodeName(name);
  const base = realm.base(id);
  new Uint8Array(realm.buffer).set(bytes, (base + NAME_WORD) * 4);
  Atomics.store(realm.words, base + NAME_BYTES_WORD, bytes.length);
}

/**
 * The thread that started this one; 0 for the first.
 *
 * @example
 * ```ts
 * import { home, parentOf } from '@x/core';
 *
 * const { realm, id } = home();
 * console.log(parentOf(realm, id));   // 0
 * ```
 */
export function parentOf(realm: Realm, id: ThreadId): ThreadId {
  return Atomics.load(realm.words, realm.base(id) + PARENT_WORD);
}

/**
 * How the thread came to be.
 *
 * @example
 * ```ts
 * import { home, ThreadKind, threadKindOf } from '@x/core';
 *
 * const { realm, id } = home();
 * console.log(threadKindOf(realm, id) === ThreadKind.MAIN);   // true
 * ```
 */
export function threadKindOf(realm: Realm, id: ThreadId): ThreadKind {
  return Atomics.load(realm.words, realm.base(id) + KIND_WORD) as ThreadKind;
}

/**
 * The operating system's id of the thread; 0 where it is not known.
 *
 * @example
 * ```ts
 * import { home, nativeIdOf } from '@x/core';
 *
 * const { realm, id } = home();
 * console.log(nativeIdOf(realm, id) >= 0);   // true
 * ```
 */
export function nativeIdOf(realm: Realm, id: ThreadId): number {
  return Atomics.load(realm.words, realm.base(id) + NATIVE_WORD);
}

/**
 * Whether the process may end while the thread runs.
 *
 * @example
 * ```ts
 * import { home, isDaemon } from '@x/core';
 *
 * const { realm, id } = home();
 * console.log(isDaemon(realm, id));   // false
 * ```
 */
export function isDaemon(realm: Realm, id: ThreadId): boolean {
  return (Atomics.load(realm.words, realm.base(id) + FLAGS_WORD) & DAEMON_BIT) !== 0;
}

/**
 * Whether a flag of the thread is set: `HOOK_BIT`, `TERMINATE_BIT` or `BEGUN_BIT`.
 *
 * @example
 * ```ts
 * import { BEGUN_BIT, hasFlag, home, setFlag } from '@x/core';
 *
 * const { realm, id } = home();
 * setFlag(realm, id, BEGUN_BIT, true);
 * console.log(hasFlag(realm, id, BEGUN_BIT));   // true
 * ```
 */
export function hasFlag(realm: Realm, id: ThreadId, bit: number): boolean {
  return (
    (Atomics.load(realm.words, realm.base(id) + FLAGS_WORD) & bit) !== 0 && realm.state(id) !== undefined
  );
}

/**
 * Sets or clears a flag of the thread: `HOOK_BIT`, `TERMINATE_BIT` or `BEGUN_BIT`.
 *
 * @example
 * ```ts
 * import { BEGUN_BIT, hasFlag, home, setFlag } from '@x/core';
 *
 * const { realm, id } = home();
 * setFlag(realm, id, BEGUN_BIT, true);
 * console.log(hasFlag(realm, id, BEGUN_BIT));   // true
 * ```
 */
export function setFlag(realm: Realm, id: ThreadId, bit: number, on: boolean): void {
  const word = realm.base(id) + FLAGS_WORD;
  if (realm.state(id) === undefined) return;
  if (on) Atomics.or(realm.words, word, bit);
  else Atomics.and(realm.words, word, ~bit);
}

/**
 * Ends the thread's blocking waits, the present one within a slice.
 *
 * @example
 * ```ts
 * import { endInterrupt, home, interruptThread } from '@x/core';
 *
 * const { realm, id } = home();
 * interruptThread(realm, id);
 * endInterrupt(realm, id);
 * console.log(realm.isAlive(id));   // true
 * ```
 */
export function interruptThread(realm: Realm, id: ThreadId): void {
  const word = realm.base(id) + INTERRUPT_WORD;
  if (realm.state(id) !== undefined) Atomics.store(realm.words, word, 1);
}

/**
 * Takes an interrupt back that was meant for something which the thread does no longer; only the thread itself may.
 *
 * @example
 * ```ts
 * import { endInterrupt, home, interruptThread } from '@x/core';
 *
 * const { realm, id } = home();
 * interruptThread(realm, id);
 * endInterrupt(realm, id);
 * console.log(realm.isAlive(id));   // true
 * ```
 */
export function endInterrupt(realm: Realm, id: ThreadId): void {
  Atomics.store(realm.words, realm.base(id) + INTERRUPT_WORD, 0);
}

/**
 * Reads a Float64 of a record, in milliseconds since the Unix epoch.
 *
 * @example
 * ```ts
 * import { home, STARTED_AT_WORD, timeAt } from '@x/core';
 *
 * const { realm, id } = home();
 * console.log(timeAt(realm, realm.base(id) + STARTED_AT_WORD) <= Date.now() + 1);   // true
 * ```
 */
export function timeAt(realm: Realm, index: number): number {
  return new Float64Array(realm.buffer)[index >> 1]!;
}
