/** Conway's Game of Life in four threads: a barrier parts each generation from the next. */
import { Barrier } from '@x/barrier';
import { Thread } from '@x/thread';

/** Two boards that take turns: the one that is read, and the one that is written. */
type Boards = readonly [Uint8Array, Uint8Array];

function live(
  barrier: Barrier,
  boards: Boards,
  size: number,
  rows: readonly [number, number],
  generations: number,
) {
  const wrap = (n: number): number => (n + size) % size;
  for (let generation = 1; generation <= generations; generation++) {
    const [from, to] = generation % 2 ? boards : [boards[1], boards[0]];
    for (let y = rows[0]; y < rows[1]; y++) {
      for (let x = 0; x < size; x++) {
        let neighbours = -from[y * size + x]!;
        for (const dy of [-1, 0, 1]) {
          for (const dx of [-1, 0, 1]) neighbours += from[wrap(y + dy) * size + wrap(x + dx)]!;
        }
        to[y * size + x] = neighbours === 3 || (neighbours === 2 && from[y * size + x]) ? 1 : 0;
      }
    }
    // All rows of this generation are written when anybody passes; exactly one of the parties is number 0.
    if (barrier.wait() === 0 && generation % 16 === 0) {
      console.log(`Generation ${generation}: ${to.reduce((sum, cell) => sum + cell)} cells`);
    }
  }
}

const SIZE = 16;
const THREADS = 4;
const boards: Boards = [
  new Uint8Array(new SharedArrayBuffer(SIZE * SIZE)),
  new Uint8Array(new SharedArrayBuffer(SIZE * SIZE)),
];
// A glider, which moves one cell down and right every four generations.
const glider = [1, SIZE + 2, 2 * SIZE, 2 * SIZE + 1, 2 * SIZE + 2];
for (const cell of glider) boards[0][cell] = 1;

const barrier = new Barrier(THREADS, { name: 'generation' });
const threads = Array.from({ length: THREADS }, (_, part) => {
  const rows = [(part * SIZE) / THREADS, ((part + 1) * SIZE) / THREADS] as const;
  return new Thread({ target: live, args: [barrier, boards, SIZE, rows, 4 * SIZE] });
});
for (const thread of threads) thread.start();
for (const thread of threads) thread.result();

// Once around the board, which has no edges.
const alive = [...boards[0].keys()].filter((cell) => boards[0][cell]);
console.log('Back where it began:', alive.join() === glider.join());
