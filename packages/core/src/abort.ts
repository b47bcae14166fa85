/**
 * Abort signals with many waiters. Node warns of a leak from the eleventh listener of a signal on, and
 * adding and removing takes time in proportion to how many there are. So each signal gets one listener.
 */

interface Watched {
  readonly callbacks: Set<() => void>;
  readonly listener: () => void;
}

const watched = new WeakMap<AbortSignal, Watched>();

/**
 * Calls back once when the signal fires, in the order of the calls of this function. Returns what ends that.
 *
 * @example
 * ```ts
 * import { onAbort } from '@x/core';
 *
 * const controller = new AbortController();
 * const end = onAbort(controller.signal, () => console.log('not called'));
 * onAbort(controller.signal, () => console.log('aborted'));
 * end();
 * controller.abort();
 * // aborted
 * ```
 */
export function onAbort(signal: AbortSignal, callback: () => void): () => void {
  const entry = watched.get(signal) ?? watch(signal);
  // A function of its own, so that one callback may be there twice.
  const own = (): void => {
    callback();
  };
  entry.callbacks.add(own);
  return () => {
    if (!entry.callbacks.delete(own) || entry.callbacks.size > 0) return;
    watched.delete(signal);
    signal.removeEventListener('abort', entry.listener);
  };
}

function watch(signal: AbortSignal): Watched {
  const callbacks = new Set<() => void>();
  const listener = (): void => {
    watched.delete(signal);
    // The set itself, not a copy: one of them may end another one, which is not called then.
    for (const callback of callbacks) {
      callbacks.delete(callback);
      callback();
    }
  };
  const entry = { callbacks, listener };
  signal.addEventListener('abort', listener, { once: true });
  watched.set(signal, entry);
  return entry;
}
