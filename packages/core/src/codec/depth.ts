/** Values that are nested deeper than the stack of the thread that walks them. */

/** Whether the error says that the stack was too small; engines say so in different ways. */
export function isStackOverflow(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof TypeError) return false;
  return /call stack|recursion/.test(error.message);
}

/** What is said of them. */
export function tooDeep(path: string): string {
  return `${path} is nested too deeply to travel; send it in a flatter form, as an array`;
}
