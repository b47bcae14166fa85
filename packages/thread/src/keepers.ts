/**
 * Threads that are not daemons keep the process alive, whoever started them. Their workers are not
 * what does it: in Node a worker holds the event loop of the thread that started it, not the process.
 * So the first thread, when its event loop has run dry, waits until the realm knows no more keepers.
 */
import {
  BEGUN_BIT,
  epochNow,
  hasFlag,
  hasKeepers,
  home,
  onIdle,
  runtime,
  STARTED_AT_WORD,
  ThreadKind,
  threadKindOf,
  THREADS_SEQ_WORD,
  timeAt,
  type Realm,
} from '@x/core';
import { hasWards, wardIdents } from './wards.js';

/**
 * In Python `start()` returns once the thread has begun, so that a daemon started by the last statement
 * still gets to its own first ones. Here it takes its time to begin; so that is waited for, and then
 * some more.
 */
const FIRST_STATEMENTS_MS = 10;

/** A thread that died with nobody to notice would keep the process alive; so there is a look now and then. */
const LOOK_MS = 1000;

/** A thread whose module never finishes loading has had its time by then. */
const BEGINS_WITHIN_MS = 5000;

let watching = false;
let waiting = false;

/** Makes this thread wait for the others before it ends, if it is not one of ours: those do it themselves. */
export function outlastThreads(): void {
  if (watching) return;
  watching = true;
  const { realm, id } = home();
  const kind = threadKindOf(realm, id);
  if (kind === ThreadKind.THREAD) return;
  // A worker that somebody else started takes its threads with it, so it waits for its own at least.
  const needed = (): boolean => hasKeepers(realm) && (kind === ThreadKind.MAIN || hasWards());
  onIdle(() => {
    if (!waiting && (needed() || beginning(realm))) void outlast(realm, needed);
  });
}

async function outlast(realm: Realm, needed: () => boolean): Promise<void> {
  waiting = true;
  const letGo = runtime.keepAlive();
  let fresh = false;
  for (;;) {
    // Read before the look: whoever ends bumps the sequence afterwards.
    const sequence = Atomics.load(realm.words, THREADS_SEQ_WORD);
    const begin = beginning(realm);
    fresh ||= begin;
    if (!needed() && !begin) {
      if (!fresh) break;
      fresh = false;
      await new Promise((resolve) => setTimeout(resolve, FIRST_STATEMENTS_MS));
      continue;
    }
    const wait = Atomics.waitAsync(realm.words, THREADS_SEQ_WORD, sequence, LOOK_MS);
    if (wait.async && (await wait.value) === 'timed-out') {
      for (const thread of realm.ids()) realm.hasEnded(thread);
    }
  }
  letGo();
  waiting = false;
}

/** Whether a thread that this one has started has yet to run its target, and will soon. */
function beginning(realm: Realm): boolean {
  return wardIdents().some(
    (ident) =>
      realm.isAlive(ident) &&
      !hasFlag(realm, ident, BEGUN_BIT) &&
      epochNow() - timeAt(realm, realm.base(ident) + STARTED_AT_WORD) < BEGINS_WITHIN_MS,
  );
}
