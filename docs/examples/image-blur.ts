/** Blurs a picture in tiles on a pool of threads, with a progress bar that moves whenever a tile is done. */
import { asCompleted, targetsFrom, ThreadPoolExecutor } from '@x/executor';
import { blurTile, type Picture, type Tile } from './image-blur-tile.js';

const SIZE = 200;
const TILE = 64;
const RADIUS = 3;

const blank = (): Picture => ({
  pixels: new Uint8Array(new SharedArrayBuffer(SIZE * SIZE)),
  width: SIZE,
  height: SIZE,
});
const picture = blank();
picture.pixels.forEach((_, i, pixels) => (pixels[i] = (i * i) % 251));

const tiles: Tile[] = [];
for (let y = 0; y < SIZE; y += TILE) {
  for (let x = 0; x < SIZE; x += TILE) tiles.push({ x, y, size: TILE });
}

const jobs = targetsFrom<typeof import('./image-blur-tile.js')>(
  new URL('./image-blur-tile.js', import.meta.url),
);
const blurred = blank();
using executor = new ThreadPoolExecutor();
const futures = tiles.map((tile) => executor.submit(jobs.blurTile, picture, blurred, tile, RADIUS));

let pixels = 0;
let done = 0;
for await (const future of asCompleted(futures)) {
  pixels += future.result();
  done++;
  const bar = '#'.repeat(done).padEnd(tiles.length, '.');
  // On a terminal the bar stays in its line.
  process.stdout.write(`[${bar}] ${done}/${tiles.length}${process.stdout.isTTY ? '\r' : '\n'}`);
}

const expected = blank();
blurTile(picture, expected, { x: 0, y: 0, size: SIZE }, RADIUS);
console.log(
  `${pixels} pixels, as one thread does it:`,
  Buffer.compare(blurred.pixels, expected.pixels) === 0,
);
