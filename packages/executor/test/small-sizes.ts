/** A pool for model tests: what `src/sizes.ts` says of a real one, small enough to be kept at every step. */
export const MAX_RECORDS = 4;
export const MAX_TARGETS = 1;
export const LOG_BYTES = 128;
export const REASON_BYTES = 128;
export const OWNER_SLOTS = 2;
export const OTHER_SLOTS = 1;
export const MAX_AREAS = 2;
export const SLOT_WORDS = 24;
