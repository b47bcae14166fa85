/** A class of the user, registered in whatever thread loads this module, and functions that run in threads. */
import { registerClass, registerErrorClass } from '@x/threading';

export class Point {
  constructor(/** @type {number} */ x, /** @type {number} */ y) {
    this.x = x;
    this.y = y;
  }
  get length() {
    return Math.hypot(this.x, this.y);
  }
}
registerClass(Point);

export class OrderError extends Error {
  /** @override */
  name = 'OrderError';
}
registerErrorClass(OrderError);

/** @template T @param {T} value */
export const echo = (value) => value;

/** Takes one item and puts it into the other queue. @param {import("@x/threading").Queue<unknown>} from @param {import("@x/threading").Queue<unknown>} to */
export function relay(from, to) {
  to.put(from.get());
}

/** Whether the value is what it should be, looked at where it has arrived. @param {Point} point */
export const lengthOf = (point) => (point instanceof Point ? point.length : NaN);

/** @param {Float64Array} numbers */
export function touch(numbers) {
  numbers[0] = 1;
  return numbers;
}
