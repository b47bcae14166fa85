/** Four tasks in a pool of four threads, whose futures are awaited. */
import { ThreadPoolExecutor } from '@x/executor';

function squareNum(num: number): void {
  console.log(`Square of ${num}: ${num * num}.`);
}

const executor = new ThreadPoolExecutor({ maxWorkers: 4 });
await Promise.all([5, 2, 55, 4].map((num) => executor.submit(squareNum, num)));
await executor.shutdownAsync();
