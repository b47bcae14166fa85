/**
 * Starting the worker of a thread. All of them run one script, which takes longer to compile than to run; so the
 * first thread that ends sends what V8 has made of it, and later ones begin with that.
 */
import type { WorkerHandle, WorkerStart } from '@x/core';
import { WANTED } from './code.js';
import { platform } from './platform.js';

let wanted: Int32Array<SharedArrayBuffer> | undefined;
let code: Uint8Array | undefined;

/** The word by which threads agree on who makes the code; undefined once it is here. */
export function codeWanted(): SharedArrayBuffer | undefined {
  if (code) return undefined;
  wanted ??= new Int32Array(new SharedArrayBuffer(4)).fill(WANTED);
  return wanted.buffer;
}

/** Keeps the code for the threads that are started from now on. */
export function keepCode(made: Uint8Array): void {
  code = made;
}

/** Starts a worker that runs the script with this data. */
export function launch(options: Omit<WorkerStart, 'code'>): WorkerHandle {
  const program = {
    entry: new URL('./entry.js', import.meta.url),
    script: new URL('./boot.js', import.meta.url),
  };
  return platform().start(program, { ...options, code });
}
