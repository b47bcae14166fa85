/** Models of queues and futures. */
import type { Random } from '@x/testkit';
import { Blocked, block, timed } from './blocked.js';
import { EXPIRES, THREADS, type Model, type Move } from './script.js';

/** The three queues; `shutdown` where Python has it, from 3.13. */
export function queueModel(rng: Random, canShutDown: boolean): Model {
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
export function futureModel(rng: Random): Model {
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
