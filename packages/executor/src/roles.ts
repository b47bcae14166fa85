/** Which pool this thread is a worker of, if it is one. */
import { UID_WORD } from '@x/core';
import type { Pool } from './pool.js';

let role: { readonly pool: string; readonly record: number } | undefined;

/** Says that this thread is a worker of the pool from now on. */
export function becomeWorker(pool: Pool, record: number): void {
  role = { pool: nameOf(pool), record };
}

/** This thread's record in the pool, if it is one of its workers. */
export function recordIn(pool: Pool): number | undefined {
  return role?.pool === nameOf(pool) ? role.record : undefined;
}

/** Names the pool, the same in every thread of the process. */
export function nameOf(pool: Pool): string {
  return `${pool.realm.identity}/${pool.words[UID_WORD]}`;
}
