/** The scratch of a writer, and what of the format is in no object. */
import { FIRST_INT, Tag, ZERO } from './bytes-format.js';

/** Bytes of a scratch that holds nothing large. */
export const FIRST_SIZE = 1024;
/** Numbers that are a tag. */
const SMALLEST = FIRST_INT - ZERO;
const LARGEST = 0xff - ZERO;

export class ByteSink {
  protected bytes = new Uint8Array(FIRST_SIZE);
  protected view = new DataView(this.bytes.buffer);
  /** Where the next byte goes. */
  protected at = 0;

  protected pad(padding: number): void {
    for (let left = padding; left > 0; left--) this.tag(0);
  }

  protected number(value: number): void {
    this.ensure(9);
    const { bytes, at } = this;
    const whole = value | 0;
    // -0 is not a whole number here: 1 / -0 tells it from 0.
    if (whole !== value || (whole === 0 && 1 / value < 0)) {
      bytes[at] = Tag.FLOAT64;
      this.view.setFloat64(at + 1, value, true);
      this.at = at + 9;
    } else if (whole >= SMALLEST && whole <= LARGEST) {
      bytes[at] = ZERO + whole;
      this.at = at + 1;
    } else if (whole >= -128 && whole < 128) {
      bytes[at] = Tag.INT8;
      bytes[at + 1] = whole;
      this.at = at + 2;
    } else {
      bytes[at] = Tag.INT32;
      this.view.setInt32(at + 1, whole, true);
      this.at = at + 5;
    }
  }

  /** A string where it stands. */
  protected inline(value: string): void {
    const { length } = value;
    this.ensure(6 + length * 2);
    const bytes = this.bytes;
    const start = this.at;
    this.bytes[this.at++] = Tag.LATIN;
    this.count(length);
    let at = this.at;
    for (let index = 0; index < length; index++) {
      const unit = value.charCodeAt(index);
      if (unit > 0xff) {
        this.wide(value, start);
        return;
      }
      bytes[at++] = unit;
    }
    this.at = at;
  }

  protected wide(value: string, start: number): void {
    this.bytes[start] = Tag.WIDE;
    const view = this.view;
    let at = this.at;
    for (let index = 0; index < value.length; index++) {
      view.setUint16(at, value.charCodeAt(index), true);
      at += 2;
    }
    this.at = at;
  }

  protected bigint(value: bigint): void {
    this.tag(Tag.BIGINT);
    this.tag(value < 0n ? 1 : 0);
    this.inline((value < 0n ? -value : value).toString(16));
  }

  protected float(value: number): void {
    this.ensure(8);
    this.view.setFloat64(this.at, value, true);
    this.at += 8;
  }

  protected count(value: number): void {
    this.ensure(5);
    let rest = value;
    while (rest >= 0x80) {
      this.bytes[this.at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.bytes[this.at++] = rest;
  }

  protected tag(tag: number): void {
    this.ensure(1);
    this.bytes[this.at++] = tag;
  }

  protected ensure(bytes: number): void {
    if (this.at + bytes > this.bytes.length) this.resize(Math.max(this.bytes.length * 2, this.at + bytes));
  }

  protected resize(size: number): void {
    const before = this.bytes;
    this.bytes = new Uint8Array(size);
    if (size > before.length) this.bytes.set(before);
    this.view = new DataView(this.bytes.buffer);
  }
}
