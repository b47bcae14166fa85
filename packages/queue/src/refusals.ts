/** The errors with which a queue refuses. */
import { AbandonedError, QueueEmptyError, QueueFullError, type Realm } from '@x/core';
import type { Lost } from './ledger.js';

export function emptyError(queue: string, timeout: number | undefined): QueueEmptyError {
  return new QueueEmptyError(`${queue} is empty${within(timeout)}; wait longer, or try again later`);
}

export function fullError(queue: string, timeout: number | undefined): QueueFullError {
  return new QueueFullError(`${queue} is full${within(timeout)}; wait longer, or try again later`);
}

export function lostItems(queue: string, realm: Realm, { items, threads }: Lost): AbandonedError {
  const names = threads.map((id) => `${realm.name(id) ?? 'a thread'} (${id})`).join(', ');
  return new AbandonedError(
    `${items} of the items of ${queue} were taken by ${names} and not marked done before it died; ` +
      'do their work again, call taskDone() for each, then join again',
  );
}

function within(timeout: number | undefined): string {
  return timeout === undefined || timeout === 0 ? '' : `, and was for ${timeout} ms`;
}
