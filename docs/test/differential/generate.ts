/** Scripts from a seed. */
import type { Random } from '@x/testkit';
import { MODELS } from './models.js';
import { THREADS, type Move, type Script, type Step } from './script.js';

/** A script for a primitive of the kind, with about `length` steps; at its end nobody is blocked. */
export function generate(kind: string, rng: Random, length: number, canShutDown: boolean): Script {
  const model = MODELS[kind]!(rng, canShutDown);
  const steps: Step[] = [];
  const busy = new Set<number>();
  const idle = (): number[] => [0, 1, 2].slice(0, THREADS).filter((thread) => !busy.has(thread));

  const push = (thread: number, { op, args = [], blocks = false, frees = [] }: Move): void => {
    if (blocks) busy.add(thread);
    for (const freed of frees) busy.delete(freed);
    steps.push({ thread, op, args, blocks, ends: blocks ? frees : [thread, ...frees] });
  };
  for (let i = 0; i < length; i++) {
    const thread = rng.pick(idle());
    push(thread, model.move(thread));
  }
  for (let end = model.settle(idle()); end; end = model.settle(idle())) push(end.thread, end);
  return { kind, make: model.make, steps };
}
