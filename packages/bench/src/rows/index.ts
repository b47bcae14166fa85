/** All rows, in the order of the table. */
import type { Row } from '../harness/row.js';
import { eventRows } from './event.js';
import { executorRows } from './executor.js';
import { importRows } from './import.js';
import { lockRows } from './lock.js';
import { queueRows } from './queue.js';
import { semaphoreRows } from './semaphore.js';
import { threadRows } from './thread.js';

export const rows: readonly Row[] = [
  ...lockRows,
  ...importRows,
  ...semaphoreRows,
  ...eventRows,
  ...queueRows,
  ...threadRows,
  ...executorRows,
];
