/** @param {number} n */
export function double(n) {
  return 2 * n;
}

export function callsMissing() {
  // @ts-expect-error A bug in a module, not in the target that calls it.
  return missingVariable;
}
