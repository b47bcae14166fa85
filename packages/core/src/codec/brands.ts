/** Maps and sets, also those of another global, such as a `vm` context; not what only inherits from one, or says so. */

/** @param tag what `Object.prototype.toString` says of it */
export function isMap(value: object, tag: string): value is Map<unknown, unknown> {
  return (tag === '[object Map]' || value instanceof Map) && hasSize(Map, value);
}

/** @param tag what `Object.prototype.toString` says of it */
export function isSet(value: object, tag: string): value is Set<unknown> {
  return (tag === '[object Set]' || value instanceof Set) && hasSize(Set, value);
}

function hasSize(constructor: MapConstructor | SetConstructor, value: object): boolean {
  try {
    Reflect.get(constructor.prototype, 'size', value);
    return true;
  } catch {
    return false;
  }
}
