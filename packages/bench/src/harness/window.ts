/** Keeps a number of asynchronous operations in flight. */

/** Starts `total` operations, at most `inFlight` at a time, each as soon as one has ended; resolves after the last. */
export function keepInFlight(
  total: number,
  inFlight: number,
  start: (index: number) => PromiseLike<unknown>,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let started = 0;
    let ended = 0;
    const next = (): void => {
      if (started < total) start(started++).then(after, reject);
    };
    const after = (): void => {
      if (++ended === total) resolve();
      else next();
    };
    for (let slot = Math.min(inFlight, total); slot > 0; slot--) next();
  });
}
