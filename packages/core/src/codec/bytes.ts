/** Values as bytes, for memory that threads share: a queue's items, a shared value, a task's arguments. */
import { agent } from '../agent.js';
import { TransferError } from '../errors.js';
import { IDENTITY_WORD } from '../realm/layout.js';
import { UID_WORD } from '../words.js';
import { readBytes, type ByteSource } from './bytes-reader.js';
import { ByteWriter, SPECIAL, type Beside } from './bytes-writer.js';
import { decode } from './decode.js';
import { encode } from './encode.js';
import type { HandleMark } from './wire.js';

let writer = new ByteWriter();
let writing = false;

/**
 * Encodes a value as bytes that can lie in shared memory. Takes everything that structured clone
 * takes except what can only be moved, and also primitives, errors with class and cause, and
 * instances of registered classes. Fidelity is that of structured clone: `-0`, `NaN`, holes, cycles,
 * lone surrogates and `__proto__` keys survive.
 *
 * A `SharedArrayBuffer`, and so a primitive, is not copied into the bytes but travels beside them;
 * see `decodeBytes`.
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

function encodeSpecial(mine: ByteWriter, value: unknown, path: string): Uint8Array {
  const wire = encode(value, path);
  try {
    return mine.write(wire, beside);
  } catch (error) {
    if (error instanceof TransferError) throw error;
    const why = error instanceof Error ? `: ${error.message}` : '';
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
  const { special, value } = readBytes(bytes, source);
  return special ? decode(value) : value;
}

const beside: Beside = {
  ticket(buffer) {
    for (const member of agent().members.values()) {
      if (member.realm.buffer === buffer) return `realm/${member.realm.identity}`;
    }
    // Primitives that the other thread has by another way still arrive.
    return 'none';
  },
  key({ buffer, byteOffset, realm }: HandleMark) {
    const uid = new Int32Array(buffer, byteOffset)[UID_WORD]!;
    const identity = new Int32Array(realm, IDENTITY_WORD * 4, 2);
    return `${identity[0]! >>> 0}-${identity[1]! >>> 0}/${uid}`;
  },
};

const source: ByteSource = {
  known: (key) => agent().instances.get(key)?.deref(),
  shared(ticket) {
    if (ticket.startsWith('realm/')) {
      const member = agent().members.get(ticket.slice('realm/'.length));
      if (member) return member.realm.buffer;
    }
    throw new TransferError(
      'the value holds a primitive or a SharedArrayBuffer that this thread does not have; pass it to this thread in its arguments first',
    );
  },
};
