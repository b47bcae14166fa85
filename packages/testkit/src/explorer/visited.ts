/**
 * The states that were walked through, each with what was left of the bounds then.
 *
 * A state that is reached again with no more left than before has no schedule that has not been seen.
 * That holds for all bounds but that of time-outs: a sleeper that may time out is not stuck, so whether
 * nothing can happen any more depends on it. What is left of time-outs therefore is part of the state.
 */
import type { Budgets } from './choices.js';

/** What was left of the bounds. */
export interface Left {
  /** The thread that could go on without a preemption, or -1: any. */
  readonly current: number;
  readonly preemptions: number;
  /** All others, in one number. */
  readonly events: number;
}

interface Visit extends Left {
  readonly schedules: number;
}

const BITS = 6;
const MAX = (1 << BITS) - 1;

export function leftOf(budgets: Budgets, current: number): Left {
  const { preemptions, starves, aborts, kills, interrupts, slices } = budgets;
  let events = 0;
  for (const budget of [starves, aborts, kills, interrupts, slices]) {
    if (budget > MAX) throw new RangeError(`an event may happen at most ${MAX} times, not ${budget}`);
    events = (events << BITS) | budget;
  }
  return { current: preemptions === Infinity ? -1 : current, preemptions, events };
}

export class Visited {
  readonly #visits = new Map<number, Visit | Visit[]>();

  /** How many different states. */
  get size(): number {
    return this.#visits.size;
  }

  /**
   * How many schedules go on from this state, at least; undefined if some of them may be new.
   *
   * @param same whether as much must have been left
   */
  find(state: number, left: Left, same: boolean): number | undefined {
    const visits = this.#visits.get(state);
    if (visits === undefined) return undefined;
    for (const visit of Array.isArray(visits) ? visits : [visits]) {
      if (isSame(visit, left)) return visit.schedules;
      // How many of the visit's schedules fit into less is not known.
      if (!same && covers(visit, left)) return 1;
    }
    return undefined;
  }

  add(state: number, { current, preemptions, events }: Left, schedules: number): void {
    const visit = { current, preemptions, events, schedules };
    const known = this.#visits.get(state);
    if (known === undefined) {
      this.#visits.set(state, visit);
      return;
    }
    const others = Array.isArray(known) ? known : [known];
    this.#visits.set(state, [...others.filter((other) => !covers(visit, other)), visit]);
  }
}

function isSame(a: Left, b: Left): boolean {
  return a.preemptions === b.preemptions && a.events === b.events && a.current === b.current;
}

/** Whether every schedule that is possible with `less` is with `more`. */
function covers(more: Left, less: Left): boolean {
  // To switch to the thread that may go on in the one costs a preemption in the other.
  const switches = more.current === -1 || more.current === less.current ? 0 : 1;
  if (more.preemptions < less.preemptions + switches) return false;
  if (more.events === less.events) return true;
  for (let shift = 0; shift < 5 * BITS; shift += BITS)
    if (((more.events >> shift) & MAX) < ((less.events >> shift) & MAX)) return false;
  return true;
}
