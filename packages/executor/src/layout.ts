/**
 * A pool's shared memory: header, worker records, the table of targets, then one area for each thread that submits.
 *
 * ```text
 * word  name       meaning
 * 4     STATE      SHUTDOWN_BIT: takes no more tasks · BROKEN_BIT: an initializer failed · FORGOTTEN_BIT: nobody can submit
 * 5     MAX        how many workers there may be
 * 6     ALIVE      workers that were started and have not ended
 * 7     SLEEPERS   workers whose ASLEEP is not 0 (a hint: a killed sleeper is taken off by its owner)
 * 8     OWNER      id of the thread that made the pool; the workers are its children
 * 9     RECORDS    worker records that were ever used, and so have to be looked at
 * 10    AREAS      areas that were ever claimed
 * 11    TARGETS    numbers given to targets; number n is described at TABLE + 2n
 * 12    LOG        bytes of the log of targets that are taken
 * 13    ASKS       times that a thread asked the owner for a worker or for the end of one
 * 14    REASON     bytes of the reason why the pool is broken; 0 none yet, -1 being written
 * 15    RETIRE     tasks after which a worker is replaced, 0 never
 * ```
 *
 * A worker record:
 *
 * ```text
 * word  name     meaning
 * 0     THREAD   id of the worker's thread, 0 before it has one
 * 1     ASLEEP   SLEEPING or NAPPING: sleeps on this word, or is about to; whoever changes it to 0 has to wake it.
 *                FETCHING: waits for arguments, on their slot
 * 3     CONTROL  bumped to make the event loop of a worker with an async task look at its task
 * 4     WAITS    slot + 1 of the task of this pool that the worker's task is blocked on, 0 none
 * 5     WAITAREA area of that slot
 * 6     WAITEPOCH bumped when such a wait begins
 * 7     EXIT     how it ended: 0 unknown · exit code + 1
 * 8     KILL     TERMINATE, TERMINATING, LEAVE, or 0
 * 9     QUICK    tasks that it does in the time that it takes to wake another one; 0: not known, or the last one was long
 * 16    MODE     WorkerMode
 * 17    DONE     tasks it has run
 * ```
 *
 * What a worker writes with every task stands on a cache line of its own, since submitters read the rest with every task.
 *
 * An area belongs to one submitting thread. Only that thread writes TAIL and the ring; workers take from HEAD. The
 * words that different threads write stand on different cache lines.
 *
 * ```text
 * word  name      meaning
 * 0     THREAD    id of the submitting thread, 0 free
 * 1     TAIL      positions filled so far
 * 2     OVERFLOW  tasks that wait in the submitter's own memory, since the ring was full
 * 16    HEAD      positions taken so far
 * 32    WAITING   THREAD_BIT: the submitter sleeps on SEQ · LOOP_BIT: its event loop waits on LOOP_SEQ
 * 33    SEQ       bumped by whoever clears THREAD_BIT
 * 34    LOOP_SEQ  bumped by whoever clears LOOP_BIT
 * 35    TICK      0 for ever; the submitter's event loop waits on it for the end of a slice
 * 48…   the ring: cells, bits 0–13 the number of a slot, 14–31 the generation of the task in it
 * ```
 *
 * A slot is a task, from its submission until its submitter has fetched the result:
 *
 * ```text
 * word  name     bits   meaning
 * 0     STATE    0–3    SlotState
 *                4–13   the worker's record, once one has taken it
 *                14–31  generation of the slot
 * 1     TARGET   number of the function
 * 2     FORMAT   0–3    Format of the payload
 *                4      CHUNK_BIT: the arguments are a list of argument lists
 *                5      TIMED_BIT: write STARTED
 * 3     LENGTH   bytes of the payload
 * 4     SHELF    number of the shelf in which the payload lies; -1 none
 * 5     VIEW     type of the typed array that lies there as it is; of a scalar, which one it is; of a record, number of its keys
 * 6–7   STARTED  Float64, milliseconds since the Unix epoch
 * 8…    payload: arguments, then the result
 * ```
 */
