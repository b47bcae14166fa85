/** The worker file of piscina: one named export for each task. */
import { move as moved } from 'piscina';

export { add, echo, work } from './jobs.js';

export function move(bytes: Uint8Array): unknown {
  return moved(bytes);
}
