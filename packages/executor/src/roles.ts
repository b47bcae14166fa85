/** Which pool this thread is a worker of, if it is one. */
import { UID_WORD } from '@x/core';
import type { Pool } from './pool.js';

interface Role {
  readonly pool: string;
  readonly record: number;
  /** Whether nothing in this thread's event loop can go on by itself, but what waits for tasks. */
  readonly isLoopIdle: () => boolean;
}

let role: Role | undefined;

/** Says that this thread is a worker of the pool from now on. */
export function becomeWorker(pool: Pool, record: number, isLoopIdle: () => boolean): void {
  role = { pool: nameOf(pool), record, isLoopIdle };
}

/** This thread's record in the pool, if it is one of its workers. */
export function recordIn(pool: Pool): number | undefined {
  return role?.pool === nameOf(pool) ? role.record : undefined;
}

/** Whether this worker's task can only go on when a task that it waits for has ended. */
export function isLoopIdle(): boolean {
  return role?.isLoopIdle() === true;
}

/** Names the pool, the same in every thread of the process. */
export function nameOf(pool: Pool): string {
  return `${pool.realm.identity}/${pool.words[UID_WORD]}`;
}
