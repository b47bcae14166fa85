/** What the threads of `image-blur.ts` run: a module target, with its own helpers and imports. */

/** A grey picture in memory that all threads see. */
export interface Picture {
  readonly pixels: Uint8Array;
  readonly width: number;
  readonly height: number;
}

export interface Tile {
  readonly x: number;
  readonly y: number;
  readonly size: number;
}

/** Blurs one tile of a picture into another picture, and gives the number of pixels. */
export function blurTile(from: Picture, to: Picture, { x, y, size }: Tile, radius: number): number {
  const [right, bottom] = [Math.min(x + size, from.width), Math.min(y + size, from.height)];
  for (let row = y; row < bottom; row++) {
    for (let column = x; column < right; column++) {
      to.pixels[row * to.width + column] = average(from, column, row, radius);
    }
  }
  return (right - x) * (bottom - y);
}

/** The mean of the pixels around one; those beyond the edge do not count. */
function average({ pixels, width, height }: Picture, x: number, y: number, radius: number): number {
  let sum = 0;
  let count = 0;
  for (let row = Math.max(0, y - radius); row <= Math.min(height - 1, y + radius); row++) {
    for (let column = Math.max(0, x - radius); column <= Math.min(width - 1, x + radius); column++) {
      sum += pixels[row * width + column]!;
      count++;
    }
  }
  return Math.round(sum / count);
}
