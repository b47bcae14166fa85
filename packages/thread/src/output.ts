/**
 * What a thread prints. A worker's own streams need the event loop of the thread that started it; so
 * here they write straight to the file descriptor. Whatever was printed is out before the next
 * statement runs, also while every other thread is blocked, busy, or exiting.
 *
 * Pieces of several threads do not mix: the realm's OUTPUT word holds the thread that is writing. It
 * is a robust lock: a writer that was killed is overridden, since its text can only stay cut off.
 * A writer that waits for a slow reader keeps it, which is right: nobody else could write either.
 */
import { OUTPUT_WORD, type Member } from '@x/core';
import { platform } from './platform.js';
import type { Stdio } from './messages.js';

/** How long a writer sleeps while the reader of a full pipe is slow: from, and at most. */
const FULL_MS = 1;
const FULL_MAX_MS = 16;
/** How often one that waits for its turn looks whether the writer still lives. */
const TURN_MS = 50;

const nothing = new Int32Array(new SharedArrayBuffer(4));

/**
 * Makes the standard streams of this thread go where its creator wants.
 *
 * @param member undefined as long as this worker is no thread: then it does not take turns with the others
 * @param columns the width of the terminal
 */
export function directOutput(
  member: () => Member | undefined,
  stdio: Stdio,
  columns: () => number | undefined,
): void {
  if (stdio === 'pipe') return;
  const write = stdio === 'ignore' ? () => undefined : writer(member);
  platform().replaceOutput(write, columns);
}

/** Writes text to standard error, in one piece. */
export function printError(member: Member, text: string): void {
  try {
    writer(() => member)(2, new TextEncoder().encode(text));
  } catch {
    // Nobody reads it; there is no other place to say so.
  }
}

function writer(member: () => Member | undefined): (descriptor: 1 | 2, bytes: Uint8Array) => void {
  return (descriptor, bytes) => {
    const self = member();
    if (self) takeTurn(self);
    try {
      writeAll(descriptor, bytes);
    } finally {
      if (self) endTurn(self);
    }
  };
}

function writeAll(descriptor: 1 | 2, bytes: Uint8Array): void {
  const system = platform();
  let full = FULL_MS;
  for (let written = 0; written < bytes.length;) {
    const taken = system.write(descriptor, bytes.subarray(written));
    written += taken;
    if (taken > 0) {
      full = FULL_MS;
    } else {
      Atomics.wait(nothing, 0, 0, full);
      full = Math.min(full * 2, FULL_MAX_MS);
    }
  }
}

function takeTurn({ realm, id }: Member): void {
  const { words } = realm;
  for (;;) {
    const owner = Atomics.compareExchange(words, OUTPUT_WORD, 0, id);
    if (owner === 0) return;
    const woke = Atomics.wait(words, OUTPUT_WORD, owner, TURN_MS);
    const gone = woke === 'timed-out' ? realm.hasEnded(owner) : !realm.isAlive(owner);
    if (gone && Atomics.compareExchange(words, OUTPUT_WORD, owner, id) === owner) return;
  }
}

function endTurn({ realm, id }: Member): void {
  // Fails if this thread was taken for dead, as one that prints after its end may be.
  if (Atomics.compareExchange(realm.words, OUTPUT_WORD, id, 0) === id)
    Atomics.notify(realm.words, OUTPUT_WORD, 1);
}
