/** When less is left of the bounds than at an earlier visit. */
import { expect, test } from 'vitest';
import type { Budgets } from '../src/explorer/choices.js';
import { leftOf, Visited } from '../src/explorer/visited.js';

const STATE = 1;
const NONE: Budgets = {
  preemptions: 0,
  timeouts: 0,
  starves: 0,
  aborts: 0,
  kills: 0,
  interrupts: 0,
  slices: 0,
};

function finds(visited: Visited, budgets: Partial<Budgets>, current = -1): boolean {
  return visited.find(STATE, leftOf({ ...NONE, ...budgets }, current), false) !== undefined;
}

function visitedWith(budgets: Partial<Budgets>, current = -1): Visited {
  const visited = new Visited();
  visited.add(STATE, leftOf({ ...NONE, ...budgets }, current), 7);
  return visited;
}

test.each(['preemptions', 'starves', 'aborts', 'kills', 'interrupts', 'slices'] as const)(
  'a state is new if more %s are left than before',
  (bound) => {
    const visited = visitedWith({ [bound]: 1 });
    expect(finds(visited, {})).toBe(true);
    expect(finds(visited, { [bound]: 1 })).toBe(true);
    expect(finds(visited, { [bound]: 2 })).toBe(false);
  },
);

test('more of one bound does not make up for less of another', () => {
  expect(finds(visitedWith({ kills: 2 }), { aborts: 1 })).toBe(false);
  expect(finds(visitedWith({ aborts: 1 }), { kills: 2 })).toBe(false);
});

test('another thread that goes on, where one could without a preemption, is one preemption less', () => {
  const visited = visitedWith({ preemptions: 2 }, 0);
  expect(finds(visited, { preemptions: 2 }, 0)).toBe(true);
  expect(finds(visited, { preemptions: 2 }, 1)).toBe(false);
  expect(finds(visited, { preemptions: 2 }, -1)).toBe(false);
  expect(finds(visited, { preemptions: 1 }, 1)).toBe(true);
  expect(finds(visitedWith({ preemptions: 2 }, -1), { preemptions: 2 }, 1)).toBe(true);
});

test('a later visit with more left takes the place of the earlier one, and others stay', () => {
  const visited = visitedWith({ kills: 1 });
  visited.add(STATE, leftOf({ ...NONE, aborts: 1 }, -1), 8);
  expect(finds(visited, { kills: 1 })).toBe(true);
  visited.add(STATE, leftOf({ ...NONE, kills: 1, aborts: 1 }, -1), 9);
  expect(finds(visited, { kills: 1, aborts: 1 })).toBe(true);
  expect(finds(visited, { kills: 1 })).toBe(true);
  expect(visited.size).toBe(1);
});

test('how many schedules follow is known only for a visit with exactly as much left', () => {
  const visited = visitedWith({ kills: 1 });
  expect(visited.find(STATE, leftOf({ ...NONE, kills: 1 }, -1), false)).toBe(7);
  expect(visited.find(STATE, leftOf(NONE, -1), false)).toBe(1);
  expect(visited.find(STATE, leftOf(NONE, -1), true)).toBeUndefined();
});
