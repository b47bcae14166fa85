/** The tasks that every pool runs. */
import { agent } from '@x/core';
import { spin } from '../harness/spin.js';

/** Names of the tasks. */
export type Job = 'add' | 'echo' | 'move' | 'work';

/** A task so small that only its way there and back counts. */
export function add({ a, b }: { a: number; b: number }): number {
  return a + b;
}

/** Returns what it gets, by whatever way values travel by themselves. */
export function echo<T>(value: T): T {
  return value;
}

/** Keeps a core busy. */
export function work(rounds: number): number {
  return spin(rounds);
}

/** Switches spinning off in the thread that runs it: waiting threads then sleep at once. */
export function stopSpinning(): void {
  agent().spins = 0;
}
