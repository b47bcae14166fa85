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

/** A hash of a value that is made of primitive values, arrays and plain objects; undefined for others. */
export function keyOfValue(value: unknown): number | undefined {
  const hash = newHash();
  return mixValue(hash, value) ? keyOf(hash) : undefined;
}

function mixValue(hash: Hash, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) {
    if (typeof value === 'symbol' || typeof value === 'function') return false;
    const text = `${typeof value} ${Object.is(value, -0) ? '-0' : String(value)}`;
    mix(hash, text.length);
    for (let i = 0; i < text.length; i++) mix(hash, text.charCodeAt(i));
    return true;
  }
  const isArray = Array.isArray(value);
  if (!isArray && Object.getPrototypeOf(value) !== Object.prototype) return false;
  const entries = Object.entries(value);
  mix(hash, entries.length * 2 + (isArray ? 1 : 0));
  return entries.every(([key, item]) => mixValue(hash, key) && mixValue(hash, item));
}
