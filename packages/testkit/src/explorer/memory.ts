/**
 * The shared memory of a model: every buffer that `setup` returned, and the realm's header with the
 * records of the model's threads. It can be copied and put back as a whole.
 */
import { mix, newHash, type Hash } from './hash.js';

/** One buffer of the model. */
export interface Region {
  readonly words: Int32Array;
  /** Index of its first word in a snapshot. */
  readonly base: number;
  /** The realm: its notes about threads are not scheduling points and not part of a state's identity. */
  readonly isRealm: boolean;
}

/** The content of all regions, one after the other. */
export type Snapshot = Int32Array;

export type SharedArray = Int32Array | Uint32Array | BigInt64Array | BigUint64Array | Uint8Array | Int8Array;

export class ModelMemory {
  readonly #regions: Region[] = [];
  readonly #byBuffer = new Map<ArrayBufferLike, Region>();
  readonly #names = new Map<number, string>();
  /** Words of the realm that are part of a state's identity. */
  readonly #vital: number[] = [];
  /** Words on which an atomic operation was ever done; all others hold plain data. */
  #atomic = new Uint8Array(0);
  #length = 0;

  /** Adds a buffer, or its first `length` words; known ones are left alone. */
  add(buffer: SharedArrayBuffer, isRealm = false, length = buffer.byteLength >> 2): Region {
    const known = this.#byBuffer.get(buffer);
    if (known) return known;
    if (buffer.byteLength % 4 !== 0)
      throw new RangeError('shared memory of a model must be a multiple of 4 bytes');
    const region = { words: new Int32Array(buffer, 0, length), base: this.#length, isRealm };
    this.#regions.push(region);
    this.#byBuffer.set(buffer, region);
    this.#length += length;
    this.#atomic = new Uint8Array(this.#length);
    return region;
  }

  /** Makes a word of the realm part of a state's identity. */
  addVital(position: number): void {
    this.#vital.push(position);
  }

  /** The word's position in a snapshot, or -1 if the memory is no part of the model. */
  locate(array: SharedArray, index: number): number {
    const region = this.#byBuffer.get(array.buffer);
    if (!region) return -1;
    const word = (array.byteOffset + index * array.BYTES_PER_ELEMENT) >> 2;
    return word < region.words.length ? region.base + word : -1;
  }

  regionOf(buffer: ArrayBufferLike): Region | undefined {
    return this.#byBuffer.get(buffer);
  }

  isRealm(position: number): boolean {
    return this.#regions.some(
      (region) => region.isRealm && position >= region.base && position < region.base + region.words.length,
    );
  }

  noteAtomic(position: number): void {
    this.#atomic[position] = 1;
  }

  name(position: number, name: string): void {
    this.#names.set(position, name);
  }

  /** How a trace calls the word. */
  nameOf(position: number): string {
    return this.#names.get(position) ?? `word ${position}`;
  }

  save(): Snapshot {
    const snapshot = new Int32Array(this.#length);
    for (const { words, base } of this.#regions) snapshot.set(words, base);
    return snapshot;
  }

  load(snapshot: Snapshot): void {
    for (const { words, base } of this.#regions) words.set(snapshot.subarray(base, base + words.length));
  }

  /** Mixes in what tells two states apart. */
  mixState(hash: Hash): void {
    for (const { words, isRealm } of this.#regions) {
      if (isRealm) continue;
      for (let i = 0; i < words.length; i++) mix(hash, words[i]!);
    }
    const realm = this.#regions.find((region) => region.isRealm)!;
    for (const position of this.#vital) mix(hash, realm.words[position - realm.base]!);
  }

  /**
   * A hash of the plain data. What a thread reads there does not show in the results of its
   * operations, so it is taken as known to a thread from the moment when it goes on.
   */
  plainKey(): number {
    const hash = newHash();
    for (const { words, base, isRealm } of this.#regions) {
      if (isRealm) continue;
      for (let i = 0; i < words.length; i++) if (this.#atomic[base + i] === 0) mix(hash, words[i]!);
    }
    return hash.a;
  }
}
