/** A bare worker that does the least: it says that it runs. */
import { workerData } from 'node:worker_threads';
import { sayHello } from './thread-jobs.js';

sayHello(workerData as Int32Array);
