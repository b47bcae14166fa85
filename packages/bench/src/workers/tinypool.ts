/** The worker file of tinypool: one named export for each task. */
import Tinypool from 'tinypool';

export { add, echo, work } from './jobs.js';

export function move(bytes: Uint8Array): unknown {
  return Tinypool.move(bytes);
}
