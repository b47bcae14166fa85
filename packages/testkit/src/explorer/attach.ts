/** Gives each virtual thread its own objects for the shared primitives, as the codec would. */
import { KIND, type Kind, type Member, type Memory, type Primitive } from '@x/core';

/** Calls back for every primitive and every piece of shared memory in the value, with its path. */
export function visitShared(
  value: unknown,
  onPrimitive: (primitive: Primitive, path: string) => void,
  onView: (view: ArrayBufferView<SharedArrayBuffer>, path: string) => void,
  path = '',
  seen = new Set<object>(),
): void {
  if (typeof value !== 'object' || value === null || seen.has(value)) return;
  seen.add(value);
  const below = (key: string): string => (path === '' ? key : `${path}.${key}`);
  if (KIND in value) {
    const primitive = value as Primitive;
    // Kinds without memory are made from what they carry.
    if (primitive[KIND].make === undefined) onPrimitive(primitive, path);
    visitShared(primitive[KIND].extra?.(primitive), onPrimitive, onView, path, seen);
  } else if (ArrayBuffer.isView(value)) {
    if (value.buffer instanceof SharedArrayBuffer) onView(value as ArrayBufferView<SharedArrayBuffer>, path);
  } else if (value instanceof SharedArrayBuffer) {
    onView(new Int32Array(value), path);
  } else if (value instanceof Map) {
    for (const [key, item] of value) visitShared(item, onPrimitive, onView, below(String(key)), seen);
  } else {
    for (const [key, item] of Object.entries(value)) visitShared(item, onPrimitive, onView, below(key), seen);
  }
}

/** What shared memory looks like to a thread. */
export interface Lens {
  view(view: Int32Array): Int32Array;
  /** The buffer has been asked for. */
  open(buffer: SharedArrayBuffer): void;
}

/** The value with primitives of the given member's, as seen through the lens; everything in between is copied. */
export function attach<T>(value: T, member: Member, lens: Lens): T {
  const copies = new Map<object, object>();
  const copy = (item: unknown): unknown => {
    if (typeof item !== 'object' || item === null) return item;
    const known = copies.get(item);
    if (known) return known;
    if (KIND in item) {
      const primitive = item as Primitive;
      const kind: Kind = primitive[KIND];
      const extra = copy(kind.extra?.(primitive));
      const own = kind.make
        ? kind.make(extra)
        : kind.revive(memoryOf(primitive, member, lens), primitive.name, extra);
      copies.set(item, own);
      return own;
    }
    if (Array.isArray(item)) return item.map(copy);
    if (item instanceof Int32Array) return lens.view(item);
    if (ArrayBuffer.isView(item)) lens.open(item.buffer as SharedArrayBuffer);
    else if (item instanceof SharedArrayBuffer) lens.open(item);
    const prototype: unknown = Object.getPrototypeOf(item);
    if (prototype !== Object.prototype && prototype !== null) return item;
    const result: Record<string, unknown> = {};
    copies.set(item, result);
    for (const [key, member] of Object.entries(item)) result[key] = copy(member);
    return result;
  };
  return copy(value) as T;
}

function memoryOf({ memory: { buffer, byteOffset, words } }: Primitive, member: Member, lens: Lens): Memory {
  return {
    get buffer() {
      lens.open(buffer);
      return buffer;
    },
    byteOffset,
    words: lens.view(words),
    member,
  };
}
