/**
 * The shared memory of a model: every buffer that `setup` returned, and the realm's header with the
 * records of the model's threads. It can be copied and put back as a whole.
 *
 * Only words that have ever changed are copied, compared and put back. Who writes is known wherever
 * threads have *watched* views only, through which every access is seen. A buffer that a thread
 * has got hold of itself, to make views of its own, is *open*: it is searched for changes.
 */
import { mix, type Hash } from './hash.js';
import { watchView, type Watcher } from './watched-view.js';

/** One buffer of the model. */
export interface Region {
  readonly words: Int32Array;
  /** Index of its first word among all words of the model. */
  readonly base: number;
  /** The realm: its notes about threads are not scheduling points and not part of a state's identity. */
  readonly isRealm: boolean;
  /** What it held at the beginning. */
  readonly initial: Int32Array;
  isOpen: boolean;
}

/** The content of all cells that were known when it was made. A list, since a small typed array is slow to make. */
export type Snapshot = readonly number[];

export type SharedArray = Int32Array | Uint32Array | BigInt64Array | BigUint64Array | Uint8Array | Int8Array;

/** A word that has changed some time. */
interface Cell {
  readonly position: number;
  readonly words: Int32Array;
  readonly index: number;
  readonly initial: number;
  readonly region: Region;
}

/** Where an array that a thread uses lies. */
export interface Located {
  /** The array itself, not a watched view of it. */
  readonly array: SharedArray;
  /** The word, or -1 if the memory is no part of the model. */
  readonly position: number;
}

export class ModelMemory {
  readonly #regions: Region[] = [];
  readonly #byBuffer = new Map<ArrayBufferLike, Region>();
  readonly #names = new Map<number, string>();
  /** Words of the realm that are part of a state's identity. */
  readonly #vital = new Set<number>();
  readonly #cells: Cell[] = [];
  /** What each cell held at the beginning, and what tells its changes apart; 0: it is no part of a state's identity. */
  readonly #initials: number[] = [];
  readonly #salts: number[] = [];
  /** The sum over the changes in a snapshot: little of it is new from one to the next. */
  readonly #sum: Hash = { a: 0, b: 0 };
  #summed: Snapshot = [];
  /** By position. */
  #cellAt: (Cell | undefined)[] = [];
  #length = 0;
  /** The present content, if nothing has been written since it was copied. */
  #current: Snapshot | undefined;
  /** Whether all changes in open buffers have been found. */
  #searched = true;
  /** Whether to search in buffers that are not open, too. */
  #suspectAll = false;
  /** Watched views, by what they watch and by themselves. */
  readonly #watched = new Map<Int32Array, Int32Array>();
  readonly #watches = new Map<object, { readonly array: Int32Array; readonly base: number }>();

  /** Adds a buffer, or its first `length` words; known ones are left alone. */
  add(buffer: SharedArrayBuffer, isRealm = false, length = buffer.byteLength >> 2): Region {
    const known = this.#byBuffer.get(buffer);
    if (known) return known;
    if (buffer.byteLength % 4 !== 0)
      throw new RangeError('shared memory of a model must be a multiple of 4 bytes');
    const words = new Int32Array(buffer, 0, length);
    const region = { words, base: this.#length, isRealm, initial: words.slice(), isOpen: false };
    this.#regions.push(region);
    this.#byBuffer.set(buffer, region);
    this.#length += length;
    this.#cellAt = new Array<Cell | undefined>(this.#length).fill(undefined);
    return region;
  }

  /** Makes a word of the realm part of a state's identity. */
  addVital(position: number): void {
    this.#vital.add(position);
  }

  /**
   * From now on the buffer is searched for changes, and whoever goes on knows all that is in it.
   * Returns whether that is new.
   */
  open(buffer: ArrayBufferLike): boolean {
    const region = this.#byBuffer.get(buffer);
    if (!region || region.isOpen) return false;
    region.isOpen = true;
    this.noteRun();
    return true;
  }

  /** A view for threads: the same words, but every plain access is seen. */
  watch(view: Int32Array, watcher: Omit<Watcher, 'write'>): Int32Array {
    const known = this.#watched.get(view);
    if (known) return known;
    const region = this.#byBuffer.get(view.buffer);
    if (!region) return view;
    const base = region.base + (view.byteOffset >> 2);
    const watched = watchView(view, base, {
      ...watcher,
      write: (position) => this.touch(position),
    });
    this.#watched.set(view, watched);
    this.#watches.set(watched, { array: view, base });
    return watched;
  }

  locate(array: SharedArray, index: number): Located {
    const watch = this.#watches.get(array);
    if (watch) return { array: watch.array, position: watch.base + index };
    const region = this.#byBuffer.get(array.buffer);
    if (!region) return { array, position: -1 };
    const word = (array.byteOffset + index * array.BYTES_PER_ELEMENT) >> 2;
    return { array, position: word < region.words.length ? region.base + word : -1 };
  }

  isRealm(position: number): boolean {
    return this.#regions.some(
      (region) => region.isRealm && position >= region.base && position < region.base + region.words.length,
    );
  }

