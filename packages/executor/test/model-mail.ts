/**
 * Messages in a model: ports and broadcast channels over shared memory, which the explorer can put back. To post and to
 * receive are one step each, as they are one under the platform's lock.
 */
import type { Port } from '@x/core';
import { Atomics } from '@x/core/seam';

/** A box: how many letters were put in, how many taken out, whether somebody listens; then the letters. */
const PUT = 0;
const TAKEN = 1;
const LISTENED = 2;
const FIRST = 4;
/** Letters at a time. */
const LETTERS = 2;

/** Boxes: of two ports in both directions, of the first worker's channel, of the first guest's channel. */
const WORKER_CHANNEL = 4;
const GUEST_CHANNEL = 5;
const BOXES = 6;

let words: Int32Array;
/** Words of a letter: its length, then its characters. */
let letterWords: number;
let boxWords: number;

/** The mail of the next model, with letters of at most so many characters; 0: there is none. */
export function makeMail(length: number): Int32Array {
  letterWords = 1 + length / 4;
  boxWords = FIRST + LETTERS * letterWords;
  return (words = new Int32Array(new SharedArrayBuffer(length === 0 ? 4 : BOXES * boxWords * 4)));
}

function put(box: number, message: unknown): void {
  // Where an error was made would not fit.
  const text = JSON.stringify(message, (key, value: unknown) => (key === 'stack' ? undefined : value));
  const base = box * boxWords;
  if (base + boxWords > words.length) throw new Error('no message may be sent in this model');
  const count = words[base + PUT]!;
  if (count - words[base + TAKEN]! === LETTERS) throw new Error('a box of the model is full');
  const letter = base + FIRST + (count % LETTERS) * letterWords;
  if (text.length > (letterWords - 1) * 4)
    throw new Error(`a message of the model is too long: ${text.length}`);
  words[letter] = text.length;
  const bytes = new Uint8Array(words.buffer, (letter + 1) * 4);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  Atomics.store(words, base + PUT, count + 1);
}

function take(box: number): { readonly message: unknown } | undefined {
  const base = box * boxWords;
  if (base + boxWords > words.length) return undefined;
  const taken = words[base + TAKEN]!;
  if (Atomics.load(words, base + PUT) === taken) return undefined;
  words[base + TAKEN] = taken + 1;
  const letter = base + FIRST + (taken % LETTERS) * letterWords;
  const bytes = new Uint8Array(words.buffer, (letter + 1) * 4, words[letter]);
  return { message: JSON.parse(String.fromCharCode(...bytes)) };
}

function portBetween(from: number, to: number): Port {
  const port: Partial<Port> = {
    postMessage: (message) => {
      put(to, message);
    },
    receiveNow: () => take(from),
    close: () => undefined,
  };
  return port as Port;
}

/** The owner's port to a worker. */
export const portTo = (worker: number): Port => portBetween(worker * 2 + 1, worker * 2);

/** A worker's port to the owner. */
export const portOf = (worker: number): Port => portBetween(worker * 2, worker * 2 + 1);

/** A channel in a model. */
export class ModelChannel {
  readonly box: number;
  #listens = false;

  constructor(name: string) {
    this.box = name.includes('/worker/') ? WORKER_CHANNEL : GUEST_CHANNEL;
  }

  /** Only those who listen call it. */
  unref(): void {
    this.#listens = true;
    this.#set(1);
  }

  postMessage(message: unknown): void {
    const base = this.box * boxWords;
    // Nobody has what was posted before he listened.
    if (base >= words.length || words[base + LISTENED] === 1) put(this.box, message);
  }

  receiveNow(): { message: unknown } | undefined {
    return take(this.box);
  }

  close(): void {
    if (this.#listens) this.#set(0);
  }

  #set(listened: number): void {
    const base = this.box * boxWords;
    if (base >= words.length) return;
    words[base + TAKEN] = words[base + PUT]!;
    words[base + LISTENED] = listened;
  }
}

Object.assign(globalThis, { BroadcastChannel: ModelChannel });
