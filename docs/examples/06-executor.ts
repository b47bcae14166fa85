/** Four tasks in a pool of four threads. */
import { ThreadPoolExecutor } from '@x/executor';

function squareNum(num: number): void {
  console.log(`Square of ${num}: ${num * num}.`);
}

const executor = new ThreadPoolExecutor({ maxWorkers: 4 });
for (const num of [5, 2, 55, 4]) executor.submit(squareNum, num);
executor.shutdown();
