/** Models of locks and conditions. */
import type { Random } from '@x/testkit';
import { Blocked, block, timed } from './blocked.js';
import { EXPIRES, type Model, type Move } from './script.js';

/** `Lock` and `RLock`. */
export function lockModel(rng: Random, reentrant: boolean): Model {
  const blocked = new Blocked();
  let owner: number | undefined;
  let depth = 0;
  let waiter: number | undefined;

  const take = (thread: number): boolean => {
    if (owner !== undefined && !(reentrant && owner === thread)) return false;
    owner = thread;
    depth++;
    return true;
  };
  const release = (thread: number): Move => {
    if (owner === undefined || (reentrant && owner !== thread) || --depth > 0) return { op: 'release' };
    owner = undefined;
    if (waiter === undefined) return { op: 'release' };
    const next = waiter;
    waiter = undefined;
    take(next);
    return { op: 'release', frees: blocked.free([next]) };
  };
  return {
    make: [],
    move(thread) {
      switch (
        rng.pick(['acquire', 'acquire', 'try', 'timed', 'release', 'release', 'release', 'locked', 'wrong'])
      ) {
        case 'acquire':
          if (take(thread)) return { op: 'acquire' };
          if (waiter !== undefined || !blocked.room) return timed('acquireFor');
          waiter = thread;
          blocked.add(thread);
          return block('acquire');
        case 'try':
          take(thread);
          return { op: 'tryAcquire' };
        case 'timed':
          take(thread);
          return timed('acquireFor');
        case 'release':
          return release(thread);
        case 'wrong':
          return { op: 'acquireFor', args: [rng.pick([-5, 'soon'])] };
        default:
          // `RLock.locked` is new in Python 3.14.
          return reentrant ? { op: 'tryAcquireAndRelease' } : { op: 'locked' };
      }
    },
    settle(idle) {
      if (owner === undefined) return undefined;
      const thread = reentrant ? owner : idle[0]!;
      return { thread, ...release(thread) };
    },
  };
}

/** `Condition` over a lock or a re-entrant lock. */
export function conditionModel(rng: Random, reentrant: boolean): Model {
  const blocked = new Blocked();
  let owner: number | undefined;
  let depth = 0;
  const waiting: number[] = [];
  const notified: number[] = [];

  const mayTake = (thread: number): boolean => owner === undefined || (reentrant && owner === thread);
  /** The lock is free: whoever was notified goes on, one after another. */
  const letGo = (): readonly number[] => blocked.free(notified.splice(0));
  const notify = (n: number): void => {
    notified.push(...waiting.splice(0, n));
  };
  const release = (thread: number): Move => {
    if (owner === undefined || (reentrant && owner !== thread) || --depth > 0) return { op: 'release' };
    owner = undefined;
    return { op: 'release', frees: letGo() };
  };
  const acquire = (thread: number): Move => {
    if (!mayTake(thread)) return timed('acquireFor');
    owner = thread;
    depth++;
    return { op: 'acquire' };
  };
  return {
    make: [reentrant ? 'RLock' : 'Lock'],
    move(thread) {
      // A lock that somebody else holds counts as held for `wait` and `notify` in Python, where it is not re-entrant.
      const foreign = owner !== undefined && owner !== thread && !reentrant;
      const held = owner === thread;
      const what = rng.pick([
        'acquire',
        'acquire',
        'release',
        'release',
        'round',
        'round',
        'notify',
        'notify',
        'for',
        'timed',
      ]);
      if (what === 'round' && owner === undefined && blocked.room) {
        waiting.push(thread);
        blocked.add(thread);
        return block('waitRound', reentrant ? rng.int(1, 3) : 1);
      }
      if (what === 'release') return release(thread);
      if (foreign || what === 'acquire' || what === 'round') return acquire(thread);
      if (what === 'notify') {
        const n = rng.pick([0, 1, 1, 2, Infinity]);
        if (held) notify(n);
        return n === Infinity ? { op: 'notifyAll' } : { op: 'notify', args: [n] };
      }
      // Whether those who were notified are quicker than the time of this wait is left to chance.
      if (held && notified.length > 0) return release(thread);
      // Without the lock a predicate that is true succeeds in Python; here it is a mistake all the same.
      if (what === 'for' && held && rng.chance(0.5)) return { op: 'waitFor', args: [true, EXPIRES] };
      return what === 'for' ? { op: 'waitFor', args: [false, EXPIRES] } : timed('waitFor2');
    },
    settle(idle) {
      if (owner !== undefined) return { thread: owner, ...release(owner) };
      if (waiting.length === 0) return undefined;
      notify(Infinity);
      return { thread: idle[0]!, op: 'notifyRound', frees: letGo() };
    },
  };
}
