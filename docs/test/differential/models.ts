/**
 * The models. Where it is left open which of several waiting threads goes on, in Python or here, a model
 * avoids the operation: then nothing but the primitive decides about the outcome.
 */
import type { Random } from '@x/testkit';
import { EXPIRES, THREADS, type Model, type Move } from './script.js';

/** Who is blocked; a thread may block only while another is left that can go on. */
class Blocked {
  readonly threads = new Set<number>();
  get room(): boolean {
    return this.threads.size < THREADS - 1;
  }
  add(thread: number): void {
    this.threads.add(thread);
  }
  free(threads: readonly number[]): readonly number[] {
    for (const thread of threads) this.threads.delete(thread);
    return threads;
  }
}

const timed = (op: string, ...args: number[]): Move => ({ op, args: [...args, EXPIRES] });
const block = (op: string, ...args: number[]): Move => ({ op, args, blocks: true });

/** `Lock` and `RLock`. */
function lockModel(rng: Random, reentrant: boolean): Model {
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
function conditionModel(rng: Random, reentrant: boolean): Model {
  const blocked = new Blocked();
  let owner: number | undefined;
  let depth = 0;
  const waiting: number[] = [];
  const notified: number[] = [];

  const mayTake = (thread: number): boolean => owner === undefined || (reentrant && owner === thread);
  /** The lock is free for a moment, or for good: whoever was notified goes on, one after another. */
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
      // Without the lock a predicate that is true succeeds in Python; here it is a mistake all the same.
      if (what === 'for' && held && rng.chance(0.5)) return { op: 'waitFor', args: [true, EXPIRES] };
      return {
        ...(what === 'for' ? { op: 'waitFor', args: [false, EXPIRES] } : timed('waitFor2')),
        frees: held ? letGo() : [],
      };
    },
    settle(idle) {
      if (owner !== undefined) return { thread: owner, ...release(owner) };
      if (waiting.length === 0) return undefined;
      notify(Infinity);
      return { thread: idle[0]!, op: 'notifyRound', frees: letGo() };
    },
  };
}

