/** Where the codec is, for a thread that began with a copy of its own. */

/**
 * URL of the module that holds this copy of `encode` and `decode`.
 *
 * @example
 * ```ts
 * import { codecModule } from '@x/core';
 *
 * console.log(new URL(codecModule()).protocol);   // file:
 * ```
 */
export function codecModule(): string {
  return import.meta.url;
}
