/** The platform's workers, or a clear error where there are none. */
import { ThreadingError, workers, type Workers } from '@x/core';

export function platform(): Workers {
  if (workers) return workers;
  throw new ThreadingError('this platform cannot start threads by itself; use Node 20.16 or newer');
}
