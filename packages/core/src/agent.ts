/**
 * What this thread is, in each realm it belongs to.
 *
 * All of it hangs on one `Symbol.for` key of the global object, so that two installed copies of this
 * package in one thread agree on who they are.
 */
import { LayoutError } from './errors.js';
import { KeepAlive } from './keep-alive.js';
import { Member } from './member.js';
import { DEAD, FINISHED, ThreadKind } from './realm/layout.js';
import { Realm, type ThreadId } from './realm/realm.js';
import { runtime } from './runtime/index.js';

/** Bumped when the shape of `Agent` changes, so that copies that would misread it refuse each other. */
const AGENT_VERSION = 1;
const AGENT_KEY: unique symbol = Symbol.for('@x/core:agent') as never;

/** A thread's own state: never shared, one per thread. */
export interface Agent {
  /** Version of this object; two copies of core in one thread must agree on it. */
  readonly version: number;
  /** This thread's membership of each realm it has met, by the realm's identity. */
  readonly members: Map<string, Member>;
  /** Primitives that have a handle, so that one primitive is always one object. By realm identity and uid. */
  readonly instances: Map<string, WeakRef<object>>;
  /** The realm that new primitives belong to. */
  home: Member | undefined;
  /** Why blocking waits of this thread have to end, once its signal has fired. */
  interruption: (() => unknown) | undefined;
  /** The signal of the task that this thread runs, where it is a pool's worker in the middle of one. */
  taskSignal: (() => AbortSignal | undefined) | undefined;
  /** Called when the thread ends in an orderly way, before it is marked as finished. */
  readonly farewells: Set<(member: Member) => void>;
  /** Called whenever this thread, blocked, has slept a slice: what its event loop cannot do meanwhile. */
  readonly rounds: Set<() => void>;
  /** Counts what has to be waited for before this thread's event loop may end. */
  readonly keepAlive: KeepAlive;
  /** Milliseconds a blocked thread sleeps before it looks whether the world is still as it thinks. */
  slice: number;
  /** Looks, with a pause before each, that a blocking wait takes before it sleeps. */
  spins: number;
}

/** How long a sleeper sleeps at most before it looks for a dead owner, an interrupt or a deadlock. */
export const SLICE_MS = 250;

/** Looks before a sleep, about three microseconds in all; see ARCHITECTURE.md, "Spinning". */
export const SPINS = 4;

interface Holder {
  [AGENT_KEY]: Agent | undefined;
}

/** A fresh state, as of a thread that has just begun. */
export function createAgent(): Agent {
  return {
    version: AGENT_VERSION,
    members: new Map(),
    instances: new Map(),
    home: undefined,
    interruption: undefined,
    taskSignal: undefined,
    farewells: new Set(),
    rounds: new Set(),
    keepAlive: new KeepAlive(runtime),
    slice: SLICE_MS,
    spins: SPINS,
  };
}

/** This thread's state. */
export function agent(): Agent {
  const holder = globalThis as unknown as Holder;
  const found = (holder[AGENT_KEY] ??= createAgent());
  if (found.version !== AGENT_VERSION) {
    throw new LayoutError(
      `two copies of @x/core in this thread do not fit together (agent versions ${found.version} and ${AGENT_VERSION}); install one version of @x/core`,
    );
  }
  return found;
}

/** Puts another state in place and returns the previous one. For the testkit's virtual threads. */
export function exchangeAgent(next: Agent): Agent {
  const previous = agent();
  (globalThis as unknown as Holder)[AGENT_KEY] = next;
  return previous;
}

/** This thread's membership of the realm that its new primitives belong to; made on first use. */
export function home(): Member {
  const self = agent();
  return (self.home ??= adoptHome());
}

function adoptHome(): Member {
  const inherited = runtime.inheritedRealm();
  if (inherited) return join(new Realm(inherited));
  const realm = Realm.create();
  runtime.bequeathRealm(realm.buffer);
  return join(realm);
}

/** This thread's membership of a realm; it registers itself on the first call. */
export function join(realm: Realm): Member {
  const self = agent();
  const known = self.members.get(realm.identity);
  if (known) return known;
  const { isMainThread } = runtime;
  const id = realm.register({
    kind: isMainThread ? ThreadKind.MAIN : ThreadKind.FOREIGN,
    name: isMainThread ? 'MainThread' : `Worker-${runtime.nativeThreadId()}`,
    parent: 0,
    daemon: false,
  });
  realm.begin(id);
  return enter(realm, id);
}

/** Takes up an id that the parent has registered for this thread, or that `join` has just made. */
export function enter(realm: Realm, id: ThreadId): Member {
  const self = agent();
  const member = new Member(realm, id);
  realm.enter(id, runtime.nativeThreadId());
  self.members.set(realm.identity, member);
  self.home ??= member;
  if (self.members.size === 1) runtime.onThreadEnd(leave);
  return member;
}

/**
 * Says in every realm that this thread ends now; not where it has ended already. Idempotent.
 *
 * @param orderly false if it breaks off; then what it holds is abandoned, as if it had been killed
 */
export function leave(orderly = true): void {
  const self = agent();
  for (const member of self.members.values()) {
    if (!member.realm.isAlive(member.id)) continue;
    if (orderly) for (const farewell of self.farewells) farewell(member);
    member.realm.end(member.id, orderly ? FINISHED : DEAD);
  }
}
