/** The memory of a bare ring. */

/** Words that different threads write stand on different cache lines, as do cells. */
const CELL_WORDS = 16;
const CELLS = 4096;
const FIRST = 64;

export const Ring = {
  TAIL: 0,
  HEAD: 16,
  cells: CELLS,
  words: FIRST + CELLS * CELL_WORDS,
  /** Index of a position's first word. */
  cell: (position: number): number => FIRST + (position & (CELLS - 1)) * CELL_WORDS,
} as const;
