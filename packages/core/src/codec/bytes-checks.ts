/** What an object consists of, as cheaply as that can be found out. */

/** Whether a plain object has these keys, in this order. */
export function hasKeys(value: object, keys: readonly string[]): boolean {
  let index = 0;
  for (const key in value) if (keys[index++] !== key) return false;
  return index === keys.length;
}

/** Whether an array has neither holes nor other properties. */
export function hasItemsOnly(value: readonly unknown[]): boolean {
  const { length } = value;
  const keys = Object.keys(value);
  // Other properties come last, so that a hole and another property do not make up for each other.
  return keys.length === length && (length === 0 || keys[length - 1] === String(length - 1));
}

/** The same, for one whose properties these are. */
export function isDense(value: readonly unknown[], properties: readonly unknown[]): boolean {
  const { length } = value;
  if (properties.length !== length) return false;
  // A hole and another property could make up for each other.
  for (let index = 0; index < length; index++)
    if (value[index] === undefined && !Object.hasOwn(value, index)) return false;
  return true;
}

/** Whether `for in` finds nothing in an object. */
export function hasNone(value: object): boolean {
  for (const _ in value) return false;
  return true;
}
