/** What contending threads repeat, by name. Each makes a loop over `iterations` that has nothing else in it. */
import { agent } from '@x/core';
import { fromShared, type Lock, type SharedMessage } from '@x/lock';
// What a thread receives has to be known there.
import '@x/queue';
import '@x/semaphore';
import type { Queue } from '@x/queue';
import type { Semaphore } from '@x/semaphore';
import { spin } from '../harness/spin.js';
import { Control, type ContendOrder } from './control.js';

const { COUNTER } = Control;

type Repeat = (iterations: number) => void;

/** Receives what `toShared` made in the main thread. */
function received(order: ContendOrder): unknown {
  return fromShared(order.shared as SharedMessage);
}

/** Where the results of `spin` go, so that it is not optimised away. */
export let sink = 0;

/** The work around an operation, so that the loop without work has no test for it. */
function work(rounds: number): void {
  sink ^= spin(rounds);
}

/** A loop for each operation. */
export const operations: Record<string, (order: ContendOrder, control: Int32Array) => Repeat> = {
  lock(order, control) {
    const lock = received(order) as Lock;
    const { inside, outside } = order;
    if (inside + outside === 0) {
      return (iterations) => {
        for (let i = 0; i < iterations; i++) {
          lock.acquire();
          control[COUNTER] = control[COUNTER]! + 1;
          lock.release();
        }
      };
    }
    return (iterations) => {
      for (let i = 0; i < iterations; i++) {
        lock.acquire();
        control[COUNTER] = control[COUNTER]! + 1;
        work(inside);
        lock.release();
        work(outside);
      }
    };
  },

  lockWithoutSpin(order, control) {
    agent().spins = 0;
    return operations['lock']!(order, control);
  },

  /** The futex mutex of a textbook, by hand: no owner, no time-out, no spinning. What a lock could cost at best. */
  textbook(order, control) {
    const words = new Int32Array(order.shared as SharedArrayBuffer);
    const { inside, outside } = order;
    return (iterations) => {
      for (let i = 0; i < iterations; i++) {
        if (Atomics.compareExchange(words, 0, 0, 1) !== 0) {
          while (Atomics.exchange(words, 0, 2) !== 0) Atomics.wait(words, 0, 2);
        }
        control[COUNTER] = control[COUNTER]! + 1;
        if (inside > 0) work(inside);
        if (Atomics.exchange(words, 0, 0) === 2) Atomics.notify(words, 0, 1);
        if (outside > 0) work(outside);
      }
    };
  },

  semaphore(order, control) {
    const semaphore = received(order) as Semaphore;
    return (iterations) => {
      for (let i = 0; i < iterations; i++) {
        semaphore.acquire();
        semaphore.release();
      }
      Atomics.add(control, COUNTER, iterations);
    };
  },

  /** The first half of the threads puts, the other half gets. */
  queueOfNumbers(order, control) {
    return produceOrConsume(received(order) as Queue, order, control, 42);
  },

  queueOfObjects(order, control) {
    return produceOrConsume(received(order) as Queue, order, control, HUNDRED_BYTES);
  },
};

/** An object of a hundred bytes as JSON. */
export const HUNDRED_BYTES = {
  id: 123456,
  name: 'Ada Lovelace',
  email: 'ada@example.org',
  active: true,
  balance: 1234.5,
  city: 'London',
};

function produceOrConsume(queue: Queue, order: ContendOrder, control: Int32Array, item: unknown): Repeat {
  const put = (iterations: number): void => {
    for (let i = 0; i < iterations; i++) queue.put(item);
    Atomics.add(control, COUNTER, iterations);
  };
  const get = (iterations: number): void => {
    for (let i = 0; i < iterations; i++) queue.get();
    Atomics.add(control, COUNTER, iterations);
  };
  return order.seat < order.threads / 2 ? put : get;
}
