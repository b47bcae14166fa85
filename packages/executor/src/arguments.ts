/** What becomes of the arguments of a task before it is put in. */
import { encode, TransferError } from '@x/core';
import { encodePieces, type Pieces } from '@x/core/bytes';
import { notCarried } from './mail.js';
import { rawType, type RawView } from './raw.js';
import type { NumberRecord, Shapes } from './records.js';
import { asNumbers, type Numbers } from './scalars.js';
import { Raw, type Task } from './task.js';

/**
 * The arguments without a message, if that can be; valid only until anything else runs.
 *
 * @param isOwner whether this thread made the executor, and so may lend shelves
 */
export function plainArguments(
  args: readonly unknown[],
  shapes: Shapes,
  isOwner: boolean,
): Numbers | NumberRecord | Raw | Uint8Array | Pieces | undefined {
  const numbers = asNumbers(args);
  if (numbers) return numbers;
  if (args.length === 1) {
    const [only] = args;
    if (typeof only === 'object' && only !== null) {
      const record = shapes.record(only);
      if (record) return record;
      const type = isOwner ? rawType(only) : -1;
      if (type >= 0) return new Raw(only as RawView, type);
    }
  }
  return encodePieces(args, true);
}

/**
 * Encodes what bytes alone cannot carry.
 *
 * @throws TransferError if it cannot travel
 */
export function packArguments(
  task: Task,
  args: readonly unknown[],
  transfer: readonly unknown[] | undefined,
  isOwner: boolean,
): void {
  const wire = encode(args, 'args');
  if (!isOwner && transfer?.some((item) => !(item instanceof ArrayBuffer))) {
    throw new TransferError(
      'only the thread that made the executor can transfer anything but an ArrayBuffer to a task; others reach its workers by a channel that copies',
    );
  }
  try {
    // The caller may change or reuse what he gave; what he transfers is his no longer.
    const packed = structuredClone({ wire, transfer }, { transfer: (transfer ?? []) as never });
    task.payload = packed.wire;
    task.transfer = packed.transfer;
  } catch (cause) {
    throw notCarried(cause);
  }
}
