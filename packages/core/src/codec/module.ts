/** Where the codec is, for a thread that began with a copy of its own. */

/** URL of the module that holds this copy of `encode` and `decode`. */
export function codecModule(): string {
  return import.meta.url;
}
