/**
 * The realm: what all threads of a process know of each other, in one `SharedArrayBuffer`.
 *
 * Invariants:
 * - R1. An id names one thread for ever. `STATUS` holds generation and state in one word, so every
 *   change of state is a compare-exchange that fails if the record has been reused.
 * - R2. Exactly one thread sees a given thread end: it wins that compare-exchange, and bumps `THREADS_SEQ`.
 * - R3. A record is reused only after its thread has ended, and in round-robin order, so that what
 *   is known of an ended thread stays readable as long as possible.
 * - R4. Before a record is reused, the threads that its thread had started become those of its parent; so whoever ends
 *   takes along all that come from it, also those of a thread between that has ended by itself and lingers.
 */
import { LayoutError, ThreadStateError } from '../errors.js';
import { runtime } from '../runtime/index.js';
import { Atomics } from '../seam.js';
import {
  CAPACITY,
  CAPACITY_WORD,
  DAEMON_BIT,
  DEAD,
  FINISHED,
  FREE,
  NEW,
  RUNNING,
  STARTING,
  FIRST_THREAD_ID,
  FLAGS_WORD,
  GENERATION_MAX,
  GENERATION_SHIFT,
  HEADER_WORDS,
  IDENTITY_WORD,
  INTERRUPT_WORD,
  KIND_WORD,
  MAGIC_WORD,
  NAME_BYTES_WORD,
  NAME_MAX_BYTES,
  NAME_WORD,
  NATIVE_WORD,
  NEXT_SLOT_WORD,
  NEXT_UID_WORD,
  PARENT_WORD,
  REALM_MAGIC,
  REALM_VERSION,
  RECORD_WORDS,
  SLOT_BITS,
  SLOT_MASK,
  STARTED_AT_WORD,
  STATE_MASK,
  STATUS_WORD,
  THREADS_SEQ_WORD,
  type ThreadKind,
  type ThreadState,
  VERSION_WORD,
  WAIT_EPOCH_WORD,
  WAIT_UID_WORD,
} from './layout.js';

/** Identifies a thread within its realm: a positive integer below 2^26, never used twice. */
export type ThreadId = number;

/** What a thread record is made from. */
export interface ThreadDescription {
  /** How the thread came to be. */
  readonly kind: ThreadKind;
  /** Its name, for people. */
  readonly name: string;
  /** The thread that started it. */
  readonly parent: ThreadId;
  /** Whether the process may end while it runs. */
  readonly daemon: boolean;
}

/** A view of a realm. Each thread makes its own; all views of one realm have the same `identity`. */
export class Realm {
  /** The realm's shared memory. */
  readonly buffer: SharedArrayBuffer;
  /** The same memory as words; `realm/layout.ts` says what each one means. */
  readonly words: Int32Array;
  /** Equal for two views exactly if they are of the same realm. */
  readonly identity: string;
  readonly #times: Float64Array;
  readonly #bytes: Uint8Array;

  /** Attaches to a realm's memory. Throws `LayoutError` if it is not one, or of another version. */
  constructor(buffer: SharedArrayBuffer) {
    const words = buffer instanceof SharedArrayBuffer && new Int32Array(buffer, 0, buffer.byteLength >> 2);
    if (!words || words[MAGIC_WORD] !== REALM_MAGIC) {
      throw new LayoutError('this is not the memory of a realm');
    }
    // Plain reads: whoever handed the buffer over has written these before.
    const version = words[VERSION_WORD];
    if (version !== REALM_VERSION) {
      throw new LayoutError(
        `the realm has layout version ${version}, this copy of @x/core knows ${REALM_VERSION}; install one version of @x/core`,
      );
    }
    if (words[CAPACITY_WORD] !== CAPACITY || words.length !== HEADER_WORDS + CAPACITY * RECORD_WORDS) {
      throw new LayoutError(
        `the realm's memory has ${buffer.byteLength} bytes, which does not fit its header`,
      );
    }
    this.buffer = buffer;
    this.words = words;
    this.#times = new Float64Array(buffer);
    this.#bytes = new Uint8Array(buffer);
    this.identity = `${words[IDENTITY_WORD]! >>> 0}-${words[IDENTITY_WORD + 1]! >>> 0}`;
  }

