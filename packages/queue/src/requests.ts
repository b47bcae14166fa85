/** Async puts and gets that wait, and how each is attempted. */
import { AsyncWaiters } from '@x/core';
import { unpack, type Packed } from './items.js';
import { ITEMS_LOOP_WORD, SPACE_LOOP_WORD, WaitBit } from './layout.js';
import type { Rank } from './order.js';
import type { QueueState } from './state.js';

export interface PutRequest {
  packed: Packed;
  rank: Rank;
  placed: boolean;
}

export interface GetRequest {
  taken: boolean;
  item: unknown;
  /** Why the item that was taken cannot be made again here. */
  failure: { readonly error: unknown } | undefined;
}

// An announcement is an attempt that leaves a note; what it gets, the attempt that follows hands over.

export function asyncGetters(words: Int32Array, state: QueueState): AsyncWaiters<GetRequest> {
  const take = (request: GetRequest, note: number): boolean => {
    if (request.taken) return true;
    const raw = state.take(false, note);
    if (raw === undefined) return false;
    request.taken = true;
    try {
      request.item = unpack(raw);
    } catch (error) {
      request.failure = { error };
    }
    return true;
  };
  return new AsyncWaiters<GetRequest>(words, ITEMS_LOOP_WORD, {
    attempt: (request) => take(request, 0),
    announce: (request) => !take(request, WaitBit.GET_LOOPS),
  });
}

export function asyncPutters(words: Int32Array, state: QueueState): AsyncWaiters<PutRequest> {
  const put = (request: PutRequest, note: number): boolean =>
    (request.placed ||= state.put(request.packed, request.rank, false, note));
  return new AsyncWaiters<PutRequest>(words, SPACE_LOOP_WORD, {
    attempt: (request) => put(request, 0),
    announce: (request) => !put(request, WaitBit.PUT_LOOPS),
  });
}
