/** One object per primitive and thread: what `===` in the contract rests on. */
import { agent } from '../agent.js';
import type { Realm } from '../realm/realm.js';
import { UID_WORD, type Memory } from '../words.js';

interface Kept {
  readonly instances: Map<string, WeakRef<object>>;
  readonly key: string;
}

/** Made when first needed: it takes a third of a millisecond, which every thread would spend. */
let forget: FinalizationRegistry<Kept> | undefined;

function forgetDropped(): FinalizationRegistry<Kept> {
  return (forget ??= new FinalizationRegistry<Kept>(({ instances, key }) => {
    // A new object may have taken the place of the one that was collected.
    if (instances.get(key)?.deref() === undefined) instances.delete(key);
  }));
}

function keyOf({ member, words }: Memory): string {
  return keyIn(member.realm, words[UID_WORD]!);
}

function keyIn(realm: Realm, uid: number): string {
  return `${realm.identity}/${uid}`;
}

/** The name of a primitive that has, or came from, a handle; undefined if this thread does not know it. */
export function nameInRealm(realm: Realm, uid: number): string | undefined {
  const known = agent().instances.get(keyIn(realm, uid))?.deref();
  return (known as { readonly name?: string } | undefined)?.name;
}

/** Remembers this thread's object for a primitive that has, or came from, a handle. */
export function keepInstance(primitive: object, memory: Memory): void {
  const { instances } = agent();
  const key = keyOf(memory);
  if (instances.get(key)?.deref() !== undefined) return;
  instances.set(key, new WeakRef(primitive));
  forgetDropped().register(primitive, { instances, key });
}

/** This thread's object for the primitive in that memory, if there is one. */
export function findInstance(memory: Memory): object | undefined {
  return agent().instances.get(keyOf(memory))?.deref();
}

/** All primitives of this thread that other threads may know. */
export function* sharedInstances(): Iterable<object> {
  for (const reference of agent().instances.values()) {
    const primitive = reference.deref();
    if (primitive) yield primitive;
  }
}
