/** How a trace puts it. */
import type { OpName } from './operation.js';
import type { Task, Thread } from './thread.js';

const OWNER_MASK = 0x3ffffff;

/** One operation: its word, its arguments, and what came of it. */
export function describeOperation(
  name: OpName,
  word: string,
  [x, y, value]: readonly [unknown, unknown, unknown],
  threads: readonly Thread[],
): string {
  const show = (item: unknown): string => describeValue(item, threads);
  switch (name) {
    case 'load':
      return `load ${word}: ${show(value)}`;
    case 'compareExchange':
      return `compareExchange ${word} ${show(x)} → ${show(y)}: ${value === x ? 'done' : `no, it is ${show(value)}`}`;
    case 'notify':
      return `notify ${word} ${x === undefined || x === Infinity ? 'all' : show(x)}: wakes ${show(value)}`;
    default:
      return `${name} ${word} ${show(x)}: ${show(value)}`;
  }
}

/** A word's value: the thread whose id is in its low bits and the flags above, or a number. */
function describeValue(value: unknown, threads: readonly Thread[]): string {
  if (typeof value !== 'number') return String(value);
  const owner = threads.find(({ id }) => (value & OWNER_MASK) === id);
  if (!owner) return value >= -9 && value < 1024 ? String(value) : `0x${(value >>> 0).toString(16)}`;
  const flags = (value & ~OWNER_MASK) >>> 0;
  return flags === 0 ? owner.name : `${owner.name}+0x${flags.toString(16)}`;
}

export function describeTask(task: Task, elapsed: number): string {
  const late = elapsed > 0 ? ` after ${elapsed} ms` : '';
  switch (task.kind) {
    case 'start':
      return 'starts';
    case 'wake':
      return `event loop: waitAsync ${task.result}${late}`;
    case 'timer':
      return `event loop: timer of ${task.ms} ms`;
    case 'abort':
      return 'event loop: its signal fires';
  }
}
