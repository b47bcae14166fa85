/** What threads wait for, from the notes in their records. */
import {
  findKind,
  home,
  readEdge,
  sharedInstances,
  ThreadKind,
  threadKindOf,
  timeAt,
  UID_WORD,
  WAIT_SINCE_WORD,
  waitNote,
  type Primitive,
  type ThreadId,
  type WaitEdge,
} from '@x/core';
import { sleep, threadWithIdent, type ThreadHandle } from '@x/thread';
import { enumerate } from './threads.js';

/** What a blocked thread waits for. */
export interface ThreadWait {
  /** The kind of the thing: `Lock`, `Queue`, `Thread` (it joins one), `sleep`, and so on. */
  readonly kind: string;
  /** Its name, where this thread knows it; else its number, as in `#12`. */
  readonly name: string;
  /** The thread that held it when the sleeper last looked, at most a quarter of a second ago; the joined thread for a join. */
  readonly owner: ThreadHandle | undefined;
  /** For how many milliseconds it has waited. */
  readonly ms: number;
}

/** One thread of a dump. */
export interface ThreadDump {
  /** The thread. */
  readonly thread: ThreadHandle;
  /** Its name. */
  readonly name: string;
  /** Its id in this process, never given twice. */
  readonly ident: number;
  /** The operating system's number of it; undefined where it is not known. */
  readonly nativeId: number | undefined;
  /** Whether the process may end while it runs. */
  readonly daemon: boolean;
  /** `main`, `thread`, or `foreign` for a worker that somebody else started. */
  readonly kind: 'main' | 'thread' | 'foreign';
  /** What it is blocked on; undefined for a thread that runs, or whose event loop is idle. */
  readonly waits: ThreadWait | undefined;
}

/** Numbers in wait notes that are not kinds of primitives; see ARCHITECTURE.md. */
const THREAD_KIND = 16;
const SLEEP_KIND = 20;

/**
 * Every thread that is alive, and what it is blocked on. Never blocks, and works while the others do.
 * Only blocking waits are seen: an event loop that awaits something is not blocked. Python's
 * `faulthandler.dump_traceback` comes nearest.
 *
 * @example
 * ```ts
 * import { dump } from '@x/introspect';
 *
 * for (const { name, waits } of dump()) console.log(name, waits?.kind ?? 'runs');   // MainThread runs
 * ```
 */
export function dump(): ThreadDump[] {
  return enumerate().map((thread) => {
    const ident = thread.ident!;
    const { realm } = home();
    const kind = threadKindOf(realm, ident);
    return {
      thread,
      name: thread.name,
      ident,
      nativeId: thread.nativeId,
      daemon: thread.daemon,
      kind: kind === ThreadKind.MAIN ? 'main' : kind === ThreadKind.FOREIGN ? 'foreign' : 'thread',
      waits: waitOf(ident),
    };
  });
}

/**
 * The dump as text, one line per thread.
 *
 * @example
 * ```ts
 * import { formatDump } from '@x/introspect';
 *
 * console.log(formatDump().startsWith('MainThread'));   // true
 * ```
 */
export function formatDump(threads: readonly ThreadDump[] = dump()): string {
  return threads
    .map(({ name, ident, nativeId, daemon, waits }) => {
      const head = `${name} (${ident}${nativeId === undefined ? '' : `, native ${nativeId}`}${daemon ? ', daemon' : ''})`;
      return `${head}: ${waits ? describeWait(waits) : 'runs'}`;
    })
    .join('\n');
}

/** How long two looks of every sleeper take at most: it looks four times a second. */
const CONFIRMS_MS = 700;

/**
 * The cycles of threads that wait for each other, each as the list of its threads, each waiting for the
 * next and the last for the first. A suspicion is looked at again after a while, so that no false alarm
 * is given; so this blocks for 0.7 seconds if there is one, and not at all otherwise.
 *
 * @throws BlockingNotAllowedError on a thread that may not block, if there is a suspicion
 * @example
 * ```ts
 * import { findDeadlocks } from '@x/introspect';
 *
 * console.log(findDeadlocks());   // []
 * ```
 */
export function findDeadlocks(): ThreadHandle[][] {
  const suspicions = cycles();
  if (suspicions.length === 0) return [];
  sleep(CONFIRMS_MS);
  return suspicions
    .filter((cycle) => cycle.every(isContinued))
    .map((cycle) => cycle.map(({ thread }) => threadWithIdent(thread)!));
}

function cycles(): WaitEdge[][] {
  const { realm } = home();
  const found: WaitEdge[][] = [];
  const done = new Set<ThreadId>();
  for (const start of realm.ids()) {
    const path: WaitEdge[] = [];
    let edge = readEdge(realm, start);
    while (edge && !done.has(edge.thread)) {
      done.add(edge.thread);
      path.push(edge);
      edge = readEdge(realm, edge.owner);
    }
    // The way leads into a cycle if it ends at one of its own.
    const first = edge ? path.findIndex(({ thread }) => thread === edge.thread) : -1;
    if (first >= 0) found.push(path.slice(first));
  }
  return found;
}

/** In the same wait, for the same owner, with two looks in between; see core's deadlock.ts. */
function isContinued(before: WaitEdge): boolean {
  const now = readEdge(home().realm, before.thread);
  if (now?.epoch !== before.epoch || now.owner !== before.owner) return false;
  return ((now.looks - before.looks) | 0) >= 2;
}

function waitOf(ident: ThreadId): ThreadWait | undefined {
  const { realm } = home();
  const note = waitNote(realm, ident);
  if (!note) return undefined;
  const { uid, kind, owner } = note;
  const ms = Math.max(
    0,
    performance.timeOrigin + performance.now() - timeAt(realm, realm.base(ident) + WAIT_SINCE_WORD),
  );
  const holder = threadWithIdent(owner);
  if (kind === SLEEP_KIND) return { kind: 'sleep', name: '', owner: undefined, ms };
  if (kind === THREAD_KIND) return { kind: 'Thread', name: holder?.name ?? '', owner: holder, ms };
  return { kind: findKind(kind)?.name ?? `kind ${kind}`, name: nameOf(uid), owner: holder, ms };
}

/** The name of a primitive that this thread has passed on or received. */
function nameOf(uid: number): string {
  for (const instance of sharedInstances()) {
    const { memory, name } = instance as Partial<Primitive>;
    if (memory?.words[UID_WORD] === uid && name !== undefined) return name;
  }
  return `#${uid}`;
}

function describeWait({ kind, name, owner, ms }: ThreadWait): string {
  const since = `for ${Math.round(ms)} ms`;
  if (kind === 'sleep') return `sleeps ${since}`;
  if (kind === 'Thread') return `joins ${name} ${since}`;
  return `waits for ${kind} ${name} ${since}${owner ? `, held by ${owner.name} (${owner.ident})` : ''}`;
}