import { HEADER_WORDS } from '@x/core';
import {
  LOG_BYTES,
  MAX_AREAS,
  MAX_RECORDS,
  MAX_TARGETS,
  OTHER_SLOTS,
  OWNER_SLOTS,
  REASON_BYTES,
  SLOT_WORDS,
} from './sizes.js';

export const STATE_WORD = HEADER_WORDS;
export const MAX_WORD = HEADER_WORDS + 1;
export const ALIVE_WORD = HEADER_WORDS + 2;
export const SLEEPERS_WORD = HEADER_WORDS + 3;
export const OWNER_WORD = HEADER_WORDS + 4;
export const RECORDS_WORD = HEADER_WORDS + 5;
export const AREAS_WORD = HEADER_WORDS + 6;
export const TARGETS_WORD = HEADER_WORDS + 7;
export const LOG_WORD = HEADER_WORDS + 8;
export const ASKS_WORD = HEADER_WORDS + 9;
export const REASON_WORD = HEADER_WORDS + 10;
export const RETIRE_WORD = HEADER_WORDS + 11;

export const SHUTDOWN_BIT = 1;
export const BROKEN_BIT = 2;
export const FORGOTTEN_BIT = 4;

export const RECORD_WORDS = 32;
export const RECORDS_BASE = 32;
export const THREAD_WORD = 0;
export const ASLEEP_WORD = 1;
export const CONTROL_WORD = 3;
export const WAITS_WORD = 4;
export const WAITAREA_WORD = 5;
export const WAITEPOCH_WORD = 6;
export const EXIT_WORD = 7;
export const KILL_WORD = 8;
export const QUICK_WORD = 9;
export const MODE_WORD = 16;
export const DONE_WORD = 17;

/** `ASLEEP`: has to be woken. */
export const SLEEPING = 1;
/** `ASLEEP`: wakes by itself before long. */
export const NAPPING = 2;
/** `ASLEEP`: takes no core now, and cannot be woken. */
export const FETCHING = 3;

/** `KILL`: the owner has to terminate the worker. */
export const TERMINATE = 1;
/** `KILL`: the owner is terminating it. */
export const TERMINATING = 3;
/** `KILL`: the worker has to leave after the task that it runs. */
export const LEAVE = 2;

/** What a worker is doing. */
export const WorkerMode = {
  /** The record is free, or its worker has ended and was buried. */
  NONE: 0,
  /** The thread is starting, or runs its initializer. */
  STARTING: 1,
  /** Looks for work, or sleeps until there is some. */
  IDLE: 2,
  /** Runs a task. */
  BUSY: 3,
  /** Takes no more tasks, and ends. */
  LEAVING: 4,
} as const;
export type WorkerMode = (typeof WorkerMode)[keyof typeof WorkerMode];

export const TABLE_BASE = RECORDS_BASE + MAX_RECORDS * RECORD_WORDS;
const LOG_BASE_WORD = TABLE_BASE + MAX_TARGETS * 2;
/** The log of targets: their references as bytes, one after the other, never changed. */
export const LOG_BASE = LOG_BASE_WORD * 4;
export const REASON_BASE = LOG_BASE + LOG_BYTES;
const AREAS_BASE = (REASON_BASE + REASON_BYTES) >> 2;

export const AREA_THREAD_WORD = 0;
export const TAIL_WORD = 1;
export const OVERFLOW_WORD = 2;
export const HEAD_WORD = 16;
export const WAITING_WORD = 32;
export const SEQ_WORD = 33;
export const LOOP_SEQ_WORD = 34;
export const TICK_WORD = 35;
const RING_BASE = 48;

export const THREAD_BIT = 1;
export const LOOP_BIT = 2;

export const SLOT_HEADER_WORDS = 8;
export const PAYLOAD_BYTES = (SLOT_WORDS - SLOT_HEADER_WORDS) * 4;

