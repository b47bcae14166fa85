/** Time-outs, signals and what keeps the process alive. */
import { getEventListeners } from 'node:events';
import { describe, expect, test, vi } from 'vitest';
import {
  activeResources,
  agent,
  AsyncWaiters,
  checkTimeout,
  deadlineAfter,
  guard,
  KeepAlive,
  onAbort,
  remaining,
  runtime,
  signalOf,
  timeoutOf,
  type AsyncHost,
} from '@x/core';
import { pause } from '@x/testkit';

describe('time-outs', () => {
  test('are numbers from 0, undefined is for ever', () => {
    expect([undefined, 0, 1.5, Infinity].map(checkTimeout)).toEqual([Infinity, 0, 1.5, Infinity]);
    for (const wrong of [-1, -Infinity, NaN]) expect(() => checkTimeout(wrong)).toThrow(RangeError);
    for (const wrong of ['5', null, 5n, {}, true])
      expect(() => checkTimeout(wrong as never)).toThrow(TypeError);
    expect(timeoutOf(undefined)).toBe(Infinity);
    expect(timeoutOf({ timeout: 3 })).toBe(3);
    for (const wrong of [5, null, 'x', false]) expect(() => timeoutOf(wrong as never)).toThrow(TypeError);
  });

  test('messages say what was given', () => {
    expect(() => checkTimeout('5' as never)).toThrow('got string');
    expect(() => checkTimeout(null as never)).toThrow('got null');
    expect(() => checkTimeout(new Map() as never)).toThrow('got an object (Map)');
    expect(() => checkTimeout(-3)).toThrow('got -3');
  });

  test('what remains of them is never negative', () => {
    expect(remaining(deadlineAfter(Infinity))).toBe(Infinity);
    expect(remaining(deadlineAfter(0))).toBe(0);
    expect(remaining(performance.now() - 5)).toBe(0);
    const left = remaining(deadlineAfter(1000));
    expect(left).toBeGreaterThan(900);
    expect(left).toBeLessThanOrEqual(1000);
  });
});

describe('signals', () => {
  test('that have fired throw their reason; what is no signal is a TypeError', () => {
    expect(signalOf(undefined)).toBeUndefined();
    expect(signalOf({})).toBeUndefined();
    const { signal } = new AbortController();
    expect(signalOf({ signal })).toBe(signal);
    expect(() => signalOf({ signal: AbortSignal.abort(new SyntaxError('as planned')) })).toThrow(SyntaxError);
    for (const wrong of [5, null, {}, { throwIfAborted: () => undefined }])
      expect(() => signalOf({ signal: wrong as never })).toThrow(TypeError);
  });

  test('have one listener, however many wait, and none when nobody does', () => {
    const controller = new AbortController();
    const listeners = (): number => getEventListeners(controller.signal, 'abort').length;
    const called: number[] = [];
    const ends = [0, 1, 2, 3].map((i) => onAbort(controller.signal, () => called.push(i)));
    expect(listeners()).toBe(1);
    ends[1]!();
    ends[1]!();
    for (const end of ends) end();
    expect(listeners()).toBe(0);
    onAbort(controller.signal, () => called.push(4));
    onAbort(controller.signal, () => called.push(5));
    controller.abort();
    expect(called).toEqual([4, 5]);
    expect(listeners()).toBe(0);
  });

  test('do not call what a callback before has ended', () => {
    const controller = new AbortController();
    const called: number[] = [];
    onAbort(controller.signal, () => {
      called.push(1);
      endSecond();
    });
    const endSecond = onAbort(controller.signal, () => called.push(2));
    onAbort(controller.signal, () => called.push(3));
    controller.abort();
    expect(called).toEqual([1, 3]);
  });
});

test('the process is kept alive while anything is pending', async () => {
  let alive = 0;
  const keepAlive = new KeepAlive({
    keepAlive: () => {
      alive++;
      return () => alive--;
    },
  });
  keepAlive.add();
  keepAlive.add();
  expect([alive, keepAlive.count]).toEqual([1, 2]);
  let idle = false;
  const waiting = keepAlive.idle().then(() => (idle = true));
  keepAlive.remove();
  await pause(1);
  expect([alive, idle]).toEqual([1, false]);
  keepAlive.remove();
  await waiting;
  expect([alive, keepAlive.count]).toEqual([0, 0]);
  await keepAlive.idle();
});

