/** The garbage collector, by hand. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Collects what nobody refers to. */
export function collectGarbage(): void {
  collect();
}

/** Bytes in use on the heap, after a collection. */
export function heapUsed(): number {
  collect();
  return process.memoryUsage().heapUsed;
}
