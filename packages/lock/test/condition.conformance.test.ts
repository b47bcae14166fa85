/** One battery for conditions over either lock. */
import { Condition, Lock } from '@x/lock';
import { conditionBattery } from '../../testkit/src/batteries/condition-battery.js';

conditionBattery({ title: 'Condition over an RLock', make: () => new Condition(), reentrant: true });
conditionBattery({ title: 'Condition over a Lock', make: () => new Condition(new Lock()), reentrant: false });
