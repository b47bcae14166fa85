/** The pool is shut down at the end of the block, which waits for its tasks. */
import { ThreadPoolExecutor } from '@x/executor';

function squareNum(num: number): void {
  console.log(`Square of ${num}: ${num * num}.`);
}

{
  using executor = new ThreadPoolExecutor({ maxWorkers: 4 });
  for (const num of [5, 2, 55, 4]) executor.submit(squareNum, num);
}
console.log('All squares are computed.');
