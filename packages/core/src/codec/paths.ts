/** How messages call the parts of a value. */
import { describe } from '../deadline.js';

/** The path of a property, as it would be written. */
export function member(path: string, key: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(key) ? `${path}.${key}` : `${path}[${JSON.stringify(key)}]`;
}

/** How a path names the key of a map. Not every object can be made a string. */
export function keyName(key: unknown): string {
  switch (typeof key) {
    case 'string':
      return JSON.stringify(key);
    case 'object':
    case 'function':
      return describe(key);
    default:
      return String(key);
  }
}
