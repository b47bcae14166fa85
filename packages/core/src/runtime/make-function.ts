/** Functions from source that this project has made. */
import { nodeProcess } from './builtins.js';

/** A function of one parameter; undefined where a policy forbids it, or may forbid it and would report the attempt. */
export function makeFunction(parameter: string, body: string): ((argument: never) => unknown) | undefined {
  if (!nodeProcess()) return undefined;
  try {
    // eslint-disable-next-line @typescript-eslint/no-implied-eval -- making a function of text is what this is for
    return new Function(parameter, `'use strict';${body}`) as (argument: never) => unknown;
  } catch {
    // The process was started without the right to do so.
    return undefined;
  }
}
