/** Naming what structured clone has refused. It says what, but not where. */
import { TransferError } from '../errors.js';
import { isStackOverflow, tooDeep } from './depth.js';
import { keyName } from './paths.js';

/**
 * Turns the error of a failed `postMessage` or `new Worker` into one that names the path of what
 * cannot travel: a proxy, an object of the platform, or what is nested too deeply. Other errors are returned as they are.
 *
 * @param value what was sent
 * @param path how messages call the value
 */
export function explainCloneError(error: unknown, value: unknown, path: string): unknown {
  // Cloning takes more of the stack than the walk of `encode` before.
  if (isStackOverflow(error)) return new TransferError(tooDeep(path));
  if ((error as Partial<Error> | undefined)?.name !== 'DataCloneError') return error;
  const reason = (error as Error).message;
  const place = findUncloneable(value, path, new Set()) ?? path;
  return new TransferError(`${place} cannot travel to another thread: ${reason}; pass plain data`, {
    cause: error,
  });
}

/** The path of the innermost part that cannot be cloned, or undefined if the value can be. */
function findUncloneable(value: unknown, path: string, seen: Set<unknown>): string | undefined {
  if (seen.has(value) || isCloneable(value)) return undefined;
  seen.add(value);
  for (const [name, part] of partsOf(value)) {
    const found = findUncloneable(part, `${path}${name}`, seen);
    if (found !== undefined) return found;
  }
  return path;
}

function isCloneable(value: unknown): boolean {
  try {
    structuredClone(value);
    return true;
  } catch {
    return false;
  }
}

function partsOf(value: unknown): [name: string, part: unknown][] {
  if (typeof value !== 'object' || value === null) return [];
  try {
    if (value instanceof Map) return [...value].map(([key, item]) => [`.get(${keyName(key)})`, item]);
    if (value instanceof Set) return [...value].map((item, i) => [`.item(${i})`, item]);
    const nameOf = (key: string): string => (Array.isArray(value) ? `[${key}]` : `.${key}`);
    return Object.entries(value).map(([key, part]) => [nameOf(key), part]);
  } catch {
    // The traps of a proxy may throw; and that of a map is none.
    return [];
  }
}
