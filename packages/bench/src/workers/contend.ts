/**
 * A thread that contends: it repeats an operation on something shared, round after round, whenever it is told.
 * The other side is `peers/crowd.ts`.
 */
import { workerData } from 'node:worker_threads';
import { Control, LAP, type ContendOrder } from './control.js';
import { operations } from './operations.js';

const order = workerData as ContendOrder;
const control = new Int32Array(order.control);
const laps = new Float64Array(order.laps);
const repeat = operations[order.operation]!(order, control);

let round = 0;
for (;;) {
  Atomics.add(control, Control.READY, 1);
  Atomics.notify(control, Control.READY);
  Atomics.wait(control, Control.ROUND, round);
  round = Atomics.load(control, Control.ROUND);
  if (round < 0) break;
  laps[order.seat * LAP] = Number(process.hrtime.bigint());
  repeat(order.iterations);
  laps[order.seat * LAP + 1] = Number(process.hrtime.bigint());
  Atomics.add(control, Control.DONE, 1);
  Atomics.notify(control, Control.DONE);
}
