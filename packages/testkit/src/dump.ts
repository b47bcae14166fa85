/** What a stuck test says: every word of its primitives, and every thread with what it waits for. */
import { nativeIdOf, ThreadKind, threadKindOf, ThreadState, type Realm } from '@x/core';
import type { Watched } from './until.js';

/** Words of a thread record; see core's realm/layout.ts. */
const NOTE_WORDS = { uid: 5, kind: 6, owner: 7, epoch: 8, looks: 9, flags: 10, interrupt: 11 };

function nameOf(values: Readonly<Record<string, number>>, value: number | undefined): string {
  return Object.keys(values).find((key) => values[key] === value) ?? String(value);
}

/** One line per thread of the realm that is alive. */
export function dumpThreads(realm: Realm): string[] {
  return realm.ids().map((id) => {
    const base = realm.base(id);
    const notes = Object.entries(NOTE_WORDS).map(
      ([key, word]) => `${key}=${Atomics.load(realm.words, base + word)}`,
    );
    const state = nameOf(ThreadState, realm.state(id));
    return `${id} ${realm.name(id) ?? '?'} ${nameOf(ThreadKind, threadKindOf(realm, id))} ${state} native=${nativeIdOf(realm, id)} waits: ${notes.join(' ')}`;
  });
}

/** The words of a primitive, in hexadecimal. */
export function dumpWords(name: string, words: Int32Array): string {
  const shown = Array.from(words, (_, i) => `${i}:${(Atomics.load(words, i) >>> 0).toString(16)}`);
  return `${name} ${shown.join(' ')}`;
}

/** Words and threads, one line each. */
export function dump(primitives: readonly Watched[]): string {
  const lines = primitives.map(({ name, memory }) => dumpWords(name, memory.words));
  const realms = new Map(primitives.map(({ memory }) => [memory.member.realm.identity, memory.member.realm]));
  for (const realm of realms.values()) lines.push(...dumpThreads(realm));
  return lines.join('\n');
}
