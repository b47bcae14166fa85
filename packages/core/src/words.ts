/**
 * The memory of a primitive: a header of four words, then its state.
 *
 * ```text
 * word  name    meaning
 * 0     TAG     0 empty · 1 being initialised · 'XT' << 16 | kind << 8 | layout version
 * 1     UID     the primitive's number within its realm
 * 2     REALM   low word of the realm's identity
 * 3     FLAGS   DETECT_BIT; the rest belongs to the kind
 * 4…    state, laid out by the kind
 * ```
 *
 * Two threads may attach to one piece of empty memory at the same time. Exactly one wins the
 * exchange of TAG from 0 to 1 and initialises; the others wait for the final tag.
 */
import { home } from './agent.js';
import { describe } from './deadline.js';
import { LayoutError } from './errors.js';
import type { Member } from './member.js';
import { IDENTITY_WORD } from './realm/layout.js';
import type { Realm } from './realm/realm.js';
import { Atomics, performance } from './seam.js';

/** Index of the header word that says what the memory is: kind and layout version, 0 while empty. */
export const TAG_WORD = 0;
/** Index of the header word with the primitive's number within its realm. */
export const UID_WORD = 1;
/** Index of the header word with the low word of the realm's identity. */
export const REALM_WORD = 2;
/** Index of the header word of flags: bit 0 asks for deadlock detection, the rest belongs to the kind. */
export const FLAGS_WORD = 3;
/** How many words the header takes; a primitive's own words begin here. */
export const HEADER_WORDS = 4;

const TAG_MAGIC = 0x5854;
const INITIALISING = 1;
const INITIALISING_MAX_MS = 1000;

/** Where a primitive lives. */
export interface MemoryOptions {
  /** A name for messages, dumps and statistics. */
  readonly name?: string | undefined;
  /** The memory to live in, a WebAssembly memory's buffer for example. Default: memory of its own. */
  readonly buffer?: SharedArrayBuffer | undefined;
  /** Where in `buffer`; a multiple of 8. Default: 0. */
  readonly byteOffset?: number | undefined;
}

/** What a kind of primitive demands of its memory. */
export interface MemoryShape {
  /** Number of the kind, 1 to 255; see the table in ARCHITECTURE.md. */
  readonly kind: number;
  /** Name of the kind, for messages. */
  readonly name: string;
  /** Layout version, 1 to 255. */
  readonly version: number;
  /** Bytes, header included. */
  readonly bytes: number;
}

/** The piece of shared memory in which a primitive lives. */
export interface Memory {
  /** The memory that the primitive lives in, perhaps among others. */
  readonly buffer: SharedArrayBuffer;
  /** Where in the buffer it begins; a multiple of 8. */
  readonly byteOffset: number;
  /** The primitive's words, header first. */
  readonly words: Int32Array;
  /** This thread as a member of the primitive's realm. */
  readonly member: Member;
}

/** The tag of a kind and layout version. */
export function tagOf(shape: Pick<MemoryShape, 'kind' | 'version'>): number {
  return (TAG_MAGIC << 16) | (shape.kind << 8) | shape.version;
}

/** The kind number in a primitive's header. */
export function kindOf(words: Int32Array): number {
  return (words[TAG_WORD]! >>> 8) & 0xff;
}

/**
 * Makes a primitive's memory, or attaches to what is already there.
 *
 * @param initialise writes the first state; runs once, before any other thread can see the primitive
 * @param member this thread in the realm that the primitive belongs to
 * @throws TypeError, RangeError for arguments that cannot be memory; LayoutError if the memory is
 * misaligned, too small, or holds something else. Nothing is overwritten.
 */