export const TARGET_WORD = 1;
export const FORMAT_WORD = 2;
export const LENGTH_WORD = 3;
export const SHELF_WORD = 4;
export const VIEW_WORD = 5;
export const STARTED_WORD = 6;

/** The life of a task in its slot. */
export const SlotState = {
  /** There was no task in it, or its thread has ended. After one, its last state stays until the next. */
  FREE: 0,
  /** Submitted. The submitter may take it back, a worker may take it. */
  PENDING: 1,
  /** A worker runs it. */
  RUNNING: 2,
  /** Its worker waits for the arguments, which its submitter posts. */
  WANTED: 3,
  /** It returned; the result lies in the payload. */
  DONE: 4,
  /** It threw; the error lies in the payload. */
  FAILED: 5,
  /** It was taken back before a worker took it. */
  CANCELLED: 6,
  /** It is to be ended while it runs; the worker must not leave it before the interrupt was sent. */
  STOPPING: 7,
  /** It is to be ended, and the interrupt was sent. */
  STOPPED: 8,
  /** It did not end in its grace period: its worker is to be terminated, and takes no other task. */
  KILLED: 9,
  /** It was to be ended, and has ended. */
  RELEASED: 10,
  /** Its worker ended in the middle of it. */
  BROKEN: 11,
} as const;
export type SlotState = (typeof SlotState)[keyof typeof SlotState];

export const CODE_MASK = 0xf;
export const RECORD_SHIFT = 4;
export const RECORD_MASK = (MAX_RECORDS - 1) << RECORD_SHIFT;
export const GENERATION_SHIFT = 14;
/** Of a cell of the ring. */
export const SLOT_MASK = (1 << GENERATION_SHIFT) - 1;

/** How a payload is written. */
export const Format = {
  /** Bytes in the slot. */
  INLINE: 0,
  /** Bytes on the slot's shelf. */
  SHELF: 1,
  /** A message, which was posted before the state changed. */
  MAIL: 2,
  /** A message, which the submitter posts when a worker wants it. */
  HELD: 3,
  /** The bytes of one typed array on the slot's shelf: the only argument, or the result. */
  RAW: 4,
  /** Numbers in the slot, LENGTH of them: the arguments. */
  NUMBERS: 5,
  /** The result is a number, which lies in the slot, or one of the few values that VIEW tells. */
  SCALAR: 6,
  /** The values of one object of numbers, in the slot; VIEW is the number of its keys. The only argument. */
  RECORD: 7,
} as const;
export type Format = (typeof Format)[keyof typeof Format];
export const FORMAT_MASK = 0xf;
export const CHUNK_BIT = 1 << 4;
export const TIMED_BIT = 1 << 5;

/** Number of slots in an area. */
export function slotsOf(area: number): number {
  return area === 0 ? OWNER_SLOTS : OTHER_SLOTS;
}

/** Cells in an area's ring: twice the slots, since a task that was taken and lost is put in again. */
export function ringOf(area: number): number {
  return slotsOf(area) * 2;
}

const OWNER_AREA_WORDS = RING_BASE + OWNER_SLOTS * 2 + OWNER_SLOTS * SLOT_WORDS;
const OTHER_AREA_WORDS = RING_BASE + OTHER_SLOTS * 2 + OTHER_SLOTS * SLOT_WORDS;

/** Index of an area's first word. */
export function areaBase(area: number): number {
  return area === 0 ? AREAS_BASE : AREAS_BASE + OWNER_AREA_WORDS + (area - 1) * OTHER_AREA_WORDS;
}

/** Index of the first cell of an area's ring. */
export function ringBase(area: number): number {
  return areaBase(area) + RING_BASE;
}

/** Index of the first word of a slot. */
export function slotBase(area: number, slot: number): number {
  return ringBase(area) + ringOf(area) + slot * SLOT_WORDS;
}

/** Index of the first word of a worker's record. */
export function recordBase(record: number): number {
  return RECORDS_BASE + record * RECORD_WORDS;
}

/** Almost all of it is never touched, and so takes no memory. */
export const POOL_BYTES = areaBase(MAX_AREAS) * 4;
