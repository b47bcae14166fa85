/** A running hash of 53 usable bits, in two halves. Two states that hash alike are taken for equal. */
export interface Hash {
  a: number;
  b: number;
}

export function newHash(): Hash {
  return { a: 0x12345678, b: 0x9abcdef0 | 0 };
}

/** Mixes one 32-bit number in. Order matters. */
export function mix(hash: Hash, value: number): void {
  let a = Math.imul(hash.a ^ value, 0x9e3779b1);
  a ^= a >>> 15;
  hash.a = Math.imul(a, 0x85ebca77) ^ (a >>> 13);
  let b = Math.imul(hash.b + value + 0x7f4a7c15, 0xc2b2ae3d | 0);
  b ^= b >>> 16;
  hash.b = Math.imul(b, 0x27d4eb2f) ^ (b >>> 11);
}

/** The hash as one number, for use as a key. */
export function keyOf(hash: Hash): number {
  return (hash.a >>> 0) * 0x200000 + (hash.b & 0x1fffff);
}