export function claimMemory(
  shape: MemoryShape,
  options: MemoryOptions,
  initialise: (words: Int32Array) => void,
  member: Member = home(),
): Memory {
  const { name, buffer = new SharedArrayBuffer(shape.bytes), byteOffset = 0 } = options;
  if (name !== undefined && typeof name !== 'string')
    throw new TypeError(`name must be a string, got ${describe(name)}`);
  const isOwn = options.buffer === undefined;
  if (isOwn && byteOffset !== 0) throw new TypeError('byteOffset needs a buffer');
  const words = viewOf(shape, buffer, byteOffset);
  // The second look at TAG: another thread may have begun to initialise since the first.
  if (!isOwn && !isTagged(words) && words.some((word) => word !== 0) && !isTagged(words)) {
    throw new LayoutError(
      `the memory for this ${shape.name} is not empty; pass zeroed memory, or another byteOffset`,
    );
  }
  const memory = { buffer, byteOffset, words, member };
  if (Atomics.compareExchange(words, TAG_WORD, 0, INITIALISING) === 0) {
    words[UID_WORD] = member.realm.nextUid();
    words[REALM_WORD] = member.realm.words[IDENTITY_WORD]!;
    initialise(words);
    Atomics.store(words, TAG_WORD, tagOf(shape));
    return memory;
  }
  awaitInitialised(words);
  checkTag(shape, words);
  if (words[REALM_WORD] !== member.realm.words[IDENTITY_WORD]) {
    throw new LayoutError(
      `this ${shape.name} belongs to threads that this one does not know; pass it with toShared and fromShared`,
    );
  }
  return memory;
}

/**
 * Attaches to memory named by a handle. Throws `LayoutError` on any disagreement, and only when all is
 * well does it join the realm: a damaged handle must not make this thread write anywhere.
 *
 * @param enlist makes this thread a member of the realm
 */
export function attachMemory(
  shape: MemoryShape,
  buffer: unknown,
  byteOffset: unknown,
  realm: Realm,
  enlist: (realm: Realm) => Member,
): Memory {
  const words = viewOf(shape, buffer, byteOffset);
  checkTag(shape, words);
  if (words[REALM_WORD] !== realm.words[IDENTITY_WORD]) {
    throw new LayoutError(`the handle of this ${shape.name} names another realm than its memory`);
  }
  const member = enlist(realm);
  return { buffer: buffer as SharedArrayBuffer, byteOffset: byteOffset as number, words, member };
}

function viewOf(shape: MemoryShape, buffer: unknown, byteOffset: unknown): Int32Array {
  if (!(buffer instanceof SharedArrayBuffer)) {
    throw new TypeError(`buffer must be a SharedArrayBuffer, got ${describe(buffer)}`);
  }
  if (typeof byteOffset !== 'number' || !Number.isSafeInteger(byteOffset) || byteOffset < 0) {
    throw new RangeError(`byteOffset must be a whole number from 0, got ${String(byteOffset)}`);
  }
  if (byteOffset % 8 !== 0) throw new LayoutError(`byteOffset must be a multiple of 8, got ${byteOffset}`);
  if (byteOffset + shape.bytes > buffer.byteLength) {
    throw new LayoutError(
      `a ${shape.name} needs ${shape.bytes} bytes, the buffer has ${Math.max(0, buffer.byteLength - byteOffset)} from byteOffset ${byteOffset}`,
    );
  }
  return new Int32Array(buffer, byteOffset, shape.bytes >> 2);
}

function isTagged(words: Int32Array): boolean {
  return Atomics.load(words, TAG_WORD) !== 0;
}

function awaitInitialised(words: Int32Array): void {
  const deadline = performance.now() + INITIALISING_MAX_MS;
  // Initialising takes microseconds and this loop must also work where sleeping is not allowed.
  while (Atomics.load(words, TAG_WORD) === INITIALISING) {
    if (performance.now() > deadline) {
      throw new LayoutError(
        'the thread that began to initialise this memory never finished; use fresh memory',
      );
    }
  }
}

function checkTag(shape: MemoryShape, words: Int32Array): void {
  const tag = Atomics.load(words, TAG_WORD);
  if (tag === tagOf(shape)) return;
  if (tag >>> 16 !== TAG_MAGIC) throw new LayoutError(`the memory does not hold a ${shape.name}`);
  const [kind, version] = [(tag >>> 8) & 0xff, tag & 0xff];
  throw new LayoutError(
    kind === shape.kind
      ? `the ${shape.name} has layout version ${version}, this copy of its package knows ${shape.version}; install one version`
      : `the memory holds a primitive of kind ${kind}, not a ${shape.name} (kind ${shape.kind})`,
  );
}
