/** The worker file of workerpool. */
import workerpool from 'workerpool';
import { add, echo, work } from './jobs.js';

workerpool.worker({
  add,
  echo,
  work,
  move: (bytes: Uint8Array<ArrayBuffer>) => new workerpool.Transfer(bytes, [bytes.buffer]),
});
