/**
 * The text of a message: its short strings one after the other, so that a call into the engine, which takes longer than
 * a short string, is made for all of them and not for each. Both sides count the units.
 */
import { putLatin1 } from '../runtime/text.js';

/**
 * Units in a message's text, at most. The strings that a reader makes may be parts of the text, and hold all of
 * it as long as one of them is held.
 */
export const TEXT_UNITS = 2048;
/** Longer strings are written where they stand. */
export const TEXT_LONGEST = 256;
/** Bytes of the number at the end. */
export const TEXT_TAIL = 2;

const WIDE = /[^\0-\xff]/;

/** Whether a string has units of more than a byte. The engine knows it of most strings without looking at them. */
export function isWide(value: string): boolean {
  return WIDE.test(value);
}

/** Writes the text, which takes a byte for each unit. */
export function putText(bytes: Uint8Array, at: number, text: string): void {
  if (putLatin1(bytes, at, text)) return;
  for (let index = 0; index < text.length; index++) bytes[at + index] = text.charCodeAt(index);
}
