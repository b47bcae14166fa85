/** One battery for everything that has the methods of a lock. */
import { Condition, Lock, RLock, RWLock } from '@x/lock';
import { lockBattery } from '../../testkit/src/batteries/lock-battery.js';

lockBattery({ title: 'Lock', make: () => new Lock(), anyoneReleases: true });
lockBattery({ title: 'RLock', make: () => new RLock(), reentrant: true });
lockBattery({ title: 'RWLock.write', make: () => new RWLock(), side: 'write' });

// The methods of a condition are those of its lock.
const sleepsOn = (condition: unknown): Lock | RLock => (condition as Condition).lock;
lockBattery({ title: 'Condition over an RLock', make: () => new Condition(), sleepsOn, reentrant: true });
lockBattery({
  title: 'Condition over a Lock',
  make: () => new Condition(new Lock()),
  sleepsOn,
  anyoneReleases: true,
});
