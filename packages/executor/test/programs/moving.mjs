import { targetsFrom, transfer } from '@x/executor';

/** @type {ArrayBuffer[]} What this worker has given away. */
const given = [];

/** Bytes with the given value. @param {number} length @param {number} value */
function bytesOf(length, value) {
  const bytes = new Uint8Array(length).fill(value);
  given.push(bytes.buffer);
  return bytes;
}

/** @param {number} length @param {number} value */
export function moved(length, value) {
  const bytes = bytesOf(length, value);
  return transfer(bytes, [bytes.buffer]);
}

/** @param {number} length @param {number} value */
export async function movedLater(length, value) {
  await Promise.resolve();
  const bytes = bytesOf(length, value);
  return transfer({ bytes, of: value }, [bytes.buffer]);
}

/** What is left here of what was given away: a byte length for each. */
export function left() {
  return given.splice(0).map(({ byteLength }) => byteLength);
}

/** Gives a buffer away that is gone. */
export function movedTwice() {
  const bytes = bytesOf(8, 1);
  structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
  return transfer({ bytes }, [bytes.buffer]);
}

/** Goes on with what it said it would move, and fails. */
export function failing() {
  transfer(bytesOf(8, 1), []);
  throw new RangeError('after all');
}

export function port() {
  const { port1, port2 } = new MessageChannel();
  port1.postMessage('from the worker');
  port1.close();
  return transfer({ port: port2 }, [port2]);
}

/** The same object, moved the first time and copied the second. @type {Uint8Array | undefined} */
let again;
export function once() {
  if (again === undefined) {
    again = bytesOf(16, 5);
    return transfer(again, []);
  }
  return again;
}

/** @typedef {typeof import('./moving.mjs')} Self */

/** Submits to a pool that this thread does not own. @param {import('@x/executor').ThreadPoolExecutor} executor */
export function fromElsewhere(executor) {
  const jobs = /** @type {import('@x/executor').Targets<Self>} */ (targetsFrom(new URL(import.meta.url)));
  const bytes = executor.submit(jobs.moved, 100_000, 9).result();
  return [bytes.length, bytes[99_999], given.map(({ byteLength }) => byteLength)];
}
