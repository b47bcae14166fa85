/**
 * Finding cycles of threads that wait for each other, from the notes in their records.
 *
 * A note says what its thread sleeps on and which owner it saw there when it last looked. Notes are
 * written at different moments, so a cycle of notes is only a suspicion. It is certain if, between
 * two walks, every thread of the cycle has stayed in the same wait (`WAIT_EPOCH` is unchanged), and
 * each has looked again in between and seen the same owner: none of them can have released anything
 * meanwhile, since all of them slept. A look is counted a moment after it was made, so that the first
 * one to be counted in between may have been made before; hence two of them (`WAIT_LOOKS` grew by two).
 *
 * The thread with the largest id in the cycle throws, of those that take part in detection; so
 * exactly one does.
 */
import { nameInRealm } from './codec/instances.js';
import { DeadlockError } from './errors.js';
import type { Member } from './member.js';
import {
  WAIT_EPOCH_WORD,
  WAIT_FLAGS_WORD,
  WAIT_KIND_WORD,
  WAIT_LOOKS_WORD,
  WAIT_OWNER_WORD,
  WAIT_UID_WORD,
} from './realm/layout.js';
import { isThreadId, type Realm, type ThreadId } from './realm/realm.js';
import { Atomics } from './seam.js';

/** One thread of a cycle, and what it waits for. */
export interface WaitEdge {
  /** The thread that waits. */
  readonly thread: ThreadId;
  /** Number of its wait; another one means that it has moved on. */
  readonly epoch: number;
  /** How often it has looked again in this wait. */
  readonly looks: number;
  /** Number of the primitive that it waits for. */
  readonly uid: number;
  /** Kind of that primitive. */
  readonly kind: number;
  /** Who held it when the thread last looked. */
  readonly owner: ThreadId;
  /** Whether the wait takes part in deadlock detection. */
  readonly detects: boolean;
}

/**
 * Throws `DeadlockError` if this thread is the one of a certain cycle that has to.
 *
 * @param before what this returned when the thread looked the last time in this wait
 * @returns the cycle of which this thread is suspected
 */
export function confirmDeadlock(
  member: Member,
  before: readonly WaitEdge[] | undefined,
): readonly WaitEdge[] | undefined {
  const { realm, id } = member;
  const cycle = findCycle(realm, id);
  if (!cycle || !before || nameOf(cycle) !== nameOf(before)) return cycle;
  const hasLooked = (edge: WaitEdge, i: number): boolean => ((edge.looks - before[i]!.looks) | 0) >= 2;
  const victim = Math.max(...cycle.filter((edge) => edge.detects).map((edge) => edge.thread));
  // The older look is kept while the cycle stands, so that every thread gets the time to look again.
  if (victim !== id || !cycle.every(hasLooked)) return before;
  throw new DeadlockError(describeCycle(realm, cycle));
}

/** Equal for two looks at one cycle if nothing of it has moved. */
function nameOf(cycle: readonly WaitEdge[]): string {
  return cycle.map(({ thread, epoch, owner }) => `${thread} ${epoch} ${owner}`).join();
}

/** The cycle of wait notes that starts and ends with this thread, if there is one. */
export function findCycle(realm: Realm, start: ThreadId): WaitEdge[] | undefined {
  const edges: WaitEdge[] = [];
  let thread = start;
  do {
    const edge = readEdge(realm, thread);
    // A cycle that this thread waits for without being in it is for those who are to find.
    if (!edge || edges.some((other) => other.thread === thread)) return undefined;
    edges.push(edge);
    thread = edge.owner;
  } while (thread !== start);
  return edges;
}

/** What the thread waits for, or undefined if it does not wait for another thread. */
export function readEdge(realm: Realm, thread: ThreadId): WaitEdge | undefined {
  const edge = waitNote(realm, thread);
  return edge && isThreadId(edge.owner) ? edge : undefined;
}

/** What the thread is blocked on, or undefined if it is not. Its `owner` is 0 if it waits for no single thread. */
export function waitNote(realm: Realm, thread: ThreadId): WaitEdge | undefined {
  if (!isThreadId(thread) || !realm.isAlive(thread)) return undefined;
  const { words } = realm;
  const base = realm.base(thread);
  const epoch = Atomics.load(words, base + WAIT_EPOCH_WORD);
  const edge: WaitEdge = {
    thread,
    epoch,
    uid: Atomics.load(words, base + WAIT_UID_WORD),
    kind: Atomics.load(words, base + WAIT_KIND_WORD),
    owner: Atomics.load(words, base + WAIT_OWNER_WORD),
    detects: Atomics.load(words, base + WAIT_FLAGS_WORD) !== 0,
    // Read after the owner: a look that is counted has written its owner before.
    looks: Atomics.load(words, base + WAIT_LOOKS_WORD),
  };
  return edge.uid !== 0 && Atomics.load(words, base + WAIT_EPOCH_WORD) === epoch ? edge : undefined;
}

/** Names every thread of the cycle and what it waits for. */
export function describeCycle(realm: Realm, cycle: readonly WaitEdge[]): string {
  const name = (id: ThreadId): string => `${realm.name(id) ?? 'ended thread'} (${id})`;
  const subject = (uid: number): string => {
    const given = nameInRealm(realm, uid);
    // The number says it all where that is its name, too.
    return given === undefined || given.endsWith(`-${uid}`) ? `#${uid}` : `${given} (#${uid})`;
  };
  const parts = cycle.map(
    (edge) =>
      `${name(edge.thread)} waits for ${edge.uid < 0 ? 'the end of' : `${subject(edge.uid)}, held by`} ${name(edge.owner)}`,
  );
  return `deadlock: ${parts.join('; ')}. Acquire locks in one order everywhere`;
}
