/** Values as bytes, for memory that threads share: a queue's items, a shared value, a task's arguments. */
import { agent } from '../agent.js';
import { TransferError } from '../errors.js';
import { IDENTITY_WORD } from '../realm/layout.js';
import { UID_WORD } from '../words.js';
import { parcels } from './bytes-parcels.js';
import { ByteReader, isSpecial, type ByteSource } from './bytes-reader.js';
import type { Pieces } from './bytes-pieces.js';
import { ByteWriter, SPECIAL, type Beside } from './bytes-writer.js';
import { decode } from './decode.js';
import { encode } from './encode.js';
import type { HandleMark } from './wire.js';

let writer = /* @__PURE__ */ new ByteWriter();
let writing = false;
let reader = /* @__PURE__ */ new ByteReader();
let reading = false;

/**
 * Encodes a value as bytes that can lie in shared memory. Takes everything that structured clone
 * takes except what can only be moved, and also primitives, errors with class and cause, and
 * instances of registered classes. Fidelity is that of structured clone: `-0`, `NaN`, holes, cycles,
 * lone surrogates and `__proto__` keys survive.
 *
 * A `SharedArrayBuffer`, and so a primitive, is not copied into the bytes but travels beside them
 * (bytes-parcels.ts), and is kept until somebody calls `takeBytes` or `dropBytes`.
 *
 * @param path how messages call the value
 * @returns a view of this thread's scratch memory: copy it before the next call
 * @throws TransferError naming the path of what cannot travel: `item.onDone is a function`
 * @example
 * ```ts
 * import { decodeBytes, encodeBytes } from '@x/core/bytes';
 *
 * const bytes = new Uint8Array(new SharedArrayBuffer(100));
 * const encoded = encodeBytes({ answer: 42, list: [1, undefined, 'three'] });
 * bytes.set(encoded);
 * console.log(decodeBytes(bytes.subarray(0, encoded.length)));   // { answer: 42, list: [ 1, undefined, 'three' ] }
 * ```
 */
export function encodeBytes(value: unknown, path = 'value'): Uint8Array {
  // A getter or `toState` of the user may come back here in the middle; then it gets a writer of its own.
  if (writing) writer = new ByteWriter();
  const mine = writer;
  writing = true;
  try {
    return mine.write(value);
  } catch (error) {
    if (error === SPECIAL) return encodeSpecial(mine, value, path);
    if (error instanceof RangeError) {
      throw new TransferError(`${path} is too large or nested too deeply to travel; pass it in parts`, {
        cause: error,
      });
    }
    throw error;
  } finally {
    writing = false;
  }
}

/**
 * As `encodeBytes`, for values that are plain data all through. Undefined for a value that holds
 * something shared, an error or an instance of a registered class: then it is for the caller to choose
 * another way for it, `encode` and a message for example.
 */
export function encodePlainBytes(value: unknown): Uint8Array | undefined {
  if (writing) writer = new ByteWriter();
  const mine = writer;
  writing = true;
  try {
    return mine.write(value);
  } catch (error) {
    if (error === SPECIAL || error instanceof RangeError) return undefined;
    throw error;
  } finally {
    writing = false;
  }
}

/**
 * As `encodePlainBytes`, for a caller that knows where the bytes go: if the value has large buffers, it gets pieces,
 * which have to be put together before anything else runs in this thread.
 *
 * @param list whether the value is an array of which the items are all that counts, as arguments are: a hole is
 * `undefined` then, and that it has no other properties need not be found out
 */
export function encodePieces(value: unknown, list = false): Uint8Array | Pieces | undefined {
  if (writing) writer = new ByteWriter();
  const mine = writer;
  writing = true;
  try {
    return mine.writePieces(value, list);
  } catch (error) {
    if (error === SPECIAL || error instanceof RangeError) return undefined;
    throw error;
  } finally {
    writing = false;
  }
}