  /** Makes a new realm with an empty table. */
  static create(): Realm {
    const buffer = new SharedArrayBuffer((HEADER_WORDS + CAPACITY * RECORD_WORDS) * 4);
    const words = new Int32Array(buffer);
    // Plain writes: nobody else has the buffer yet, and handing it over orders them.
    words[VERSION_WORD] = REALM_VERSION;
    words[CAPACITY_WORD] = CAPACITY;
    // Tells realms apart, and keeps no secret; `crypto` takes milliseconds to load.
    words[IDENTITY_WORD] = Math.random() * 2 ** 32;
    words[IDENTITY_WORD + 1] = Math.random() * 2 ** 32;
    words[MAGIC_WORD] = REALM_MAGIC;
    return new Realm(buffer);
  }

  /** The next number for a primitive. */
  nextUid(): number {
    return Atomics.add(this.words, NEXT_UID_WORD, 1) + 1;
  }

  /** Takes a record for a new thread, in state `NEW`. Throws `ThreadStateError` when all are taken. */
  register(description: ThreadDescription): ThreadId {
    let id = this.#take(description);
    // Nobody says that a worker which somebody else had started was killed: such records are still in use by then.
    if (id === undefined && this.ids().filter((thread) => this.hasEnded(thread)).length > 0) {
      id = this.#take(description);
    }
    if (id !== undefined) return id;
    throw new ThreadStateError(
      `${CAPACITY} threads exist at once, which is the most that one process can have; let some finish first`,
    );
  }