test('a timer of Node keeps the process alive, whatever the global ones are, and is let go once', () => {
  const timers = (): number => activeResources().filter((name) => name === 'Timeout').length;
  const before = timers();
  vi.stubGlobal('setInterval', () => 1);
  try {
    const letGo = runtime.keepAlive();
    expect(timers()).toBe(before + 1);
    letGo();
    expect(timers()).toBe(before);
    const next = runtime.keepAlive();
    const other = runtime.keepAlive();
    letGo();
    expect(timers()).toBe(before + 2);
    next();
    other();
    expect(timers()).toBe(before);
  } finally {
    vi.unstubAllGlobals();
  }
});

test('a guard releases once', () => {
  let released = 0;
  const held = guard(() => released++);
  held[Symbol.dispose]();
  held[Symbol.dispose]();
  expect(released).toBe(1);
});

describe('waiters of an event loop', () => {
  const SEQ = 0;
  /** A number of things to be had. */
  const things = (order: 'fifo' | 'any') => {
    const words = new Int32Array(new SharedArrayBuffer(8));
    const host: AsyncHost<number> = {
      attempt: (count) => {
        if (words[1]! < count) return false;
        words[1]! -= count;
        return true;
      },
      announce: (count) => words[1]! < count,
    };
    const waiters = new AsyncWaiters<number>(words, SEQ, host, order);
    const add = (count: number): void => {
      words[1]! += count;
      Atomics.add(words, SEQ, 1);
      Atomics.notify(words, SEQ);
    };
    return { words, waiters, add };
  };

  test('in order: a large request is not overtaken', async () => {
    const { waiters, add } = things('fifo');
    const went: number[] = [];
    const waits = [3, 1].map((count) => waiters.wait(count, undefined).then(() => went.push(count)));
    add(2);
    await pause(5);
    expect([went, waiters.size]).toEqual([[], 2]);
    add(2);
    await Promise.all(waits);
    expect(went).toEqual([3, 1]);
  });

  test('in any order: whoever can go, goes', async () => {
    const { waiters, add } = things('any');
    const went: number[] = [];
    const waits = [3, 1].map((count) => waiters.wait(count, undefined).then(() => went.push(count)));
    add(1);
    await waits[1];
    expect(went).toEqual([1]);
    add(3);
    await Promise.all(waits);
    expect(went).toEqual([1, 3]);
  });

  test('the one behind goes when the one in front leaves', async () => {
    const { waiters, add } = things('fifo');
    const controller = new AbortController();
    const first = waiters.wait(3, { signal: controller.signal });
    const second = waiters.wait(1, undefined);
    add(1);
    await pause(5);
    controller.abort('enough');
    await expect(first).rejects.toBe('enough');
    expect(await second).toBe(true);
    expect(waiters.size).toBe(0);
  });

  test('a time-out beyond what a timer takes is no short one', async () => {
    const { waiters, add } = things('fifo');
    const waiting = waiters.wait(1, { timeout: 2 ** 31 + 5 });
    expect(await Promise.race([waiting, pause(20)])).toBeUndefined();
    add(1);
    expect(await waiting).toBe(true);
  });

  test('one whose signal is none, or cannot be listened to, takes nothing later', async () => {
    const { words, waiters, add } = things('fifo');
    const silent = {
      throwIfAborted: () => undefined,
      addEventListener: () => {
        throw new SyntaxError('as planned');
      },
      removeEventListener: () => undefined,
    };
    const half = { throwIfAborted: () => undefined };
    await expect(waiters.wait(1, { signal: half as never })).rejects.toThrow(TypeError);
    await expect(waiters.wait(1, { signal: silent as never })).rejects.toThrow(SyntaxError);
    expect([waiters.size, agent().keepAlive.count]).toEqual([0, 0]);
    add(1);
    await pause(5);
    expect(words[1]).toBe(1);
  });

  test('an error of an attempt concerns the one that it was made for', async () => {
    const words = new Int32Array(new SharedArrayBuffer(8));
    const waiters = new AsyncWaiters<string>(words, SEQ, {
      attempt: (request) => {
        if (words[1] === 0) return false;
        if (request === 'bad') throw new SyntaxError('as planned');
        return true;
      },
      announce: () => words[1] === 0,
    });
    const [bad, good] = [waiters.wait('bad', undefined), waiters.wait('good', undefined)];
    words[1] = 1;
    waiters.poke();
    await expect(bad).rejects.toThrow(SyntaxError);
    expect(await good).toBe(true);
  });
});