function encodeSpecial(mine: ByteWriter, value: unknown, path: string): Uint8Array {
  const wire = encode(value, path);
  const luggage = new Luggage();
  try {
    return mine.write(wire, luggage);
  } catch (error) {
    luggage.drop();
    if (error instanceof TransferError) throw error;
    const why = error instanceof Error && error !== SPECIAL ? `: ${error.message}` : '';
    throw new TransferError(
      `${path} holds something of the platform that cannot be put into shared memory${why}; pass data, or send it by postMessage`,
      { cause: error === SPECIAL ? undefined : error },
    );
  }
}

/**
 * Makes the value again that `encodeBytes` was given; nothing in it refers to the bytes. A primitive
 * arrives as the same primitive.
 *
 * @param bytes may lie in shared memory; nobody may change them meanwhile
 * @throws LayoutError for bytes that are damaged or of another version; TransferError if the value
 * holds a primitive of a package that this thread has not imported, or one that this thread cannot
 * be given
 */
export function decodeBytes(bytes: Uint8Array): unknown {
  return decodeBytesAt(bytes, 0, bytes.length);
}

/**
 * As `decodeBytes`, for a part of a memory from which many values are read: without a view for each.
 *
 * @throws what `decodeBytes` throws
 */
export function decodeBytesAt(memory: Uint8Array, start: number, length: number): unknown {
  // A thread that waits for what travels beside the bytes may come back here; then it gets a reader of its own.
  if (reading) reader = new ByteReader();
  const mine = reader;
  reading = true;
  try {
    const value = mine.read(memory, start, start + length, source);
    return isSpecial(memory, start) ? decode(value) : value;
  } finally {
    reading = false;
  }
}

/**
 * As `decodeBytes`, for bytes that nobody will read again: what travelled beside them is let go.
 *
 * @throws what `decodeBytes` throws
 */
export function takeBytes(bytes: Uint8Array): unknown {
  try {
    return decodeBytes(bytes);
  } finally {
    dropBytes(bytes);
  }
}

/** Whether something may travel beside the bytes, which `takeBytes` or `dropBytes` will have to let go. */
export function hasBeside(bytes: Uint8Array): boolean {
  return isSpecial(bytes);
}

/** Lets go what travelled beside bytes that nobody will read any more. */
export function dropBytes(bytes: Uint8Array): void {
  if (!isSpecial(bytes)) return;
  const scout = new ByteReader();
  scout.read(bytes, 0, bytes.length, undefined);
  const tickets = scout.tickets.filter((ticket) => !ticket.startsWith(REALM));
  if (tickets.length > 0) parcels().drop(tickets);
}

/**
 * Makes this thread one that is sent what travels beside bytes, from now on. Without it that happens
 * with the first bytes that need it, and what was sent before has to be asked for.
 */
export function expectBytes(): void {
  parcels();
}

/** A realm is known to all its threads, so it needs no parcel. */
const REALM = 'realm/';

/** What travels beside the bytes of one value. */
class Luggage implements Beside {
  readonly #tickets = new Map<SharedArrayBuffer, string>();

  ticket(buffer: SharedArrayBuffer): string {
    for (const member of agent().members.values()) {
      if (member.realm.buffer === buffer) return REALM + member.realm.identity;
    }
    let ticket = this.#tickets.get(buffer);
    if (ticket === undefined) this.#tickets.set(buffer, (ticket = parcels().send(buffer)));
    return ticket;
  }

  /** There will be no bytes with these tickets. */
  drop(): void {
    if (this.#tickets.size > 0) parcels().drop([...this.#tickets.values()]);
  }

  key({ buffer, byteOffset, realm }: HandleMark): string {
    const uid = new Int32Array(buffer, byteOffset)[UID_WORD]!;
    const identity = new Int32Array(realm, IDENTITY_WORD * 4, 2);
    return `${identity[0]! >>> 0}-${identity[1]! >>> 0}/${uid}`;
  }
}

const source: ByteSource = {
  known: (key) => agent().instances.get(key)?.deref(),
  shared(ticket) {
    if (!ticket.startsWith(REALM)) return parcels().find(ticket);
    const member = agent().members.get(ticket.slice(REALM.length));
    if (member) return member.realm.buffer;
    throw new TransferError(
      'the value holds a primitive of threads that this one does not know; pass it in a message made by toShared',
    );
  },
};
