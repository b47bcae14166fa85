/**
 * Large blocks of memory that are used again.
 *
 * glibc takes a large block from the system, and gives it back when it is freed, until it has seen that
 * blocks of that size come and go; so every megabyte that arrives in a thread costs 256 page faults, which
 * take several times as long as its bytes. Seeing one block of the largest size that it learns from is enough.
 * It is never written, so it takes no memory. What is freed afterwards stays with the process up to twice that size.
 */
import { nodeProcess, workerThreads } from './builtins.js';

/** From here on glibc asks the system: its first threshold. */
const LARGE_FROM = 1 << 17;
/** glibc learns up to 32 MiB, its own bookkeeping included. */
const LARGEST = (1 << 25) - (1 << 16);

const process = /* @__PURE__ */ nodeProcess();
let known = process?.platform !== 'linux';

/**
 * A buffer with anything in it: the caller writes over all of it at once.
 *
 * @example
 * ```ts
 * import { allocate } from '@x/core';
 *
 * console.log(allocate(64).byteLength);   // 64
 * ```
 */
export function allocate(byteLength: number): ArrayBuffer {
  if (byteLength >= LARGE_FROM && !known) {
    known = true;
    showLargest();
  }
  const buffer = process?.getBuiltinModule('node:buffer').Buffer.allocUnsafeSlow(byteLength).buffer;
  return buffer?.byteLength === byteLength ? buffer : new ArrayBuffer(byteLength);
}

function showLargest(): void {
  const { port1, port2 } = new (workerThreads().MessageChannel)();
  const block = new ArrayBuffer(LARGEST);
  // A message that nobody takes is freed with its port; a buffer of this thread only by its garbage collector.
  port1.postMessage(block, [block]);
  port2.close();
}
