/** Warnings of Node about what this project does, which are none of the user's business. */

/** Calls the function; only experimental warnings that it gives before it returns are dropped. */
export function withoutExperimentalWarning<T>(action: () => T): T {
  // eslint-disable-next-line @typescript-eslint/unbound-method -- only ever called with its own `this`
  const emitWarning = process.emitWarning;
  process.emitWarning = (warning: string | Error, ...rest: unknown[]) => {
    if (rest[0] === 'ExperimentalWarning') return;
    Reflect.apply(emitWarning, process, [warning, ...rest]);
  };
  try {
    return action();
  } finally {
    process.emitWarning = emitWarning;
  }
}
