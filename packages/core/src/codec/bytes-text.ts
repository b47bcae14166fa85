/**
 * The text of a message: its short strings one after the other, so that a call into the engine, which takes longer than
 * a short string, is made for all of them and not for each. Both sides count the units.
 */
import { putLatin1 } from '../runtime/text.js';
import { FIRST_INT, FIRST_TEXT, Tag } from './bytes-format.js';
import type { WrittenShape } from './bytes-shapes.js';
import { ByteSink } from './bytes-sink.js';

/**
 * Units in a message's text, at most. The strings that a reader makes may be parts of the text, and hold all of
 * it as long as one of them is held.
 */
export const TEXT_UNITS = 2048;
/** Longer strings are written where they stand. */
export const TEXT_LONGEST = 256;
/** Bytes of the number at the end. */
export const TEXT_TAIL = 2;

/** Up to so many units a loop takes no longer than putting the strings together and a call into the engine. */
const LOOP_UNITS = 80;
/** Keys of an object of which it is known whether their strings may be wide. */
const PLACES = 32;

const WIDE = /[^\0-\xff]/;

/** Whether a string has units of more than a byte. The engine knows it of most strings without looking at them. */
function isWide(value: string): boolean {
  return WIDE.test(value);
}

/**
 * The strings of a writer. Most are never looked at one by one: where no string has been wide yet, as the value of a
 * key or in its array, one is taken for narrow. If the text as a whole turns out to be wide, the message is written once
 * more, with a look at each string, and the places of the wide ones are remembered.
 */
export class TextSink extends ByteSink {
  /** Whether strings are taken for narrow. */
  protected trusting = true;
  readonly #parts: string[] = [];
  #count = 0;
  #units = 0;

  /** Whether there is a text. */
  protected get hasText(): boolean {
    return this.#units > 0;
  }

  /** A string of which nothing is known. */
  protected string(value: string): void {
    if (this.#isTooLong(value.length) || isWide(value)) this.inline(value);
    else this.#add(value);
  }

  /** A string that is the value of a key, or in an array that is. */
  protected place(value: string, shape: WrittenShape, index: number): void {
    if (this.#isTooLong(value.length)) {
      this.inline(value);
    } else if (this.trusting && index < PLACES && ((shape.wide >>> index) & 1) === 0) {
      this.#add(value);
    } else if (isWide(value)) {
      if (index < PLACES) shape.wide |= 1 << index;
      this.inline(value);
    } else {
      this.#add(value);
    }
  }

  #isTooLong(length: number): boolean {
    return length > TEXT_LONGEST || this.#units + length > TEXT_UNITS;
  }

  #add(value: string): void {
    const { length } = value;
    this.ensure(6);
    if (length < FIRST_INT - FIRST_TEXT) {
      this.bytes[this.at++] = FIRST_TEXT + length;
    } else {
      this.bytes[this.at++] = Tag.TEXT;
      this.count(length);
    }
    this.#units += length;
    this.#parts[this.#count++] = value;
  }

  /** Writes the text, a byte for each unit; false if it is wide after all. */
  protected finishText(): boolean {
    const length = this.#units;
    this.ensure(length + TEXT_TAIL);
    if (!(length > LOOP_UNITS ? this.#putWhole() : this.#putParts())) return false;
    this.bytes[this.at++] = length & 0xff;
    this.bytes[this.at++] = length >>> 8;
    return true;
  }

  #putWhole(): boolean {
    let text = '';
    for (let index = 0; index < this.#count; index++) text += this.#parts[index]!;
    if (isWide(text)) return false;
    if (!putLatin1(this.bytes, this.at, text)) return this.#putParts();
    this.at += text.length;
    return true;
  }

  #putParts(): boolean {
    const { bytes } = this;
    let { at } = this;
    for (let number = 0; number < this.#count; number++) {
      const part = this.#parts[number]!;
      for (let index = 0; index < part.length; index++) {
        const unit = part.charCodeAt(index);
        if (unit > 0xff) return false;
        bytes[at++] = unit;
      }
    }
    this.at = at;
    return true;
  }

  /** Begins another text. */
  protected dropText(): void {
    // Nobody's string is held on to.
    for (let index = 0; index < this.#count; index++) this.#parts[index] = '';
    this.#count = this.#units = 0;
  }
}
