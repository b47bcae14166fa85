/**
 * How much there is of everything in a pool. Model tests put smaller numbers in the place of this module; nothing else
 * may depend on the numbers.
 */

/** Worker records; a power of two. One is used again only after its worker was buried: then the state of no task that runs names it any more. */
export const MAX_RECORDS = 1 << 10;
/** Functions that a pool knows. */
export const MAX_TARGETS = 1 << 12;
/** Bytes for the descriptions of those. */
export const LOG_BYTES = 1 << 18;
/** Bytes for the reason why a pool is broken. */
export const REASON_BYTES = 1 << 13;
/** Slots of the owner's area, and of every other one; powers of two. More tasks wait in their submitter's own memory. */
export const OWNER_SLOTS = 1 << 10;
export const OTHER_SLOTS = 1 << 6;
/** Threads that submit. */
export const MAX_AREAS = 1 << 7;
/** 25 cache lines: an odd number, so that the first lines of the slots spread over all sets of a cache. */
export const SLOT_WORDS = 400;
