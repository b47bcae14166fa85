/** Which threads there are. */
import {
  home,
  runtime,
  STARTED_AT_WORD,
  ThreadKind,
  threadKindOf,
  ThreadStateError,
  timeAt,
  type Realm,
  type ThreadId,
} from '@x/core';
import { threadWithIdent, type ThreadHandle } from '@x/thread';

/**
 * The thread that calls this. Python:
 * [`threading.current_thread`](https://docs.python.org/3/library/threading.html#threading.current_thread).
 * A worker that somebody else has started counts as a thread, too, named `Worker-N`.
 *
 * @example
 * ```ts
 * import { currentThread } from '@x/introspect';
 *
 * console.log(currentThread().name);   // MainThread
 * ```
 */
export function currentThread(): ThreadHandle {
  return handleOf(home().id);
}

/**
 * The thread that the process began with, whichever thread asks. Python:
 * [`threading.main_thread`](https://docs.python.org/3/library/threading.html#threading.main_thread).
 *
 * @throws ThreadStateError in a worker of somebody else, if the main thread has loaded none of these packages
 * @example
 * ```ts
 * import { currentThread, mainThread } from '@x/introspect';
 *
 * console.log(mainThread() === currentThread());   // true
 * ```
 */
export function mainThread(): ThreadHandle {
  const { realm } = home();
  const id = realm.ids().find((thread) => threadKindOf(realm, thread) === ThreadKind.MAIN);
  if (id !== undefined) return handleOf(id);
  throw new ThreadStateError(
    'the main thread has loaded none of these packages; import @x/introspect there before it starts this worker',
  );
}

/**
 * All threads that are alive, in the order in which they began; the same in every thread. In the
 * thread that made a `Thread`, the list holds that very object. Python:
 * [`threading.enumerate`](https://docs.python.org/3/library/threading.html#threading.enumerate).
 *
 * @example
 * ```ts
 * import { enumerate } from '@x/introspect';
 *
 * for (const thread of enumerate()) console.log(thread.name);   // MainThread
 * ```
 */
export function enumerate(): ThreadHandle[] {
  const { realm } = home();
  const startedAt = (id: ThreadId): number => timeAt(realm, realm.base(id) + STARTED_AT_WORD);
  return realm
    .ids()
    .map((id) => ({ id, since: startedAt(id) }))
    .sort((a, b) => byKind(realm, a.id, b.id) || a.since - b.since || a.id - b.id)
    .map(({ id }) => threadWithIdent(id))
    .filter((thread) => thread?.isAlive() === true) as ThreadHandle[];
}

/**
 * How many threads are alive. Python:
 * [`threading.active_count`](https://docs.python.org/3/library/threading.html#threading.active_count).
 *
 * @example
 * ```ts
 * import { activeCount } from '@x/introspect';
 *
 * console.log(activeCount());   // 1
 * ```
 */
export function activeCount(): number {
  return enumerate().length;
}

/**
 * A positive integer that names the calling thread in this process, never given to another one. Python:
 * [`threading.get_ident`](https://docs.python.org/3/library/threading.html#threading.get_ident), where it may be.
 *
 * @example
 * ```ts
 * import { currentThread, getIdent } from '@x/introspect';
 *
 * console.log(getIdent() === currentThread().ident);   // true
 * ```
 */
export function getIdent(): number {
  return home().id;
}

/**
 * The operating system's number of the calling thread; 0 where it cannot be known. Linux only, so far. Python:
 * [`threading.get_native_id`](https://docs.python.org/3/library/threading.html#threading.get_native_id).
 *
 * @example
 * ```ts
 * import { currentThread, getNativeId } from '@x/introspect';
 *
 * console.log(getNativeId() === (currentThread().nativeId ?? 0));   // true
 * ```
 */
export function getNativeId(): number {
  return runtime.nativeThreadId();
}

/** The main thread first: it began before this package could take the time. */
function byKind(realm: Realm, a: ThreadId, b: ThreadId): number {
  const rank = (id: ThreadId): number => (threadKindOf(realm, id) === ThreadKind.MAIN ? 0 : 1);
  return rank(a) - rank(b);
}

function handleOf(id: ThreadId): ThreadHandle {
  // A thread that is alive, as the calling one is, always has a record.
  return threadWithIdent(id)!;
}
