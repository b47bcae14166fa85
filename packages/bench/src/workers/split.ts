/** A bare worker that does its half of the work whenever it is told: what no pool can beat. */
import { workerData } from 'node:worker_threads';
import { work } from './jobs.js';

const { go, tasks, rounds } = workerData as { go: Int32Array; tasks: number; rounds: number };

let round = 0;
for (;;) {
  Atomics.wait(go, 0, round);
  // Read before the work: the next round may begin as soon as the last worker has reported.
  round = Atomics.load(go, 0);
  for (let n = 0; n < tasks; n++) work(rounds);
  Atomics.add(go, 1, 1);
  Atomics.notify(go, 1);
}
