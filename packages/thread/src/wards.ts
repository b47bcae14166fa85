/**
 * The threads that this thread has started and that still have a worker. What its event loop does
 * for them it also does while it is blocked, once per slice of a wait: end those that another thread
 * wants ended.
 */
import { agent, hasFlag, home, runtime, TERMINATE_BIT, THREADS_SEQ_WORD, type ThreadId } from '@x/core';
import { threadState } from './self.js';

/** A started thread, seen from the one that started it. */
export interface Ward {
  readonly ident: ThreadId;
  /** Handles the messages that have come, without a turn of the event loop. */
  drain(): void;
  /** Whether its native thread is gone, as far as can be told without a turn of the event loop. */
  isGone(): boolean;
  terminate(): void;
}

const wards = new Map<ThreadId, Ward>();
let emptied: (() => void)[] = [];
let prepared = false;

export function addWard(ward: Ward): void {
  wards.set(ward.ident, ward);
  prepare();
  if (wards.size === 1) void watch();
}

/** Called once the worker has ended. */
export function removeWard(ward: Ward): void {
  wards.delete(ward.ident);
  if (wards.size > 0) return;
  const callbacks = emptied;
  emptied = [];
  for (const callback of callbacks) callback();
}

export function wardOf(ident: ThreadId): Ward | undefined {
  return wards.get(ident);
}

/** Resolves once every worker that this thread has started for a thread has ended; undefined if there are none. */
function wardsEnded(): Promise<void> | undefined {
  return wards.size > 0 ? awaitWards() : undefined;
}

/** Keeps this thread's event loop alive. */
async function awaitWards(): Promise<void> {
  const letGo = runtime.keepAlive();
  while (wards.size > 0) await new Promise<void>((resolve) => emptied.push(resolve));
  letGo();
}

/** The ids of all of them. */
export function wardIdents(): ThreadId[] {
  return [...wards.keys()];
}

/** Whether there are any. */
export function hasWards(): boolean {
  return wards.size > 0;
}

function prepare(): void {
  if (prepared) return;
  prepared = true;
  threadState().wardsEnded = wardsEnded;
  agent().rounds.add(terminateWanted);
  // Errors that came too late for the event loop still reach the excepthook.
  runtime.onThreadEnd(() => {
    for (const ward of wards.values()) ward.drain();
  });
}

/** Ends the threads for which somebody has asked that who cannot do it himself. */
function terminateWanted(): void {
  const { realm } = home();
  for (const ward of wards.values()) {
    if (hasFlag(realm, ward.ident, TERMINATE_BIT) && realm.isAlive(ward.ident)) ward.terminate();
  }
}

let watching = false;

async function watch(): Promise<void> {
  if (watching) return;
  watching = true;
  const { words } = home().realm;
  while (wards.size > 0) {
    const sequence = Atomics.load(words, THREADS_SEQ_WORD);
    terminateWanted();
    const wait = Atomics.waitAsync(words, THREADS_SEQ_WORD, sequence);
    if (wait.async) await wait.value;
    else await Promise.resolve();
  }
  watching = false;
}
