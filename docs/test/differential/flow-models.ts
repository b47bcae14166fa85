/** Models of semaphores, events and barriers. */
import type { Random } from '@x/testkit';
import { Blocked, block, timed } from './blocked.js';
import { THREADS, type Model, type Move } from './script.js';

/** `Semaphore` and `BoundedSemaphore`. */
export function semaphoreModel(rng: Random, bounded: boolean): Model {
  const blocked = new Blocked();
  const initial = rng.int(0, 2);
  let value = initial;
  let waiting: number[] = [];

  const take = (): boolean => value > 0 && value-- > 0;
  /** As many permits as it takes that everybody goes on, if there are any waiters. */
  const release = (n: number): Move => {
    const op = { op: 'release', args: [n] };
    if (n < 1 || (bounded && value + n > initial)) return op;
    const frees = blocked.free(waiting);
    value += n - frees.length;
    waiting = [];
    return { ...op, frees };
  };
  return {
    make: [initial],
    move(thread) {
      switch (
        rng.pick(['acquire', 'acquire', 'acquire', 'try', 'timed', 'release', 'release', 'value', 'wrong'])
      ) {
        case 'acquire':
          if (take()) return { op: 'acquire' };
          // In a bounded one of value 0 nobody could ever go on.
          if (!blocked.room || (bounded && waiting.length >= initial)) return timed('acquireFor');
          waiting.push(thread);
          blocked.add(thread);
          return block('acquire');
        case 'try':
          take();
          return { op: 'tryAcquire' };
        case 'timed':
          take();
          return timed('acquireFor');
        case 'release':
          return release(Math.max(waiting.length, rng.int(1, 2)));
        case 'wrong':
          return release(rng.pick([0, -1]));
        default:
          return { op: 'value' };
      }
    },
    settle(idle) {
      return waiting.length === 0 ? undefined : { thread: idle[0]!, ...release(waiting.length) };
    },
  };
}

export function eventModel(rng: Random): Model {
  const blocked = new Blocked();
  let set = false;
  const letGo = (): readonly number[] => blocked.free([...blocked.threads]);
  return {
    make: [],
    move(thread) {
      switch (rng.pick(['wait', 'wait', 'wait', 'timed', 'set', 'flash', 'clear', 'isSet'])) {
        case 'wait':
          if (set) return { op: 'wait' };
          if (!blocked.room) return timed('waitFor');
          blocked.add(thread);
          return block('wait');
        case 'timed':
          return timed('waitFor');
        case 'set':
          set = true;
          return { op: 'set', frees: letGo() };
        case 'flash':
          set = false;
          return { op: 'setAndClear', frees: letGo() };
        case 'clear':
          set = false;
          return { op: 'clear' };
        default:
          return { op: 'isSet' };
      }
    },
    settle(idle) {
      return blocked.threads.size ? { thread: idle[0]!, op: 'set', frees: letGo() } : undefined;
    },
  };
}

/** `Barrier`, with an action that fails or without one. */
export function barrierModel(rng: Random, failing: boolean): Model {
  const blocked = new Blocked();
  const parties = rng.int(1, THREADS);
  let broken = false;
  const letGo = (): readonly number[] => blocked.free([...blocked.threads]);
  const complete = (): readonly number[] => {
    if (failing) broken = true;
    return letGo();
  };
  return {
    make: [parties, failing ? 'failing' : null],
    move(thread) {
      const last = blocked.threads.size + 1 === parties;
      switch (rng.pick(['wait', 'wait', 'wait', 'wait', 'timed', 'abort', 'reset', 'reset', 'look'])) {
        case 'wait':
          if (broken) return { op: 'wait' };
          if (last) return { op: 'wait', frees: complete() };
          blocked.add(thread);
          return block('wait');
        case 'timed':
          if (broken) return timed('waitFor');
          // Whoever comes last succeeds, whatever his time-out; else it breaks the barrier.
          if (last) return { ...timed('waitFor'), frees: complete() };
          broken = true;
          return { ...timed('waitFor'), frees: letGo() };
        case 'abort':
          broken = true;
          return { op: 'abort', frees: letGo() };
        case 'reset':
          broken = false;
          return { op: 'reset', frees: letGo() };
        default:
          return { op: rng.pick(['nWaiting', 'broken', 'parties']) };
      }
    },
    settle(idle) {
      return blocked.threads.size ? { thread: idle[0]!, op: 'abort', frees: letGo() } : undefined;
    },
  };
}
