/** Own properties, whatever their names. */

/** Sets an own property whatever its name; assignment to `__proto__` would change the prototype. */
export function setOwn(object: object, key: string, value: unknown): void {
  Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
}
