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

/** Marks the threads that this one had started, and theirs, as dead: in Node they end with it. */
export function endChildren(realm: Realm, parent: ThreadId): void {
  for (const id of realm.ids()) {
    if (parentOf(realm, id) === parent && realm.isAlive(id)) {
      realm.end(id, ThreadState.DEAD);
      endChildren(realm, id);
    }
  }
}

/**
 * Whether threads are alive that keep the process alive: not daemons, not the main thread. Looked up,
 * not counted: a thread that is killed between its end and the counting of it would count for ever.
 */
export function hasKeepers(realm: Realm): boolean {
  return realm.ids().some((id) => threadKindOf(realm, id) === ThreadKind.THREAD && !isDaemon(realm, id));
}

/** Renames a thread. A concurrent reader may see a mixture of both names, for a moment. */
export function renameThread(realm: Realm, id: ThreadId, name: string): void {
  const bytes = encodeName(name);
  const base = realm.base(id);
  new Uint8Array(realm.buffer).set(bytes, (base + NAME_WORD) * 4);
  Atomics.store(realm.words, base + NAME_BYTES_WORD, bytes.length);
}

/** The thread that started this one; 0 for the first. */
export function parentOf(realm: Realm, id: ThreadId): ThreadId {
  return Atomics.load(realm.words, realm.base(id) + PARENT_WORD);
}

/** How the thread came to be. */
export function threadKindOf(realm: Realm, id: ThreadId): ThreadKind {
  return Atomics.load(realm.words, realm.base(id) + KIND_WORD) as ThreadKind;
}

/** The operating system's id of the thread; 0 where it is not known. */
export function nativeIdOf(realm: Realm, id: ThreadId): number {
  return Atomics.load(realm.words, realm.base(id) + NATIVE_WORD);
}

/** Whether the process may end while the thread runs. */
export function isDaemon(realm: Realm, id: ThreadId): boolean {
  return (Atomics.load(realm.words, realm.base(id) + FLAGS_WORD) & DAEMON_BIT) !== 0;
}

/** Whether a flag of the thread is set: `HOOK_BIT`, `TERMINATE_BIT` or `BEGUN_BIT`. */
export function hasFlag(realm: Realm, id: ThreadId, bit: number): boolean {
  return (
    (Atomics.load(realm.words, realm.base(id) + FLAGS_WORD) & bit) !== 0 && realm.state(id) !== undefined
  );
}

/** Sets or clears a flag of the thread: `HOOK_BIT`, `TERMINATE_BIT` or `BEGUN_BIT`. */
export function setFlag(realm: Realm, id: ThreadId, bit: number, on: boolean): void {
  const word = realm.base(id) + FLAGS_WORD;
  if (realm.state(id) === undefined) return;
  if (on) Atomics.or(realm.words, word, bit);
  else Atomics.and(realm.words, word, ~bit);
}

/** Ends the thread's blocking waits, the present one within a slice. */
export function interruptThread(realm: Realm, id: ThreadId): void {
  const word = realm.base(id) + INTERRUPT_WORD;
  if (realm.state(id) !== undefined) Atomics.store(realm.words, word, 1);
}

/** Takes an interrupt back that was meant for something which the thread does no longer; only the thread itself may. */
export function endInterrupt(realm: Realm, id: ThreadId): void {
  Atomics.store(realm.words, realm.base(id) + INTERRUPT_WORD, 0);
}

/** Reads a Float64 of a record, in milliseconds since the Unix epoch. */
export function timeAt(realm: Realm, index: number): number {
  return new Float64Array(realm.buffer)[index >> 1]!;
}