/** `Semaphore` and `BoundedSemaphore`. */
function semaphoreModel(rng: Random, bounded: boolean): Model {
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

function eventModel(rng: Random): Model {
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
function barrierModel(rng: Random, failing: boolean): Model {
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

/** The three queues; `shutdown` where Python has it, from 3.13. */
function queueModel(rng: Random, canShutDown: boolean): Model {
  const blocked = new Blocked();
  const maxsize = rng.int(0, 2);
  let size = 0;
  let unfinished = 0;
  let down = false;
  let getter: number | undefined;
  let putter: number | undefined;
  const joiners: number[] = [];

  const join = (): readonly number[] => (unfinished === 0 ? joiners.splice(0) : []);
  const put = (thread: number, op: string, wait: boolean): Move => {
    const item = rng.int(0, 9);
    if (down) return { op, args: [item] };
    if (maxsize > 0 && size >= maxsize) {
      if (!wait || putter !== undefined || !blocked.room)
        return wait ? timed('putFor', item) : { op, args: [item] };
      putter = thread;
      blocked.add(thread);
      return block(op, item);
    }
    unfinished++;
    if (getter === undefined) {
      size++;
      return { op, args: [item] };
    }
    const frees = blocked.free([getter]);
    getter = undefined;
    return { op, args: [item], frees };
  };
  const get = (thread: number, op: string, wait: boolean): Move => {
    if (size === 0) {
      if (down) return { op };
      if (!wait || getter !== undefined || !blocked.room) return wait ? timed('getFor') : { op };
      getter = thread;
      blocked.add(thread);
      return block(op);
    }
    size--;
    if (putter === undefined) return { op };
    const frees = blocked.free([putter]);
    putter = undefined;
    size++;
    unfinished++;
    return { op, frees };
  };
  const done = (): Move => {
    if (unfinished > 0) unfinished--;
    return { op: 'taskDone', frees: blocked.free(join()) };
  };
  const shutdown = (immediate: boolean): Move => {
    down = true;
    const freed = [getter, putter].filter((thread) => thread !== undefined);
    getter = putter = undefined;
    if (immediate) {
      unfinished = Math.max(0, unfinished - size);
      size = 0;
      freed.push(...join());
    }
    return { op: 'shutdown', args: [immediate], frees: blocked.free(freed) };
  };
  return {
    make: [maxsize],
    move(thread) {
      switch (
        rng.pick([
          'put',
          'put',
          'put',
          'get',
          'get',
          'get',
          'tryPut',
          'tryGet',
          'done',
          'join',
          'look',
          'down',
        ])
      ) {
        case 'put':
          return put(thread, 'put', true);
        case 'get':
          return get(thread, 'get', true);
        case 'tryPut':
          return put(thread, 'tryPut', false);
        case 'tryGet':
          return get(thread, 'tryGet', false);
        case 'done':
          return done();
        case 'join':
          if (unfinished === 0) return { op: 'join' };
          if (!blocked.room) return { op: 'size' };
          joiners.push(thread);
          blocked.add(thread);
          return block('join');
        case 'down':
          return canShutDown && rng.chance(0.3) ? shutdown(rng.chance(0.4)) : { op: 'size' };
        default:
          return { op: rng.pick(['size', 'empty', 'full']) };
      }
    },
    settle([thread]) {
      if (getter !== undefined) return { thread: thread!, ...put(thread!, 'tryPut', false) };
      if (putter !== undefined) return { thread: thread!, ...get(thread!, 'tryGet', false) };
      return joiners.length ? { thread: thread!, ...done() } : undefined;
    },
  };
}

/**
 * Futures: each thread has a pool of one worker, and looks after its own. Tasks return a value, throw, or
 * wait at a gate; after each step the thread waits until `settled` futures are done and `runs` has begun.
 */
function futureModel(rng: Random): Model {
  const all: Task[][] = Array.from({ length: THREADS }, () => []);
  interface Task {
    readonly gated: boolean;
    open: boolean;
    state: 'pending' | 'running' | 'done' | 'cancelled';
  }
  /** Lets the worker of the thread go as far as it can. */
  const advance = (tasks: Task[]): void => {
    for (const task of tasks) {
      if (task.state !== 'pending' && task.state !== 'running') continue;
      task.state = task.gated && !task.open ? 'running' : 'done';
      if (task.state === 'running') return;
    }
  };
  const after = (tasks: Task[]): number[] => {
    advance(tasks);
    const settled = tasks.findLastIndex(({ state }) => state === 'done');
    return [settled, tasks.findIndex(({ state }) => state === 'running')];
  };
  return {
    make: [],
    move(thread) {
      const tasks = all[thread]!;
      const what = rng.pick([
        'submit',
        'submit',
        'open',
        'cancel',
        'result',
        'result',
        'exception',
        'callback',
        'look',
        'look',
        'log',
      ]);
      if (what === 'submit' || tasks.length === 0) {
        const kind = rng.pick(['value', 'throw', 'gate', 'gate']);
        tasks.push({ gated: kind === 'gate', open: false, state: 'pending' });
        return { op: 'submit', args: [kind, ...after(tasks)] };
      }
      const index = rng.int(0, tasks.length - 1);
      const task = tasks[index]!;
      switch (what) {
        case 'open':
          task.open = true;
          return { op: 'open', args: [index, ...after(tasks)] };
        case 'cancel':
          if (task.state === 'pending') task.state = 'cancelled';
          return { op: 'cancel', args: [index] };
        case 'result':
        case 'exception':
          return { op: what, args: [index, rng.pick([0, EXPIRES])] };
        case 'callback':
          return { op: 'callback', args: [index] };
        case 'log':
          return { op: 'log' };
        default:
          return { op: rng.pick(['done', 'running', 'cancelled', 'wait']), args: [index] };
      }
    },
    settle(idle) {
      for (const thread of idle) {
        const index = all[thread]!.findIndex(({ state }) => state === 'running');
        if (index < 0) continue;
        all[thread]![index]!.open = true;
        return { thread, op: 'open', args: [index, ...after(all[thread]!)] };
      }
      return undefined;
    },
  };
}

/** The model of each kind. */
export const MODELS: Record<string, (rng: Random, canShutDown: boolean) => Model> = {
  Lock: (rng) => lockModel(rng, false),
  RLock: (rng) => lockModel(rng, true),
  ConditionOfLock: (rng) => conditionModel(rng, false),
  ConditionOfRLock: (rng) => conditionModel(rng, true),
  Semaphore: (rng) => semaphoreModel(rng, false),
  BoundedSemaphore: (rng) => semaphoreModel(rng, true),
  Event: (rng) => eventModel(rng),
  Barrier: (rng) => barrierModel(rng, false),
  FailingBarrier: (rng) => barrierModel(rng, true),
  Queue: (rng, canShutDown) => queueModel(rng, canShutDown),
  LifoQueue: (rng, canShutDown) => queueModel(rng, canShutDown),
  PriorityQueue: (rng, canShutDown) => queueModel(rng, canShutDown),
  Future: (rng) => futureModel(rng),
};
