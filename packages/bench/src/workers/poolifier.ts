/** The worker file of poolifier. It has no way of transferring a result; `move` returns a copy. */
import { ThreadWorker } from 'poolifier';
import { add, echo, work } from './jobs.js';

export default new ThreadWorker({ add, echo, work, move: echo } as never);