  /** The word may change now. */
  touch(position: number): Cell {
    this.#current = undefined;
    return this.#cellAt[position] ?? this.#addCell(position);
  }

  /** A thread goes on, or something else may write anything. */
  noteRun(): void {
    this.#current = undefined;
    this.#searched = false;
  }

  /** The test itself may have written anything, through views of its own. */
  noteTest(): void {
    this.noteRun();
    this.#suspectAll = true;
  }

  /** A thread does again what it has done: it writes where somebody has written before. */
  noteReplay(): void {
    this.#current = undefined;
  }

  name(position: number, name: string): void {
    this.#names.set(position, name);
  }

  /** How a trace calls the word. */
  nameOf(position: number): string {
    return this.#names.get(position) ?? `word ${position}`;
  }

  save(): Snapshot {
    if (this.#current) return this.#current;
    this.#search();
    const cells = this.#cells;
    const snapshot = new Array<number>(cells.length);
    for (let i = 0; i < cells.length; i++) {
      const { words, index } = cells[i]!;
      snapshot[i] = words[index]!;
    }
    this.#current = snapshot;
    return snapshot;
  }

  load(snapshot: Snapshot): void {
    if (this.#current === snapshot) return;
    this.#search();
    const cells = this.#cells;
    for (let i = 0; i < cells.length; i++) {
      const { words, index, initial } = cells[i]!;
      words[index] = i < snapshot.length ? snapshot[i]! : initial;
    }
    this.#current = snapshot;
  }

  /** Whether it is what was saved then. */
  equals(snapshot: Snapshot): boolean {
    const present = this.save();
    const cells = this.#cells;
    for (let i = 0; i < present.length; i++)
      if (present[i] !== (i < snapshot.length ? snapshot[i] : cells[i]!.initial)) return false;
    return true;
  }

  /** Mixes in what tells two states apart. Order does not matter, and words with their first value do not count. */
  mixState(hash: Hash): void {
    const present = this.save();
    const before = this.#summed;
    const initials = this.#initials;
    const salts = this.#salts;
    const length = Math.max(present.length, before.length);
    for (let i = 0; i < length; i++) {
      const initial = initials[i]!;
      const is = i < present.length ? present[i]! : initial;
      const was = i < before.length ? before[i]! : initial;
      const salt = salts[i]!;
      if (is === was || salt === 0) continue;
      if (was !== initial) addChange(this.#sum, was ^ initial, salt, -1);
      if (is !== initial) addChange(this.#sum, is ^ initial, salt, 1);
    }
    this.#summed = present;
    mix(hash, this.#sum.a);
    mix(hash, this.#sum.b);
  }

  /**
   * A hash of what is in open buffers. What a thread reads there does not show in the results of
   * its operations, so it is taken as known to a thread from the moment when it goes on.
   */
  plainKey(): number {
    this.save();
    const hash = { a: 0, b: 0 };
    for (const { words, index, initial, region, position } of this.#cells) {
      const change = words[index]! ^ initial;
      if (region.isOpen && change !== 0) addChange(hash, change, position + 1, 1);
    }
    return hash.a;
  }

  #search(): void {
    if (this.#searched) return;
    this.#searched = true;
    for (const region of this.#regions) {
      if (!region.isOpen && (region.isRealm || !this.#suspectAll)) continue;
      const { words, initial, base } = region;
      for (let i = 0; i < words.length; i++)
        if (words[i] !== initial[i] && this.#cellAt[base + i] === undefined) this.#addCell(base + i);
    }
    this.#suspectAll = false;
  }

  #addCell(position: number): Cell {
    const region = this.#regions.find(
      ({ base, words }) => position >= base && position < base + words.length,
    )!;
    const index = position - region.base;
    const cell = {
      position,
      words: region.words,
      index,
      initial: region.initial[index]!,
      region,
    };
    this.#cells.push(cell);
    this.#initials.push(cell.initial);
    this.#salts.push(!region.isRealm || this.#vital.has(position) ? position + 1 : 0);
    this.#cellAt[position] = cell;
    return cell;
  }
}

/** Adds the change of one word to a hash in which order does not matter, or takes it out. */
function addChange(hash: Hash, change: number, salt: number, sign: 1 | -1): void {
  let a = Math.imul(change, 0x9e3779b1) + Math.imul(salt, 0x85ebca6b);
  a = Math.imul(a ^ (a >>> 15), 0xc2b2ae35);
  hash.a = (hash.a + sign * (a ^ (a >>> 13))) | 0;
  let b = Math.imul(change + 0x7f4a7c15, 0x27d4eb2f) ^ Math.imul(salt, 0x165667b1);
  b = Math.imul(b ^ (b >>> 16), 0x9e3779b1);
  hash.b = (hash.b + sign * (b ^ (b >>> 14))) | 0;
}
