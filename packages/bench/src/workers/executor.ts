/** The tasks of our own executor. */
import { transfer } from '@x/executor';

export { add, echo, stopSpinning, work } from './jobs.js';

/** As `echo`, with the memory itself. */
export function move(bytes: Uint8Array<ArrayBuffer>): Uint8Array {
  return transfer(bytes, [bytes.buffer]);
}
