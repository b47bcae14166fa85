/**
 * The realm's shared memory: a header, then a table of thread records.
 *
 * ```text
 * word   name            meaning
 * 0      MAGIC           'XTHR'; anything else is not a realm
 * 1      VERSION         layout version; another one is refused with LayoutError
 * 2–3    IDENTITY        64 random bits: two views of one buffer are not `===`, but agree here
 * 4      CAPACITY        thread records in the table
 * 5      NEXT_UID        last number given to a primitive
 * 6      THREADS_SEQ     bumped whenever a thread starts or ends; event loops wait on it
 * 7      reserved, zero
 * 8      NEXT_NAME       last N of "Thread-N"
 * 9      NEXT_SLOT       where the search for a free record begins
 * 10     DETECT          1: every lock looks for deadlocks
 * 11     OUTPUT          thread that is writing to a standard stream, or 0
 * 12     NEXT_POOL       last N of "ThreadPoolExecutor-N"
 * 13–31  reserved, zero
 * 32…    thread records, RECORD_WORDS each
 * ```
 */
export const MAGIC_WORD = 0;
export const VERSION_WORD = 1;
export const IDENTITY_WORD = 2;
export const CAPACITY_WORD = 4;
export const NEXT_UID_WORD = 5;
/** Index of the realm word that changes whenever a thread starts or ends; joiners of any thread sleep on it. */
export const THREADS_SEQ_WORD = 6;
/** Index of the realm word with the last N of "Thread-N". */
export const NEXT_NAME_WORD = 8;
export const NEXT_SLOT_WORD = 9;
/** Index of the realm word that is 1 while every lock of the process looks for deadlocks. */
export const DETECT_WORD = 10;
/** Index of the realm word with the id of the thread that writes to a standard stream, 0 if none. */
export const OUTPUT_WORD = 11;
/** Index of the realm word with the last N of "ThreadPoolExecutor-N". */
export const NEXT_POOL_WORD = 12;
export const HEADER_WORDS = 32;

export const REALM_MAGIC = 0x58544852;
export const REALM_VERSION = 1;

/**
 * A thread record.
 *
 * ```text
 * word   name         meaning
 * 0      STATUS       bits 0–3 ThreadState, bits 4–19 generation of the record
 * 1      KIND         ThreadKind
 * 2      FLAGS        DAEMON_BIT, HOOK_BIT, TERMINATE_BIT, BEGUN_BIT
 * 3      PARENT       id of the thread that started it
 * 4      NATIVE       the operating system's thread id, 0 if unknown
 * 5      WAIT_UID     primitive it sleeps on, 0 if none, negative: something else, by WAIT_KIND
 * 6      WAIT_KIND    kind number of that primitive
 * 7      WAIT_OWNER   thread that held it when the sleeper last looked
 * 8      WAIT_EPOCH   bumped when a wait begins and when it ends (odd: waiting)
 * 9      WAIT_LOOKS   bumped each time the sleeper has looked again
 * 10     WAIT_FLAGS   bit 0: this sleeper takes part in deadlock detection
 * 11     INTERRUPT    1: the thread's signal has fired; its blocking waits end
 * 12     ROOM         private word on which the thread sleeps when it waits for nothing shared
 * 13     NAME_BYTES   length of the name
 * 14–15  WAIT_SINCE   Float64, milliseconds since the Unix epoch
 * 16–17  STARTED_AT   Float64, milliseconds since the Unix epoch
 * 18–31  reserved, zero
 * 32–63  NAME         UTF-8, cut at a character boundary if longer than 128 bytes
 * ```
 *
 * A record is reused after its thread has ended. The generation makes an id unique all the same:
 * id = generation << 10 | slot. It is 26 bits, so it fits into the state word of a lock beside six
 * flags. Ids below `FIRST_THREAD_ID` are never threads; a lock uses them for its own states.
 */
export const STATUS_WORD = 0;
export const KIND_WORD = 1;
/** Index, within a thread's record, of its flags: `DAEMON_BIT`, `HOOK_BIT`, `TERMINATE_BIT`, `BEGUN_BIT`. */
export const FLAGS_WORD = 2;
export const PARENT_WORD = 3;
export const NATIVE_WORD = 4;
export const WAIT_UID_WORD = 5;
export const WAIT_KIND_WORD = 6;
export const WAIT_OWNER_WORD = 7;
export const WAIT_EPOCH_WORD = 8;
export const WAIT_LOOKS_WORD = 9;
export const WAIT_FLAGS_WORD = 10;
export const INTERRUPT_WORD = 11;
/** Index, within a thread's record, of the private word on which it sleeps when it waits for nothing shared. */
export const ROOM_WORD = 12;
export const NAME_BYTES_WORD = 13;
/** Index, within a thread's record, of the Float64 that says since when it waits, in milliseconds since the Unix epoch. */
export const WAIT_SINCE_WORD = 14;
/** Index, within a thread's record, of the Float64 that says when it started, in milliseconds since the Unix epoch. */
export const STARTED_AT_WORD = 16;
export const NAME_WORD = 32;
export const RECORD_WORDS = 64;
export const NAME_MAX_BYTES = (RECORD_WORDS - NAME_WORD) * 4;

export const STATE_MASK = 0xf;
export const GENERATION_SHIFT = 4;
export const GENERATION_MAX = 0xffff;
export const SLOT_BITS = 10;
export const SLOT_MASK = (1 << SLOT_BITS) - 1;
export const CAPACITY = 1 << SLOT_BITS;
export const THREAD_ID_BITS = 26;
/** The bits of a lock's word that hold a thread's id; those above are the lock's flags. */
export const THREAD_ID_MASK = (1 << THREAD_ID_BITS) - 1;
/** The lowest number that can be a thread's id. A lock uses those below for states of its own. */
export const FIRST_THREAD_ID = 1 << SLOT_BITS;

export const DAEMON_BIT = 1;
/** The thread has an excepthook of its own, which also serves the threads that it started. */
export const HOOK_BIT = 2;
/** Somebody who cannot end the thread himself wants it ended; the thread, or who started it, does it. */
export const TERMINATE_BIT = 4;
/** The thread runs its target by now, or has gone beyond that. */
export const BEGUN_BIT = 8;

// Names of their own, since bundlers fold constants, but not the members of an object.
export const FREE = 0;
export const NEW = 1;
export const STARTING = 2;
export const RUNNING = 3;
export const FINISHED = 4;
export const DEAD = 5;

/** The life of a thread record. Only forward, until the record is taken for another thread. */
export const ThreadState = {
  /** Never used. */
  FREE,
  /** Has an id, was not started. */
  NEW,
  /** Its worker is starting. */
  STARTING,
  /** Runs its target. */
  RUNNING,
  /** Ended by itself: its target returned or threw, or its process called exit in an orderly way. */
  FINISHED,
  /** Was killed or crashed; what it held is abandoned. */
  DEAD,
} as const;
export type ThreadState = (typeof ThreadState)[keyof typeof ThreadState];

/** How a thread of the realm came to be. */
export const ThreadKind = {
  /** The thread that the process began with. */
  MAIN: 1,
  /** Started through `@x/thread`. */
  THREAD: 2,
  /** A worker that somebody else started. */
  FOREIGN: 3,
  /** A pool's worker. */
  POOL: 4,
} as const;
/** One of the values of `ThreadKind`. */
export type ThreadKind = (typeof ThreadKind)[keyof typeof ThreadKind];
