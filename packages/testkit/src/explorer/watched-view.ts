/** Views of shared memory that tell when they are read and written without an atomic operation. */

/** Who is told. Positions are those of words in the model's memory. */
export interface Watcher {
  read(position: number, value: number): void;
  write(position: number): unknown;
  /** Somebody has got hold of the memory itself, and may now read and write unseen. */
  open(buffer: SharedArrayBuffer): void;
}

/** A stand-in for the view. `base` is the position of its first word. */
export function watchView(view: Int32Array, base: number, watcher: Watcher): Int32Array {
  return new Proxy(view, {
    get(_target, key) {
      const index = indexOf(key);
      if (index >= 0) {
        const value = view[index]!;
        if (index < view.length) watcher.read(base + index, value);
        return value;
      }
      const value: unknown = Reflect.get(view, key, view);
      if (key === 'buffer') watcher.open(view.buffer as SharedArrayBuffer);
      if (typeof value !== 'function') return value;
      // Methods see the view itself, and some give away its memory.
      watcher.open(view.buffer as SharedArrayBuffer);
      return value.bind(view) as unknown;
    },
    set(_target, key, value) {
      const index = indexOf(key);
      if (index < 0 || index >= view.length) return Reflect.set(view, key, value, view);
      view[index] = value as number;
      watcher.write(base + index);
      return true;
    },
  });
}

/** The index that the key of a property is, or -1. */
function indexOf(key: string | symbol): number {
  if (typeof key === 'symbol') return -1;
  const first = key.charCodeAt(0);
  return first >= 48 && first <= 57 ? Number(key) : -1;
}
