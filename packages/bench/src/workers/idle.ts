/** A bare worker that sleeps. */
import { workerData } from 'node:worker_threads';
import { beIdle } from './thread-jobs.js';

beIdle(workerData as Int32Array);
