/** A stack between threads: they walk a tree depth first, so that the stack stays small. */
import { LifoQueue } from '@x/queue';
import { AtomicInt32 } from '@x/shared';
import { Thread } from '@x/thread';

/** Takes nodes of a binary tree; a node is the number of levels below it. */
async function walk(stack: LifoQueue<number>, nodes: AtomicInt32): Promise<void> {
  for await (const levels of stack) {
    nodes.add(1);
    if (levels > 0) for (let child = 0; child < 2; child++) await stack.putAsync(levels - 1);
    stack.taskDone();
  }
}

const LEVELS = 8;
const stack = new LifoQueue<number>();
const nodes = new AtomicInt32(0);
const walkers = [1, 2].map(() => new Thread({ target: walk, args: [stack, nodes] }));
for (const walker of walkers) walker.start();

stack.put(LEVELS);
stack.join();
stack.shutdown();
for (const walker of walkers) walker.result();
console.log(`A tree of ${LEVELS} levels below its root has ${nodes.load()} nodes.`);