  #take(description: ThreadDescription): ThreadId | undefined {
    const { words } = this;
    for (let tries = 0; tries < CAPACITY; tries++) {
      const slot = Atomics.add(words, NEXT_SLOT_WORD, 1) & SLOT_MASK;
      const base = recordBase(slot);
      const status = Atomics.load(words, base + STATUS_WORD);
      const state = status & STATE_MASK;
      const generation = (status >>> GENERATION_SHIFT) + 1;
      if ((state !== FREE && !isOver(state)) || generation > GENERATION_MAX) continue;
      if (state !== FREE) this.#bequeath(slot, status);
      const fresh = (generation << GENERATION_SHIFT) | NEW;
      if (Atomics.compareExchange(words, base + STATUS_WORD, status, fresh) !== status) continue;
      // The record is ours alone from here on; others read it only through an id we have yet to give out.
      const name = encodeName(description.name);
      words.fill(0, base + KIND_WORD, base + RECORD_WORDS);
      this.#bytes.set(name, (base + NAME_WORD) * 4);
      words[base + NAME_BYTES_WORD] = name.length;
      words[base + KIND_WORD] = description.kind;
      words[base + PARENT_WORD] = description.parent;
      Atomics.store(words, base + FLAGS_WORD, description.daemon ? DAEMON_BIT : 0);
      return (generation << SLOT_BITS) | slot;
    }
    return undefined;
  }

  /** Moves a thread to `STARTING`; it counts as alive from now on. False if it is not `NEW`. */
  begin(id: ThreadId): boolean {
    if (!this.#advance(id, NEW, STARTING)) return false;
    this.#times[(this.base(id) + STARTED_AT_WORD) >> 1] = epochNow();
    this.announce();
    return true;
  }

  /** Marks a thread as running on this native thread; called by the thread itself. */
  enter(id: ThreadId, nativeId: number): boolean {
    Atomics.store(this.words, this.base(id) + NATIVE_WORD, nativeId);
    return this.#advance(id, STARTING, RUNNING);
  }

  /** Records how a thread ended. True for the one caller who is the first to say so (R2). */
  end(id: ThreadId, state: typeof FINISHED | typeof DEAD): boolean {
    for (const from of [RUNNING, STARTING, NEW] as const) {
      if (!this.#advance(id, from, state)) continue;
      this.announce();
      Atomics.notify(this.words, this.base(id) + STATUS_WORD);
      return true;
    }
    return false;
  }

  /** The thread's state, or undefined if it has ended and its record serves another thread. */
  state(id: ThreadId): ThreadState | undefined {
    const status = Atomics.load(this.words, this.base(id) + STATUS_WORD);
    return status >>> GENERATION_SHIFT === id >>> SLOT_BITS
      ? ((status & STATE_MASK) as ThreadState)
      : undefined;
  }

  /** The status word as it reads while the thread is in this state; to sleep on. */
  statusOf(id: ThreadId, state: ThreadState): number {
    return ((id >>> SLOT_BITS) << GENERATION_SHIFT) | state;
  }

  /** Whether the thread has been started and has not ended, as far as the table knows. */
  isAlive(id: ThreadId): boolean {
    return isLive(this.state(id));
  }

  /**
   * Whether the thread has ended, also asking the system for its native thread, which finds a killed
   * thread even while every event loop is blocked. Marks such a thread as dead.
   */
  hasEnded(id: ThreadId): boolean {
    const state = this.state(id);
    if (state === undefined || isOver(state)) return true;
    // One that has yet to begin has no native thread that is known, but ends with the one that started it, whose
    // record may say that it has ended, while it lingers.
    const native = state === RUNNING ? id : state === STARTING ? this.#parent(id) : 0;
    if (native === 0) return false;
    const nativeId = Atomics.load(this.words, this.base(native) + NATIVE_WORD);
    if (this.state(native) === undefined || !runtime.nativeThreadGone(nativeId)) return false;
    this.end(id, DEAD);
    return true;
  }

  /** Gives the threads that an ended one had started to its parent (R4). */
  #bequeath(slot: number, status: number): void {
    const { words } = this;
    const base = recordBase(slot);
    const ended = idOf(slot, status);
    const parent = Atomics.load(words, base + PARENT_WORD);
    // Whoever has taken the record meanwhile has done this.
    if (Atomics.load(words, base + STATUS_WORD) !== status) return;
    for (let other = 0; other < CAPACITY; other++) {
      const word = recordBase(other) + PARENT_WORD;
      if (Atomics.load(words, word) === ended) Atomics.compareExchange(words, word, ended, parent);
    }
  }

  #parent(id: ThreadId): ThreadId {
    return Atomics.load(this.words, this.base(id) + PARENT_WORD);
  }

  /** The ids of all threads that are alive, in the order of their records. */
  ids(): ThreadId[] {
    const ids: ThreadId[] = [];
    for (let slot = 0; slot < CAPACITY; slot++) {
      const status = Atomics.load(this.words, recordBase(slot) + STATUS_WORD);
      if (isLive(status & STATE_MASK)) ids.push(idOf(slot, status));
    }
    return ids;
  }

  /** The thread's name, or undefined once its record serves another thread. */
  name(id: ThreadId): string | undefined {
    const base = this.base(id);
    const length = Math.min(Atomics.load(this.words, base + NAME_BYTES_WORD), NAME_MAX_BYTES);
    // TextDecoder does not read shared memory, hence the copy.
    const bytes = this.#bytes.slice((base + NAME_WORD) * 4, (base + NAME_WORD) * 4 + length);
    const name = new TextDecoder().decode(bytes);
    return this.state(id) === undefined ? undefined : name;
  }

  /** Whether the thread's signal has fired, so that its blocking waits end. */
  isInterrupted(id: ThreadId): boolean {
    return Atomics.load(this.words, this.base(id) + INTERRUPT_WORD) !== 0;
  }

  /** Index of the first word of the thread's record. */
  base(id: ThreadId): number {
    return recordBase(id & SLOT_MASK);
  }

  /** Writes a moment into a record; see `epochNow`. */
  setTime(index: number, milliseconds: number): void {
    this.#times[index >> 1] = milliseconds;
  }

  /** Tells those who wait for a thread to start or end. */
  announce(): void {
    Atomics.add(this.words, THREADS_SEQ_WORD, 1);
    Atomics.notify(this.words, THREADS_SEQ_WORD);
  }

  #advance(id: ThreadId, from: ThreadState, to: ThreadState): boolean {
    const expected = this.statusOf(id, from);
    const index = this.base(id) + STATUS_WORD;
    if (Atomics.compareExchange(this.words, index, expected, this.statusOf(id, to)) !== expected)
      return false;
    if (isOver(to)) {
      // A thread killed in its sleep leaves a wait note behind, which would look like an edge.
      Atomics.store(this.words, this.base(id) + WAIT_UID_WORD, 0);
      Atomics.and(this.words, this.base(id) + WAIT_EPOCH_WORD, ~1);
    }
    return true;
  }
}

/** Milliseconds since the Unix epoch, comparable between the threads of a process. */
export function epochNow(): number {
  return globalThis.performance.timeOrigin + globalThis.performance.now();
}

/** Whether a lock's owner field names a thread, and not one of the lock's own states. */
export function isThreadId(value: number): boolean {
  return value >= FIRST_THREAD_ID;
}

function isLive(state: number | undefined): boolean {
  return state === STARTING || state === RUNNING;
}

function isOver(state: number): boolean {
  return state === FINISHED || state === DEAD;
}

function idOf(slot: number, status: number): ThreadId {
  return ((status >>> GENERATION_SHIFT) << SLOT_BITS) | slot;
}

function recordBase(slot: number): number {
  return HEADER_WORDS + slot * RECORD_WORDS;
}

/** The bytes of a thread's name in its record. @internal */
export function encodeName(name: string): Uint8Array {
  const bytes = new Uint8Array(NAME_MAX_BYTES);
  return bytes.subarray(0, new TextEncoder().encodeInto(name, bytes).written);
}
