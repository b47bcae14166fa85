import { LifoQueue, PriorityQueue, Queue } from '@x/queue';
// By path: the batteries are sources, which are compiled with the test.
import { queueBattery } from '../../testkit/src/batteries/queue-battery.js';

queueBattery(Queue, [3, 1, 4, 2]);
queueBattery(LifoQueue, [2, 4, 1, 3]);
queueBattery(PriorityQueue, [1, 2, 3, 4]);
