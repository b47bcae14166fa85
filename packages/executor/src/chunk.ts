/** A chunk of `map`: many calls of one function that are one task. */
import { explainError, type Resolved, type TargetReference } from '@x/core';
import { gathered } from './transfer.js';

/** A function as a worker has it. */
export interface Target {
  readonly reference: TargetReference;
  readonly run: Resolved;
}

/** Runs a chunk: the results so far, and what ended it. A promise if a call gives one. */
export function runChunk(target: Target, list: unknown[][]): unknown {
  const values: unknown[] = [];
  for (let i = 0; i < list.length; i++) {
    try {
      const result = target.run(...list[i]!);
      if (isThenable(result)) return continueChunk(target, list, values, result);
      values.push(result);
    } catch (error) {
      return gathered(values, [values, [explainError(error, target.reference)]]);
    }
  }
  return gathered(values, [values]);
}

async function continueChunk(
  target: Target,
  list: unknown[][],
  values: unknown[],
  first: PromiseLike<unknown>,
): Promise<unknown> {
  try {
    values.push(await first);
    while (values.length < list.length) values.push(await target.run(...list[values.length]!));
  } catch (error) {
    return gathered(values, [values, [explainError(error, target.reference)]]);
  }
  return gathered(values, [values]);
}

/** Whether a result is still to come. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
  );
}
