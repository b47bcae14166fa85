/** The other side of a bare ring: adds what it finds, looking again and again. */
import { workerData } from 'node:worker_threads';
import { Ring } from '../peers/bare-ring-layout.js';

const words = workerData as Int32Array;

for (let head = 0; ;) {
  while (Atomics.load(words, Ring.TAIL) === head);
  const base = Ring.cell(head);
  words[base + 2] = words[base]! + words[base + 1]!;
  head = (head + 1) | 0;
  Atomics.store(words, Ring.HEAD, head);
}
