import { BoundedSemaphore, Semaphore } from '@x/semaphore';
// By path: the batteries are sources, which are compiled with the test.
import { semaphoreBattery } from '../../testkit/src/batteries/semaphore-battery.js';

semaphoreBattery(Semaphore);
semaphoreBattery(BoundedSemaphore);
