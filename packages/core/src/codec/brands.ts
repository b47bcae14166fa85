/** Maps and sets, also those of another global, such as a `vm` context; not what only inherits from one. */

export function isMap(value: object): value is Map<unknown, unknown> {
  return hasSize(Map, value);
}

export function isSet(value: object): value is Set<unknown> {
  return hasSize(Set, value);
}

function hasSize(constructor: MapConstructor | SetConstructor, value: object): boolean {
  // Most values are neither, and an exception for each would cost more than this look.
  const mayBe =
    value instanceof constructor || Object.prototype.toString.call(value) === `[object ${constructor.name}]`;
  if (!mayBe) return false;
  try {
    Reflect.get(constructor.prototype, 'size', value);
    return true;
  } catch {
    return false;
  }
}
